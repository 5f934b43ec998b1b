import { describe, expect, it } from 'vitest';
import { barsAcross, barsOf } from '../../bench/bars.js';
import type { Measured } from '../../bench/measure.js';
import { inTurn, median, summarize } from '../../bench/summary.js';

const none = { client: 0, mysql: 0, clickhouse: 0 };
const took = (...seconds: number[]): Measured[] =>
  seconds.map((one) => ({ seconds: one, peak: { ...none, client: one * 1e8 }, peakTogether: 0, cpu: none }));

describe('what the runs of a benchmark come to', () => {
  it('the median, of an even number the lower one of the two in the middle', () => {
    expect([[3, 1, 2], [4, 1, 3, 2], [5]].map(median)).toEqual([2, 2, 5]);
  });

  it('median, spread and the greatest peak', () => {
    const summary = summarize(took(3, 1, 8));
    expect(summary).toMatchObject({ seconds: 3, fastest: 1, slowest: 8, peak: { client: 8e8 } });
  });

  it('stages one after the other are added up round by round, up to the last whole round', () => {
    const results = new Map([
      ['export', took(3, 5, 4)],
      ['join', took(2, 1)],
    ]);
    expect(inTurn(results, ['export', 'join'])?.map(({ seconds }) => seconds)).toEqual([5, 6]);
    expect(inTurn(results, ['export', 'load'])).toBeUndefined();
  });

  it('holds the export against the faster of the pulls, and says what is met and missed', () => {
    const results = new Map([
      ['export', took(6, 6, 6)],
      ['pull', took(8, 8, 8)],
      ['pull-best', took(4, 4, 4)],
      ['join', took(1, 1, 1)],
      ['load', took(1, 1, 1)],
      ['one-shot', took(4, 4, 4)],
    ]);
    const bars = barsOf(results, { images: 1_000_000, oldImages: 100_000 });
    const found = bars.map(({ what, shown, met }) => [what.split(' (')[0], shown, met]);
    expect(found).toContainEqual(['export / the faster of the pulls', '1.50', false]);
    expect(found).toContainEqual(['export + join + load / one-shot', '2.00', true]);
    expect(found).toContainEqual(['export: peak memory of the command', '600 MB', false]);
    expect(bars.find(({ what }) => what.includes('one-shot'))?.lacks).toContain('no restart');
    const larger = barsOf(results, { images: 5_000_000, oldImages: 100_000 });
    expect(larger.find(({ what }) => what.includes('one-shot'))?.met).toBe(false);
  });

  it('what the checks cost is told by CPU time, whatever the clock says', () => {
    const cost = (seconds: number, client: number): Measured[] =>
      took(seconds).map((one) => ({ ...one, cpu: { ...none, client } }));
    const results = new Map([
      ['bare-join', cost(9, 24)],
      ['bare-join-unchecked', cost(12, 20)],
    ]);
    const [bar] = barsOf(results, { images: 1_000_000, oldImages: 100_000 });
    expect(bar).toMatchObject({ shown: '1.20', met: false });
  });

  it('the old script is compared image by image', () => {
    const results = new Map([
      ['export', took(8)],
      ['join', took(1)],
      ['load', took(1)],
      ['old-way', took(21)],
    ]);
    const old = barsOf(results, { images: 1_000_000, oldImages: 100_000 }).find(({ what }) => what.includes('old'));
    expect(old).toMatchObject({ shown: '21.0 ×', met: true });
  });

  it('a larger run is held against a smaller one: seconds by image, and memory', () => {
    const results = new Map([
      ['export', took(30)],
      ['join', took(10)],
      ['load', took(10)],
    ]);
    const one = { seconds: 3, peak: { ...none, client: 1e9 } };
    const bars = barsAcross(results, 5_000_000, {
      images: 1_000_000,
      summaries: { export: one, join: one, load: one },
    });
    expect(bars.map(({ shown, met }) => [shown, met])).toEqual([
      ['1.11', false],
      ['3.00', false],
      ['1.00', true],
      ['1.00', true],
    ]);
    const partial = new Map([...results].slice(1));
    expect(barsAcross(partial, 5_000_000, { images: 1_000_000, summaries: { export: one } })).toEqual([]);
  });
});
