import { describe, expect, test } from 'vitest';
import { inclusiveRange, parsePart } from '../../../src/core/ranges.js';
import type { Column, Dataset } from '../../../src/dataset/declaration.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import type { ExportEntry, ShardEntry } from '../../../src/manifest/entries.js';
import { exportFile } from '../../../src/manifest/layout.js';
import { plannedRanges } from '../../../src/manifest/plan-file.js';
import type { Context } from '../../../src/pipeline/context.js';
import { type JoinWork, joinedExports, joinHash, optionsInForce, planJoin } from '../../../src/pipeline/join-plan.js';
import { exportEntry, plannedSource, shardEntry, testContext, testPlan } from '../support.js';

const options = { hands: 'either' };
const { layout } = testContext();

function exported(): Map<string, ExportEntry> {
  const plan = testPlan();
  const entries = plan.sources.flatMap(({ name, role }) =>
    (role === 'lookup' ? [undefined] : plannedRanges(plan).map(({ range }) => range)).map((range) =>
      exportEntry(name, exportFile(layout, name, range)),
    ),
  );
  return new Map(entries.map((entry) => [entry.file, entry]));
}

function plan(
  exports: ReadonlyMap<string, ExportEntry>,
  shards: ReadonlyMap<string, ShardEntry> = new Map(),
  rest: Partial<Context> = {},
  present: ReadonlySet<string> = new Set(shards.keys()),
): JoinWork {
  return planJoin(testContext(rest), testPlan(), exports, shards, present, options);
}

/** What the manifest says once everything of the plan is joined. */
function joined(exports: ReadonlyMap<string, ExportEntry>, rest: Partial<ShardEntry> = {}): Map<string, ShardEntry> {
  const hash = joinHash(imagesAnalytical, options);
  return new Map(
    plan(exports).shards.map(({ shard, file, inputsHash }) => [
      file,
      shardEntry(Number(shard.range.from), Number(shard.range.to) - 1, { hash, inputs: inputsHash, ...rest }),
    ]),
  );
}

const first = (work: JoinWork): bigint[] => work.shards.map(({ shard }) => shard.range.from);

test('a shard is made of all its ranges and of the lookups', () => {
  const work = plan(exported());
  expect(first(work)).toEqual([1n, 21n]);
  expect(work.shards[0]?.file).toBe('images_analytical.0000000001-0000000020.parquet');
  expect(work.shards[0]?.inputs.map(({ file }) => file)).toEqual([
    'export/images/0000000001-0000000010.parquet',
    'export/images/0000000011-0000000020.parquet',
    'export/imagestopics/0000000001-0000000010.parquet',
    'export/imagestopics/0000000011-0000000020.parquet',
    'export/site/all.parquet',
  ]);
});

describe('waits for the export', () => {
  test('of what is missing, and joins the others', () => {
    const exports = exported();
    exports.delete('export/images/0000000011-0000000020.parquet');
    const work = plan(exports);
    expect(first(work)).toEqual([21n]);
    expect(work.waiting[0]?.missing).toEqual(['export/images/0000000011-0000000020.parquet']);
  });

  test('of what an older declaration made', () => {
    const exports = exported();
    exports.set('export/site/all.parquet', exportEntry('site', 'export/site/all.parquet', { hash: 'older' }));
    expect(plan(exports).waiting).toHaveLength(2);
  });
});

describe('what is joined stays', () => {
  test('as long as nothing it was made of changed', () => {
    expect(plan(exported(), joined(exported()))).toMatchObject({ shards: [], done: 2, waiting: [] });
  });

  test('a changed export file makes its own shard anew, a changed lookup all', () => {
    const shards = joined(exported());
    const exports = exported();
    const file = 'export/images/0000000021-0000000030.parquet';
    exports.set(file, exportEntry('images', file, { sha256: 'other' }));
    expect(first(plan(exports, shards))).toEqual([21n]);
    exports.set('export/site/all.parquet', exportEntry('site', 'export/site/all.parquet', { sha256: 'other' }));
    expect(first(plan(exports, shards))).toEqual([1n, 21n]);
  });

  test('the time and the run of an export do not matter', () => {
    const exports = exported();
    for (const [file, entry] of exports) exports.set(file, { ...entry, run: 'r2', time: '2025', snapshot: '2025' });
    expect(plan(exports, joined(exported())).done).toBe(2);
  });

  test('a removed shard is made again, one without rows had no file', () => {
    const shards = joined(exported());
    expect(first(plan(exported(), shards, {}, new Set()))).toEqual([1n, 21n]);
    expect(plan(exported(), joined(exported(), { rows: 0 }), {}, new Set()).done).toBe(2);
  });

  test('another join, and AGAIN=1, make it again', () => {
    expect(first(plan(exported(), joined(exported(), { hash: 'older' })))).toEqual([1n, 21n]);
    expect(first(plan(exported(), joined(exported()), { again: true }))).toEqual([1n, 21n]);
  });
});

test('RANGE= rounds out to whole shards, PART= shares shards out', () => {
  expect(first(plan(exported(), new Map(), { range: inclusiveRange(15n, 15n) }))).toEqual([1n]);
  expect(first(plan(exported(), new Map(), { range: inclusiveRange(20n, 21n) }))).toEqual([1n, 21n]);
  expect(first(plan(exported(), new Map(), { part: parsePart('2/2') }))).toEqual([21n]);
});

describe('the hash of the join', () => {
  const changed = (rest: Partial<Dataset>): string => joinHash({ ...imagesAnalytical, ...rest }, options);
  const hash = joinHash(imagesAnalytical, options);

  test('follows columns, sources and options', () => {
    const [head, ...tail] = imagesAnalytical.columns;
    expect(changed({ columns: tail })).not.toBe(hash);
    expect(changed({ columns: [{ ...(head as Column), sql: 'images.image_id + 0' }, ...tail] })).not.toBe(hash);
    expect(changed({ sources: imagesAnalytical.sources.slice(0, -1) })).not.toBe(hash);
    expect(joinHash(imagesAnalytical, { hands: 'mysql' })).not.toBe(hash);
  });

  test('does not follow what only the target has', () => {
    expect(changed({ table: { ...imagesAnalytical.table, partitionBy: '', orderBy: ['image_id'] } })).toBe(hash);
    expect(changed({ columns: imagesAnalytical.columns.map((one) => ({ ...one, unknown: '7' })) })).toBe(hash);
    expect(changed({ oddities: [] })).toBe(hash);
  });
});

describe('options in force', () => {
  const mongo = plannedSource('mongo_hand_landmarks', { engine: 'mongo' });
  const withMongo = testPlan({ sources: [...testPlan().sources, mongo] });

  test('what was asked for, else the default; without MongoDB its other value (rule 5)', () => {
    expect(optionsInForce(imagesAnalytical, withMongo, {})).toEqual({ hands: 'either' });
    expect(optionsInForce(imagesAnalytical, withMongo, { hands: 'mongo' })).toEqual({ hands: 'mongo' });
    expect(optionsInForce(imagesAnalytical, testPlan(), {})).toEqual({ hands: 'mysql' });
    expect(optionsInForce(imagesAnalytical, testPlan(), { hands: 'mongo' })).toEqual({ hands: 'mysql' });
  });

  test('an unknown value is wrong usage', () => {
    const wrong = expect.objectContaining({ code: 'OPTION_VALUE', exit: 2 }) as Error;
    expect(() => optionsInForce(imagesAnalytical, withMongo, { hands: 'both' })).toThrow(wrong);
    expect(() => optionsInForce(imagesAnalytical, testPlan(), { hands: 'both' })).toThrow('HANDS=both');
  });
});

test('export files of current shards are not missed: a lookup is, until all shards are', () => {
  const exports = exported();
  const shards = joined(exports);
  const all = new Set(exports.keys());
  expect(joinedExports(layout, testPlan(), plan(exports, shards))).toEqual(all);
  const [, second = ''] = [...shards.keys()];
  shards.delete(second);
  const some = joinedExports(layout, testPlan(), plan(exports, shards));
  const needed = [...all].filter((file) => /\/all|0021|0031-/.test(file));
  expect(needed.length).toBe(5);
  expect(some).toEqual(new Set([...all].filter((file) => !needed.includes(file))));
});
