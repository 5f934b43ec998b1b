import { describe, expect, test } from 'vitest';
import type { MapRow, RangeState } from '../../../src/report/facts.js';
import { foldStates, mapColumns, spansText } from '../../../src/report/range-map.js';

const shardsOf = (ranges: number, perShard: number): number[] =>
  Array.from({ length: ranges }, (_, at) => Math.floor(at / perShard));

describe('columns of the map', () => {
  test('a range each where there is room', () => {
    expect(mapColumns(shardsOf(3, 2), 100)).toEqual([
      { begin: 0, end: 1 },
      { begin: 1, end: 2 },
      { begin: 2, end: 3 },
    ]);
  });

  test.each([
    [1300, 10, 150, 130],
    [1300, 10, 50, 44],
    [1300, 1300, 100, 100],
    [1301, 10, 150, 131],
  ])('%i ranges, %i a shard, room for %i: %i columns', (ranges, perShard, room, expected) => {
    const columns = mapColumns(shardsOf(ranges, perShard), room);
    expect(columns.length).toBe(expected);
    expect(columns.length).toBeLessThanOrEqual(room);
    expect(columns[0]?.begin).toBe(0);
    expect(columns.at(-1)?.end).toBe(ranges);
    expect(columns.slice(1).every(({ begin }, at) => begin === columns[at]?.end)).toBe(true);
  });

  test('whole shards stay together', () => {
    for (const { begin, end } of mapColumns(shardsOf(1300, 10), 50)) expect([begin % 10, end % 10]).toEqual([0, 0]);
  });
});

describe('the state of several ranges', () => {
  test.each<[RangeState[], RangeState, number]>([
    [['done', 'done'], 'done', 1],
    [['done', 'open'], 'done', 0.5],
    [['open', 'open'], 'open', 0],
    [['done', 'again', 'open', 'done'], 'again', 0.5],
    [['done', 'done', 'done', 'wrong'], 'wrong', 0.75],
    [['again', 'wrong'], 'wrong', 0],
  ])('%j is %s', (states, state, done) => {
    expect(foldStates(states)).toEqual({ state, done });
  });
});

describe('spans of keys', () => {
  const ranges = Array.from({ length: 12 }, (_, at) => ({ first: `${at}0`, last: `${at}9`, shard: at }));
  const row = (states: RangeState[]): MapRow => ({ step: 'export', name: 's', states });

  test('neighbours are one span', () => {
    const states: RangeState[] = [
      'open',
      'open',
      'done',
      'open',
      'done',
      'done',
      'done',
      'done',
      'done',
      'done',
      'done',
      'open',
    ];
    expect(spansText({ ranges }, row(states), ['open'])).toBe('00-19, 30-39, 110-119');
    expect(spansText({ ranges }, row(states), ['again'])).toBe('');
  });

  test('the first four are named, the others counted', () => {
    const states = ranges.map((_, at): RangeState => (at % 2 === 0 ? 'wrong' : 'done'));
    expect(spansText({ ranges }, row(states), ['wrong'])).toBe('00-09, 20-29, 40-49, 60-69 and 2 more');
  });
});
