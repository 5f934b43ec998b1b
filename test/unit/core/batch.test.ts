import { describe, expect, test } from 'vitest';
import { BatchBuilder, batchBytesMax, batchRowsMax, firstInvalidText } from '../../../src/core/batch.js';
import type { Cell } from '../../../src/core/cells.js';
import { parseKind } from '../../../src/core/kinds.js';

const text = [{ name: 'caption', kind: parseKind('varchar') }];
const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

function invalidRow(...cells: readonly Cell[]): number {
  const builder = new BatchBuilder(text);
  for (const cell of cells) builder.append([cell]);
  return firstInvalidText(builder.take().columns[0] as never);
}

describe('batches are cut', () => {
  test('by bytes, so that memory does not follow the data (fault 17)', () => {
    const builder = new BatchBuilder([{ name: 'id', kind: parseKind('int') }, ...text]);
    const megabyte = Buffer.alloc(1 << 20, 'x');
    let rows = 0;
    while (!builder.append([rows++, megabyte]));
    expect(rows).toBe(batchBytesMax >> 20);
    expect(builder.rows).toBe(rows);
  });

  test('one value larger than the bound still arrives whole, alone', () => {
    const builder = new BatchBuilder(text);
    expect(builder.append([Buffer.alloc(batchBytesMax * 2, 'y')])).toBe(true);
    expect(builder.take().columns[0]?.values.length).toBe(batchBytesMax * 2);
  });

  test('by rows', () => {
    const builder = new BatchBuilder([{ name: 'id', kind: parseKind('int') }]);
    let rows = 0;
    while (!builder.append([rows++]));
    expect(rows).toBe(batchRowsMax);
  });

  test('and begin anew: nothing of the last batch is in the next, and the last stays as it was', () => {
    const builder = new BatchBuilder(text);
    builder.append(['first']);
    const first = builder.take();
    builder.append([null]);
    const second = builder.take();
    expect(builder.rows).toBe(0);
    expect([first.rows, first.columns[0]?.nulls, second.rows, second.columns[0]?.nulls]).toEqual([1, 0, 1, 1]);
    expect(Buffer.from(first.columns[0]?.values as Uint8Array).toString()).toBe('first');
    expect(second.columns[0]?.values).toHaveLength(0);
  });
});

describe('text is UTF-8, row by row (fault 18)', () => {
  test('emoji, NUL, CJK, C1 controls and the empty text are fine', () => {
    expect(invalidRow('😀', 'a\0b', '', '漢字', '\u0080\u0093', null)).toBe(-1);
  });

  test('the first row that is none is named', () => {
    expect(invalidRow('ok', bytesOf(0xe9), 'ok', bytesOf(0xff))).toBe(1);
    expect(invalidRow(null, null, bytesOf(0xf0, 0x9f, 0x98))).toBe(2);
  });

  test('pieces that are valid only when they stand one after the other are found', () => {
    expect(invalidRow('ok', bytesOf(0xc3), bytesOf(0xa9), 'ok')).toBe(1);
    expect(invalidRow(bytesOf(0xf0, 0x9f), bytesOf(0x98, 0x80))).toBe(0);
    expect(invalidRow(bytesOf(0xc3), null, '', bytesOf(0xa9))).toBe(0);
  });

  test('surrogates and overlong forms are none', () => {
    expect(invalidRow(bytesOf(0xed, 0xa0, 0x80))).toBe(0);
    expect(invalidRow(bytesOf(0xc0, 0x80))).toBe(0);
  });

  test('bytes are never looked at', () => {
    const builder = new BatchBuilder([{ name: 'blob', kind: parseKind('blob') }]);
    builder.append([bytesOf(0xff)]);
    expect(firstInvalidText(builder.take().columns[0] as never)).toBe(-1);
  });
});
