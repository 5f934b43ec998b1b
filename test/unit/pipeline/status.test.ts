import { describe, expect, test } from 'vitest';
import type { ExportEntry, ShardEntry } from '../../../src/manifest/entries.js';
import { layoutOf } from '../../../src/manifest/layout.js';
import { planExport } from '../../../src/pipeline/export-plan.js';
import {
  busySeconds,
  exportStatus,
  joinStatus,
  loadStatus,
  planStatus,
  sourceStatus,
  verifiedStatus,
} from '../../../src/pipeline/status.js';
import { exportEntry, ledgerEntry, shardEntry, testContext, testPlan } from '../support.js';

const layout = layoutOf('/nowhere', 'images_analytical', 10);
const at = (seconds: number): string => new Date(Date.UTC(2024, 0, 1) + seconds * 1000).toISOString();

const fileOf = (source: string, first: number): string =>
  `export/${source}/${String(first).padStart(10, '0')}-${String(first + 9).padStart(10, '0')}.parquet`;

/** Export files of the unit tests' plan: `images` of some ranges, each made in `seconds` and finished at `end`. */
function exported(...files: { source: string; first?: number; rows?: number; seconds: number; end: number }[]) {
  const entries = files.map(({ source, first, rows = 10, seconds, end }) => {
    const file = first === undefined ? `export/${source}/all.parquet` : fileOf(source, first);
    return exportEntry(source, file, { rows, seconds, time: at(end) });
  });
  return new Map<string, ExportEntry>(entries.map((entry) => [entry.file, entry]));
}

const workOf = (exports: ReadonlyMap<string, ExportEntry>, present = new Set(exports.keys())) =>
  planExport(testContext({ layout }), testPlan(), exports, present, undefined);

describe('the time in which something was made', () => {
  test('is that of one, of two after another, of two at once; a pause does not count', () => {
    const seconds = (...pairs: [number, number][]): number =>
      busySeconds(pairs.map(([from, to]) => ({ from: from * 1000, to: to * 1000 })));
    expect(seconds()).toBe(0);
    expect(seconds([10, 14])).toBe(4);
    expect(seconds([10, 14], [14, 16])).toBe(6);
    expect(seconds([10, 14], [11, 15])).toBe(5);
    expect(seconds([10, 20], [11, 12], [13, 14])).toBe(10);
    expect(seconds([100, 104], [10, 14])).toBe(8);
  });
});

describe('sources', () => {
  test('each has its files, those left, and its rate; a lookup is one file', () => {
    const exports = exported(
      { source: 'images', first: 1, seconds: 2, end: 10 },
      { source: 'images', first: 11, rows: 30, seconds: 2, end: 11 },
      { source: 'site', seconds: 1, end: 20, rows: 18 },
    );
    const sources = sourceStatus(testPlan(), exports, workOf(exports));
    expect(sources).toMatchObject([
      { source: 'images', access: 'range', done: 2, left: 2, rows: 40, bytes: 200, rowsLeft: 40, last: at(11) },
      { source: 'imagestopics', access: 'one-pass', done: 0, left: 4, rows: 0, rowsPerSecond: null, last: null },
      { source: 'site', access: 'lookup', done: 1, left: 0, rows: 18, rowsPerSecond: 18 },
    ]);
    // Two at once, from second 8 to 11.
    expect(sources[0]?.rowsPerSecond).toBeCloseTo(40 / 3);
  });

  test('files of another declaration, and those that were removed, are left', () => {
    const exports = exported({ source: 'images', first: 1, seconds: 1, end: 1 });
    exports.set(fileOf('images', 11), exportEntry('images', fileOf('images', 11), { hash: 'older' }));
    const [images] = sourceStatus(testPlan(), exports, workOf(exports, new Set()));
    expect(images).toMatchObject({ done: 0, left: 4, rows: 10 });
  });

  test('the export has their sum, and no time left while a source is of unknown size', () => {
    const exports = exported({ source: 'images', first: 1, seconds: 2, end: 10 });
    const plan = testPlan();
    const sources = sourceStatus(plan, exports, workOf(exports));
    expect(exportStatus(plan, exports, sources)).toMatchObject({
      ...{ stage: 'export', target: null, done: 1, left: 8, rows: 10, bytes: 100, rowsPerSecond: 5, secondsLeft: null },
    });
    const known = testPlan({ sources: plan.sources.map((source) => ({ ...source, estimate: 20 })) });
    // 30 images, 20 topics and 20 sites to come at 5 a second.
    expect(exportStatus(known, exports, sourceStatus(known, exports, workOf(exports)))).toMatchObject({
      secondsLeft: 14,
    });
  });
});

test('the join: what waits for the export is left too', () => {
  const shards = new Map<string, ShardEntry>(
    [shardEntry(1, 20, { rows: 18, driving: 20, seconds: 4, time: at(10) }), shardEntry(21, 40)].map((one) => [
      one.file,
      one,
    ]),
  );
  const [, second] = [...shards.values()];
  const range = { from: 21n, to: 41n };
  const shard = { range, ranges: [range] };
  const work = { shards: [], done: 1, waiting: [{ shard, missing: ['x'] }] };
  expect(second?.first).toBe('21');
  expect(joinStatus(testPlan(), shards, work)).toMatchObject({
    ...{ done: 1, left: 1, rows: 18, bytes: 100, rowsPerSecond: 4.5, last: at(10) },
    // As many driving rows again.
    secondsLeft: 20 / 4.5,
  });
});

describe('a load', () => {
  const [first, second, third] = [shardEntry(1, 10), shardEntry(11, 20), shardEntry(21, 30, { rows: 40 })];
  const shards = new Map([first, second, third].map((one) => [one.file, one]));
  const line = (kind: 'started' | 'inserted', shard: ShardEntry, seconds: number, rest = {}) =>
    ledgerEntry(kind, 100, shard, { time: at(seconds), ...rest });

  test('is told by the ledger: shards in this table as they are now, and the time from begin to count', () => {
    const ledger = [
      ...[line('started', first, 0), line('started', second, 0), line('inserted', first, 4)],
      ...[line('inserted', second, 5), line('started', third, 1000)],
    ];
    expect(loadStatus('box', shards, ledger)).toEqual({
      ...{ stage: 'load', target: 'box', done: 2, left: 1, rows: 20, bytes: 200, last: at(5) },
      ...{ rowsPerSecond: 4, secondsLeft: 10 },
    });
  });

  test('of a shard that was joined anew, and into a table that was made anew, counts nothing', () => {
    const stale = [line('started', first, 0), line('inserted', first, 4, { sha256: 'older' })];
    expect(loadStatus('box', shards, stale)).toMatchObject({ done: 0, left: 3 });
    const other = [line('started', first, 0), line('inserted', first, 4), line('started', second, 9, { uuid: 'u2' })];
    expect(loadStatus('box', shards, other)).toMatchObject({
      done: 0,
      left: 3,
      rowsPerSecond: null,
      secondsLeft: null,
    });
  });

  test('of a target without a ledger has all left', () => {
    expect(loadStatus('box', shards, [])).toMatchObject({ done: 0, left: 3, rows: 0, last: null });
  });
});

test('a verify counts for the present table, and for shards that are the same since, at the target too', () => {
  const [first, second] = [shardEntry(1, 10), shardEntry(11, 20, { sha256: 'new' })];
  const shards = new Map([first, second].map((one) => [one.file, one]));
  const ledger = [ledgerEntry('inserted', 1, first)];
  const found = (problems: string[]) =>
    [first, shardEntry(11, 20)].map(({ file, sha256 }) => ({ shard: file, sha256, read: 1, problems, time: at(5) }));
  const record = { format: 1 as const, target: 'box', run: 'r', uuid: 'u1', time: at(5), shards: found([]) };
  expect(verifiedStatus(record, shards, ledger)).toEqual({ time: at(5), whole: 1, different: 0, shards: 2 });
  expect(verifiedStatus({ ...record, shards: found(['x']) }, shards, ledger)).toMatchObject({ whole: 0, different: 1 });
  expect(verifiedStatus({ ...record, uuid: 'u2' }, shards, ledger)).toBeNull();
  // What was loaded again after it was compared has not been looked at.
  const later = [ledgerEntry('inserted', 2, first, { time: at(6) })];
  expect(verifiedStatus(record, shards, later)).toMatchObject({ whole: 0, different: 0 });
  expect(verifiedStatus(undefined, shards, ledger)).toBeNull();
});

test('the plan: generations with their first and last key as text', () => {
  const end = String(2n ** 64n);
  const generation = { generation: 1, planned: at(0), bounds: ['1', '9007199254740993'], end, rows: 20 };
  expect(planStatus(testPlan({ generations: [generation] }))).toEqual({
    ...{ rangeRows: 10, shardRows: 20, ranges: 2, shards: 1, sample: false },
    generations: [
      {
        ...{ generation: 1, planned: at(0), ranges: 2, rows: 20, estimated: false },
        ...{ first: '1', last: '18446744073709551615' },
      },
    ],
  });
});
