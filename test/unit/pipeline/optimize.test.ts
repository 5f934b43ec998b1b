import { expect, it } from 'vitest';
import type { Partition } from '../../../src/clickhouse/parts.js';
import { partsBound } from '../../../src/pipeline/load-parts.js';
import { checkSpace, planOptimize } from '../../../src/pipeline/optimize.js';

const partition = (id: string, bytes: number, merged = false): Partition => ({
  ...{ id, name: id, parts: merged ? 1 : 3, rows: bytes, bytes, merged },
});

it('what is one merged part already is passed over; the smallest comes first', () => {
  const all = [partition('201503', 9), partition('201501', 5), partition('201502', 7, true), partition('201412', 5)];
  expect(planOptimize(all).map(({ id }) => id)).toEqual(['201412', '201501', '201503']);
});

it('a partition needs twice its bytes to be free; where nobody may tell, it is tried', () => {
  const left = [partition('201501', 1e9), partition('201502', 4e9)];
  expect(() => checkSpace(left, 8e9, 'box')).not.toThrow();
  expect(() => checkSpace(left, undefined, 'box')).not.toThrow();
  expect(() => checkSpace([], 0, 'box')).not.toThrow();
  expect(() => checkSpace(left, 7.9e9, 'box')).toThrow(
    'box: partition 201502 has 4.0 GB and needs 8.0 GB free to be merged, there are 7.9 GB',
  );
});

it('a load waits well before the server slows it down, and never above a hundred parts', () => {
  expect([1000, 3000, 150, 6, 1].map((slowsDownAt) => partsBound({ slowsDownAt }))).toEqual([100, 100, 75, 3, 2]);
});
