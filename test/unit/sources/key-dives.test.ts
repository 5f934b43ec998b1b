import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DivePlan, diveForBounds, type KeyDives } from '../../../src/sources/key-dives.js';

/** An index over sorted ids whose estimates are wrong by `noise` (a factor), and that counts what it is asked. */
function indexOver(ids: readonly number[], noise: (from: number, to: number) => number = () => 1) {
  const position = (key: number): number => {
    let [low, high] = [0, ids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ids[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const rows = (from: bigint, to: bigint): number => position(Number(to)) - position(Number(from));
  const asked = { dives: 0, keys: 0 };
  const dives: KeyDives = {
    rowsBetween: async (from, to) => {
      asked.dives++;
      return rows(from, to) * noise(Number(from), Number(to));
    },
    nextKey: async (from) => {
      asked.keys++;
      const found = ids[position(Number(from))];
      return found === undefined ? undefined : BigInt(found);
    },
  };
  return { dives, rows, asked };
}

async function cut(ids: readonly number[], rangeRows: number, rest: Partial<DivePlan> = {}, noise?: () => number) {
  const { dives, rows, asked } = indexOver(ids, noise);
  const end = BigInt((ids.at(-1) ?? 0) + 1);
  const found = await diveForBounds(dives, { first: 1n, end, rangeRows, isUnique: true, density: 1, ...rest });
  const sizes = found.bounds.map((from, index) => rows(from, found.bounds[index + 1] ?? end));
  return { ...found, end, sizes, asked };
}

const upTo = (count: number, id: (index: number) => number): number[] => Array.from({ length: count }, (_, i) => id(i));

describe('ranges by dives', () => {
  test('ids without gaps: one dive a range, and exactly as many rows', async () => {
    const { bounds, sizes, asked, rows } = await cut(
      upTo(10_500, (i) => i + 1),
      1000,
    );
    expect(bounds).toEqual(upTo(11, (i) => i).map((i) => BigInt(i * 1000 + 1)));
    expect(sizes).toEqual([...Array(10).fill(1000), 500]);
    expect(rows).toBe(10_500);
    expect(asked.dives).toBeLessThanOrEqual(12);
  });

  test('a density that holds is carried over: two dives and the pieces of the first', async () => {
    const { sizes, asked } = await cut(
      upTo(10_000, (i) => 1 + i * 50),
      1000,
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1100);
    expect(asked.dives).toBeLessThanOrEqual(10 * 6 + 5);
  });

  test('a gap of 15 million ids makes one range wide, and no range more', async () => {
    const ids = [...upTo(2500, (i) => i + 1), ...upTo(2500, (i) => 15_000_001 + i)];
    const { sizes, asked } = await cut(ids, 1000);
    expect(sizes).toHaveLength(5);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(900);
    expect(asked.dives).toBeLessThan(60);
  });

  test('estimates that are far too low are bounded by the ids of the range', async () => {
    const { sizes } = await cut(
      upTo(20_000, (i) => i + 1),
      1000,
      {},
      () => 0.3,
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4000);
    const high = await cut(
      upTo(20_000, (i) => i + 1),
      1000,
      {},
      () => 3,
    );
    expect(high.sizes.slice(0, -1)).toEqual(Array(high.sizes.length - 1).fill(1000));
  });

  test('a beginning of nearly empty pages does not make a range many times too large', async () => {
    // An estimate rests on the first pages of its span: 5,000 ids with few rows, then dense ones.
    const ids = [...upTo(50, (i) => 1 + i * 100), ...upTo(40_000, (i) => 5001 + i)];
    const { dives, rows } = indexOver(ids, (from) => (from <= 5000 ? 0.02 : 1));
    const end = 45_001n;
    const found = await diveForBounds(dives, { first: 1n, end, rangeRows: 1000, isUnique: true, density: 1 });
    const sizes = found.bounds.map((from, index) => rows(from, found.bounds[index + 1] ?? end));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2500);
  });

  test('keys that occur many times, and a range that one key fills alone', async () => {
    const ids = [...Array(3000).fill(5), ...upTo(3000, (i) => 6 + (i >> 2))];
    const { bounds, sizes } = await cut(ids, 1000, { isUnique: false });
    expect(bounds[0]).toBe(1n);
    expect(sizes[0]).toBe(3000);
    expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(1100);
  });

  test('no rows at all before the end, and a single row', async () => {
    expect((await cut([7], 10)).bounds).toEqual([1n]);
    const { dives } = indexOver([]);
    const plan = { first: 3n, end: 9n, rangeRows: 10, isUnique: true, density: 1 };
    expect(await diveForBounds(dives, plan)).toEqual({ bounds: [3n], rows: 0 });
  });

  test('whatever the ids: contiguous, as large as asked for, few dives', async () => {
    const run = fc.record({
      gap: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 10_000, max: 100_000_000 })),
      step: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 300 })),
      rows: fc.integer({ min: 1, max: 3000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(run, { minLength: 1, maxLength: 8 }),
        // With a few rows a range, whole rows that an estimate is out by are more than the bounds below have room for.
        fc.integer({ min: 200, max: 1000 }),
        fc.double({ min: 0.85, max: 1.15, noNaN: true }),
        async (runs, rangeRows, noise) => {
          const ids: number[] = [];
          let at = 1;
          for (const { gap, step, rows } of runs) {
            at += gap;
            for (let row = 0; row < rows; row++, at += step) ids.push(at);
          }
          const { bounds, sizes, asked } = await cut(ids, rangeRows, {}, () => noise);
          expect(bounds[0]).toBe(1n);
          for (const [index, from] of bounds.entries()) expect(from > (bounds[index - 1] ?? 0n)).toBe(true);
          expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(ids.length);
          const slack = 1 + rangeRows / 10;
          for (const size of sizes) expect(size).toBeLessThanOrEqual((rangeRows * 1.1) / 0.85 + slack);
          for (const size of sizes.slice(0, -1)) expect(size).toBeGreaterThanOrEqual((rangeRows * 0.9) / 1.15 - slack);
          expect(asked.dives).toBeLessThanOrEqual(bounds.length * 10 + runs.length * 60);
        },
      ),
      // Shrinking a case of thousands of ids takes minutes, in which nobody sees what has failed.
      { numRuns: 300, endOnFailure: true },
    );
  });
});
