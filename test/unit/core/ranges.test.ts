import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  covers,
  inclusiveRange,
  inPart,
  keyRange,
  lastKey,
  overlaps,
  parsePart,
  parseRange,
  rangeName,
  rangesFromBounds,
  showRange,
  touching,
} from '../../../src/core/ranges.js';

const usage = (code: string): unknown => expect.objectContaining({ code, exit: 2 });

describe('ranges partition the id space (fault 24)', () => {
  const key = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
  const bounds = fc
    .uniqueArray(key, { minLength: 2, maxLength: 40 })
    .map((keys) => keys.sort((a, b) => (a < b ? -1 : 1)));

  test('every key from the first bound to the end lies in exactly one range', () => {
    fc.assert(
      fc.property(bounds, fc.array(key, { maxLength: 20 }), (all, probes) => {
        const end = all.at(-1) as bigint;
        const firsts = all.slice(0, -1);
        const ranges = rangesFromBounds(firsts, end);
        for (const probe of [...probes, ...all, ...firsts.map((one) => one - 1n)]) {
          const holders = ranges.filter(({ from, to }) => from <= probe && probe < to);
          expect(holders).toHaveLength(probe >= (firsts[0] as bigint) && probe < end ? 1 : 0);
        }
      }),
    );
  });

  test('neighbours meet without a gap and never overlap', () => {
    fc.assert(
      fc.property(bounds, (all) => {
        const ranges = rangesFromBounds(all.slice(0, -1), all.at(-1) as bigint);
        for (const [index, range] of ranges.entries()) {
          const next = ranges[index + 1];
          expect(lastKey(range) + 1n).toBe(next?.from ?? all.at(-1));
          if (next) expect(overlaps(range, next)).toBe(false);
        }
      }),
    );
  });

  test('a name says the range back, whatever its keys', () => {
    fc.assert(
      fc.property(key, fc.bigInt({ min: 0n, max: 1n << 63n }), (from, length) => {
        const range = inclusiveRange(from, from + length);
        expect(parseRange(showRange(range))).toEqual(range);
        expect(parseRange(rangeName(range, 20))).toEqual(range);
      }),
    );
  });

  test('ids 1 to 10 in ranges of 5: every one once', () => {
    const ranges = rangesFromBounds([1n, 6n], 11n);
    expect(ranges.map((range) => rangeName(range, 10))).toEqual(['0000000001-0000000005', '0000000006-0000000010']);
  });
});

describe('range', () => {
  test('of nothing is a bug, not a range', () => {
    expect(() => keyRange(5n, 5n)).toThrow('assertion failed');
    expect(() => keyRange(-1n, 5n)).toThrow('assertion failed');
  });

  test('overlaps and covers look at half-open ends', () => {
    expect(overlaps(keyRange(1n, 6n), keyRange(6n, 9n))).toBe(false);
    expect(overlaps(keyRange(1n, 7n), keyRange(6n, 9n))).toBe(true);
    expect(covers(keyRange(1n, 10n), keyRange(1n, 10n))).toBe(true);
    expect(covers(keyRange(1n, 10n), keyRange(1n, 11n))).toBe(false);
  });

  test('touching takes whole ranges, and all of them where nothing is wanted', () => {
    const all = rangesFromBounds([1n, 11n, 21n], 31n).map((range) => ({ range }));
    expect(touching(all, undefined)).toHaveLength(3);
    expect(touching(all, inclusiveRange(10n, 11n)).map(({ range }) => range.from)).toEqual([1n, 11n]);
  });
});

describe('parseRange', () => {
  test('reads both ends as inclusive, with underscores and blanks', () => {
    expect(parseRange(' 1 - 1_000_000 ')).toEqual({ from: 1n, to: 1_000_001n });
    expect(parseRange('9007199254740993-18446744073709551615').to).toBe(1n << 64n);
  });

  test.each(['', '1', '1-', '-5', 'a-b', '1-2-3', '1..2', '1.5-2', '1–2', '_-_'])('%j is no range', (text) => {
    expect(() => parseRange(text)).toThrow(usage('RANGE_SYNTAX') as Error);
  });

  test('an end before the begin is said', () => {
    expect(() => parseRange('10-9')).toThrow(usage('RANGE_EMPTY') as Error);
    expect(parseRange('10-10')).toEqual({ from: 10n, to: 11n });
  });
});

describe('parsePart', () => {
  test('reads part and count', () => expect(parsePart('3/8')).toEqual({ index: 3, count: 8 }));

  test.each(['', '3', '0/8', '9/8', '1/0', '-1/8', '3/8/9', '1.5/2', 'a/b', '00001/8'])('%j is no part', (text) => {
    expect(() => parsePart(text)).toThrow(usage('PART_SYNTAX') as Error);
  });

  test('the parts share everything out, each item once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 50 }), (count, items) => {
        for (let position = 0; position < items; position++) {
          const takers = Array.from({ length: count }, (_, index) => inPart(position, { index: index + 1, count }));
          expect(takers.filter(Boolean)).toHaveLength(1);
        }
      }),
    );
    expect(inPart(17, undefined)).toBe(true);
  });
});
