import { describe, expect, test } from 'vitest';
import { leastRate, RowRate } from '../../../src/pipeline/row-rate.js';

describe('a rate of 1,000 rows a second', () => {
  test('rows wait for all that were let through before, whoever took them', () => {
    const rate = new RowRate(1000, () => 0);
    expect([rate.waitMs(2000), rate.waitMs(500), rate.waitMs(1)]).toEqual([0, 2000, 2500]);
  });

  test('what was not taken in the last second may be taken now, and no more', () => {
    let now = 0;
    const rate = new RowRate(1000, () => now);
    now = 60_000;
    expect([rate.waitMs(1000), rate.waitMs(1000), rate.waitMs(1000)]).toEqual([0, 0, 1000]);
  });

  test.each([100, 1000, 65_536])('over a minute, in batches of %i rows', (batch) => {
    let now = 0;
    const rate = new RowRate(1000, () => now);
    let rows = 0;
    for (;;) {
      now += rate.waitMs(batch);
      if (now > 60_000) break;
      rows += batch;
    }
    expect(rows).toBeGreaterThanOrEqual(60_000);
    expect(rows).toBeLessThanOrEqual(60_000 + batch);
  });
});

test('the least rate lets nobody wait longer than five minutes for its turn', () => {
  for (const workers of [1, 2, 4, 16]) {
    const rate = new RowRate(leastRate(workers, 65_536), () => 0);
    const waits = Array.from({ length: workers + 1 }, () => rate.waitMs(65_536));
    expect(Math.max(...waits)).toBeLessThanOrEqual(300_000);
    expect(Math.max(...waits)).toBeGreaterThan(299_000 - 1000 * workers);
  }
});
