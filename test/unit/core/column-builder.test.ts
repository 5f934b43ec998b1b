import { describe, expect, test } from 'vitest';
import type { ColumnVector } from '../../../src/core/batch.js';
import { columnBuilder } from '../../../src/core/builder-of-kind.js';
import { type Cell, daysOf, microsOf, scaledInteger } from '../../../src/core/cells.js';
import { parseKind } from '../../../src/core/kinds.js';

function built(kind: string, cells: readonly Cell[]): ColumnVector {
  const builder = columnBuilder(parseKind(kind));
  for (const cell of cells) builder.append(cell);
  return builder.finish(cells.length);
}

const isSet = (bitmap: Uint8Array, row: number): boolean => (((bitmap[row >> 3] as number) >> (row & 7)) & 1) === 1;

describe('decimals never pass through a double', () => {
  test.each([
    ['2.034', 3, 2034n],
    ['-12.345', 3, -12345n],
    ['-0.001', 3, -1n],
    ['7', 3, 7000n],
    ['.5', 3, 500n],
    ['-179.9', 3, -179900n],
    ['0.000', 3, 0n],
    ['99999999999999999999999999999999999999', 0, 10n ** 38n - 1n],
  ])('%s at scale %i', (text, scale, scaled) => expect(scaledInteger(text, scale)).toBe(scaled));

  test.each(['', 'abc', '1e5', '1.2.3', 'NaN', '1.2345', ' 1'])('%j is no decimal of scale 3', (text) => {
    expect(() => scaledInteger(text, 3)).toThrow('is no decimal');
  });

  test('two words a value, low word first, negative ones in two’s complement', () => {
    const { values } = built('decimal(38,3)', ['-0.001', null, '18446744073709551.616', '2.034']);
    expect([...values]).toEqual([-1n, -1n, 0n, 0n, 0n, 1n, 2034n, 0n]);
  });
});

describe('dates', () => {
  test.each([
    ['1970-01-01', 0],
    ['1969-12-31', -1],
    ['2000-02-29', 11016],
    ['2106-02-07', 49710],
    ['9999-12-31', 2932896],
    ['0001-01-01', -719162],
    ['2019-12-05 23:59:59', 18235],
  ])('%s is day %i', (text, days) => expect(daysOf(text)).toBe(days));

  test.each(['0000-00-00', '2020-00-15', '2020-01-00', '2020-02-30', '2019-02-29', '2020-13-01', '2020-04-31'])(
    '%s is no day',
    (text) => expect(daysOf(text)).toBeUndefined(),
  );
});

describe('integers arrive exactly (faults 12 and 13)', () => {
  test('64 bits', () => {
    const signed = built('bigint', ['9007199254740993', '-9223372036854775808', 9223372036854775807n, 7]);
    expect([...signed.values]).toEqual([9007199254740993n, -(1n << 63n), (1n << 63n) - 1n, 7n]);
    const unsigned = built('bigint unsigned', ['18446744073709551615', '0']);
    expect([...new BigUint64Array(unsigned.values.buffer, 0, 2)]).toEqual([(1n << 64n) - 1n, 0n]);
  });

  test('unsigned ones bit for bit at their own width', () => {
    const { values } = built('int unsigned', [4294967295, 0, 2147483648]);
    expect([...new Uint32Array(values.buffer, values.byteOffset, 3)]).toEqual([4294967295, 0, 2147483648]);
    expect(built('tinyint unsigned', [255]).values).toEqual(Uint8Array.of(255));
    expect(built('smallint', [-32768]).values).toEqual(Int16Array.of(-32768));
  });

  test.each<[string, Cell]>([
    ['tinyint', 128],
    ['tinyint unsigned', -1],
    ['smallint unsigned', 65_536],
    ['int', 2_147_483_648],
    ['int', '9007199254740993'],
    ['bigint', '9223372036854775808'],
    ['bigint unsigned', '-1'],
    ['boolean', 255],
    ['decimal(38,0)', '170141183460469231731687303715884105728'],
  ])('what a %s cannot hold (%s) never wraps', (kind, value) => {
    expect(() => built(kind, [value])).toThrow(/is no /);
  });

  test('a boolean keeps its number: 2 and -1 occur', () => {
    expect([...built('tinyint(1)', [0, 1, 2, -1]).values]).toEqual([0, 1, 2, -1]);
  });
});

describe('NULL', () => {
  const kinds: [string, Cell][] = [
    ['int', 5],
    ['bigint', '5'],
    ['decimal(6,3)', '0.5'],
    ['float', 0.5],
    ['date', 5],
    ['varchar', Buffer.from('x')],
    ['blob', Buffer.from('x')],
    ['flag', true],
  ];

  test.each(kinds)('%s: bitmap and count, also beyond the first 4096 rows', (kind, value) => {
    const cells = Array.from({ length: 10_001 }, (_, row) => (row % 3 === 0 ? null : value));
    const { validity, nulls, values, offsets } = built(kind, cells);
    expect(nulls).toBe(3334);
    expect(validity).toHaveLength(Math.ceil(10_001 / 8));
    for (const [row, cell] of cells.entries()) if (isSet(validity, row) !== (cell !== null)) expect(row).toBe(-1);
    if (offsets) {
      expect(offsets).toHaveLength(10_002);
      expect(offsets[10_001]).toBe(values.length);
    }
  });

  test('the empty text is no NULL', () => {
    const { nulls, offsets } = built('varchar', ['', null, 'a']);
    expect(nulls).toBe(1);
    expect([...(offsets ?? [])]).toEqual([0, 0, 0, 1]);
  });
});

test('flags are bits', () => {
  const { values } = built('flag', [true, false, null, true]);
  expect([0, 1, 2, 3].map((row) => isSet(values as Uint8Array, row))).toEqual([true, false, false, true]);
});

test('a float keeps the 4 bytes it has', () => {
  expect(built('float', [0.671873927116394]).values[0]).toBe(Math.fround(0.671873927116394));
});

test.each([
  ['1970-01-01 00:00:00', 0n],
  ['1969-12-31 23:59:59.999999', -1n],
  ['2000-02-29 12:34:56.5', 951_827_696_500_000n],
  ['9999-12-31 23:59:59.999999', 253_402_300_799_999_999n],
  ['1000-01-01 00:00:00.000001', -30_610_223_999_999_999n],
  ['0000-00-00 00:00:00', undefined],
  ['2020-00-15 10:00:00', undefined],
])('%s in microseconds', (text, micros) => expect(microsOf(text)).toBe(micros));
