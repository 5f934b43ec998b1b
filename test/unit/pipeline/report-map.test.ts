import { describe, expect, test } from 'vitest';
import { layoutOf } from '../../../src/manifest/layout.js';
import { shardStates } from '../../../src/manifest/ledger.js';
import { type MapInput, mapFacts } from '../../../src/pipeline/report-map.js';
import { stageWork } from '../../../src/pipeline/report-work.js';
import { exportEntry, ledgerEntry, shardEntry, testPlan } from '../support.js';

const layout = layoutOf('/nowhere', 'images_analytical', 10);
const file = (source: string, range: string): string => `export/${source}/${range}.parquet`;
const ranges = ['0000000001-0000000010', '0000000011-0000000020', '0000000021-0000000030', '0000000031-0000000040'];
const [first = '', second = '', third = ''] = ranges;

const input = (rest: Partial<MapInput>): MapInput => ({
  ...{ layout, plan: testPlan(), exports: new Map(), present: new Set(), shards: [], join: undefined, targets: [] },
  ...rest,
});
const statesOf = (rest: Partial<MapInput>, step: string, name = ''): readonly string[] | undefined =>
  mapFacts(input(rest)).rows.find((row) => row.step === step && row.name === name)?.states;

describe('the map of ranges', () => {
  test('has the planned ranges, each with its shard', () => {
    expect(mapFacts(input({})).ranges).toEqual([
      { first: '1', last: '10', shard: 0 },
      { first: '11', last: '20', shard: 0 },
      { first: '21', last: '30', shard: 1 },
      { first: '31', last: '40', shard: 1 },
    ]);
  });

  test('tells what is exported, what is to be exported again, and what is not yet', () => {
    const entries = [
      exportEntry('images', file('images', first)),
      exportEntry('images', file('images', second), { hash: 'of another declaration' }),
      exportEntry('images', file('images', third)),
      exportEntry('imagestopics', file('imagestopics', first), { rows: 0, sha256: '' }),
      exportEntry('site', 'export/site/all.parquet'),
    ];
    const exports = new Map(entries.map((entry) => [entry.file, entry]));
    // The third range's file was removed; the empty one never had any.
    const present = new Set([file('images', first), file('images', second), 'export/site/all.parquet']);
    expect(statesOf({ exports, present }, 'export', 'images')).toEqual(['done', 'again', 'again', 'open']);
    expect(statesOf({ exports, present }, 'export', 'imagestopics')).toEqual(['done', 'open', 'open', 'open']);
    expect(statesOf({ exports, present }, 'export', 'site')).toEqual(['done', 'done', 'done', 'done']);
  });

  test('tells of a shard whether it is as a join would make it now, and whether it has rejects', () => {
    const rejects = { rows: 1, values: 2, file: 'r', sha256: 's', columns: { width: 2 } };
    const shards = [shardEntry(1, 20), shardEntry(21, 40, { rejects })];
    const shard = { range: { from: 21n, to: 41n }, ranges: [] };
    const join = { shards: [], done: 1, waiting: [{ shard, missing: ['x'] }] };
    expect(statesOf({ shards, join }, 'join')).toEqual(['done', 'done', 'again', 'again']);
    expect(statesOf({ shards, join }, 'rejects')).toEqual(['done', 'done', 'wrong', 'wrong']);
    expect(statesOf({ shards: shards.slice(0, 1), join }, 'join')).toEqual(['done', 'done', 'open', 'open']);
  });

  test('tells by the ledger what is loaded, and by verify what is equal', () => {
    const shards = [shardEntry(1, 20), shardEntry(21, 40)];
    const [one, two] = [shards[0], shards[1]];
    const older = two && { ...two, sha256: 'before' };
    const ledger = [ledgerEntry('inserted', 5, one), ledgerEntry('inserted', 5, older)];
    const target = { name: 'box', states: shardStates(ledger, 'u1'), verified: new Map() };
    expect(statesOf({ shards, targets: [target] }, 'load', 'box')).toEqual(['done', 'done', 'again', 'again']);
    expect(statesOf({ shards, targets: [target] }, 'verify', 'box')).toBeUndefined();
    const begun = { ...target, states: shardStates([ledgerEntry('started', 5, one)], 'u1') };
    expect(statesOf({ shards, targets: [begun] }, 'load', 'box')).toEqual(['again', 'again', 'open', 'open']);
    const time = '2024-01-02T00:00:00.000Z';
    const found = (shard: string, sha256: string, problems: string[]) =>
      [shard, { shard, sha256, problems, time, read: 9 }] as const;
    const equal = found(one?.file ?? '', 'sha-a', []);
    const states = (verified: MapInput['targets'][number]['verified']) =>
      statesOf({ shards, targets: [{ ...target, verified }] }, 'verify', 'box');
    expect(states(new Map([equal]))).toEqual(['done', 'done', 'open', 'open']);
    const later = shardStates([ledgerEntry('inserted', 6, one, { time: '2024-01-03T00:00:00.000Z' })], 'u1');
    const stale = { ...target, states: later, verified: new Map([equal]) };
    expect(statesOf({ shards, targets: [stale] }, 'verify', 'box')).toEqual(['again', 'again', 'open', 'open']);
    expect(states(new Map([equal, found(two?.file ?? '', 'sha-a', ['a row is missing'])]))).toEqual([
      'done',
      'done',
      'wrong',
      'wrong',
    ]);
    expect(states(new Map([equal, found(two?.file ?? '', 'before', [])]))).toEqual(['done', 'done', 'again', 'again']);
  });

  test('without a plan the shards are the ranges', () => {
    const facts = mapFacts(input({ plan: undefined, shards: [shardEntry(1, 20), shardEntry(21, 40)] }));
    expect(facts.ranges).toEqual([
      { first: '1', last: '20', shard: 0 },
      { first: '21', last: '40', shard: 1 },
    ]);
    expect(facts.rows.map(({ step, states }) => [step, ...states])).toEqual([
      ['join', 'done', 'done'],
      ['rejects', 'done', 'done'],
    ]);
  });
});

test('a load takes from the line that begins a shard to the one that ends it', () => {
  const shard = shardEntry(1, 20);
  const at = (second: number) => ({ time: `2024-01-01T00:00:0${second}.000Z` });
  const ledger = [
    ledgerEntry('run', 5, undefined, at(0)),
    ledgerEntry('started', 5, shard, at(1)),
    ledgerEntry('started', 6, shard, { ...at(3), run: 'r2' }),
    ledgerEntry('inserted', 6, shard, { ...at(7), run: 'r2' }),
    // Into a table that was there before, which counts no more.
    ledgerEntry('started', 4, shard, { ...at(3), uuid: 'u0' }),
    ledgerEntry('inserted', 4, shard, { ...at(4), uuid: 'u0' }),
    // Found at the server after a kill: nobody knows how long it took.
    ledgerEntry('inserted', 7, shard, { ...at(8), run: 'r3' }),
  ];
  const work = stageWork([], [shard], new Map([['box', ledger]]));
  expect(work.map(({ stage, target }) => [stage, target])).toEqual([
    ['export', ''],
    ['join', ''],
    ['load', 'box'],
  ]);
  expect(work[2]?.units).toEqual([{ end: '2024-01-01T00:00:07.000Z', seconds: 4, rows: 10, bytes: 100 }]);
});
