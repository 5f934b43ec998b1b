import { describe, expect, test } from 'vitest';
import { inclusiveRange, parsePart } from '../../../src/core/ranges.js';
import type { ExportEntry } from '../../../src/manifest/entries.js';
import { exportFile } from '../../../src/manifest/layout.js';
import { plannedRanges } from '../../../src/manifest/plan-file.js';
import type { Context } from '../../../src/pipeline/context.js';
import { type ExportWork, planExport } from '../../../src/pipeline/export-plan.js';
import { exportEntry, plannedSource, testContext, testPlan } from '../support.js';

/** A manifest in which everything of the plan is exported, but what `without` names. */
function manifestOf(without: (entry: ExportEntry) => boolean = () => false): Map<string, ExportEntry> {
  const plan = testPlan();
  const { layout } = testContext();
  const entries = plan.sources.flatMap(({ name, role }) =>
    (role === 'lookup' ? [undefined] : plannedRanges(plan).map(({ range }) => range)).map((range) =>
      exportEntry(name, exportFile(layout, name, range), range === undefined ? { first: null, last: null } : {}),
    ),
  );
  return new Map(entries.filter((entry) => !without(entry)).map((entry) => [entry.file, entry]));
}

function plan(
  manifest: ReadonlyMap<string, ExportEntry>,
  rest: Partial<Context> = {},
  only?: readonly string[],
  present: ReadonlySet<string> = new Set(manifest.keys()),
): ExportWork {
  return planExport(testContext(rest), testPlan(), manifest, present, only);
}

const shape = (work: ExportWork): object => ({
  lookups: work.lookups.map(({ name }) => name),
  ranges: work.ranges.map(({ range, sources }) => `${range.from}:${sources.map(({ name }) => name)}`),
  onePass: work.onePass.map(({ source, ranges }) => `${source.name}:${ranges.map(({ from }) => from)}`),
});
const nothing = { lookups: [], ranges: [], onePass: [] };

test('nothing exported: everything, a source without an index once for all ranges', () => {
  const work = plan(new Map());
  expect(shape(work)).toEqual({
    lookups: ['site'],
    ranges: ['1:images', '11:images', '21:images', '31:images'],
    onePass: ['imagestopics:1,11,21,31'],
  });
  expect(work.done).toBe(0);
});

test('everything exported: nothing', () => {
  const work = plan(manifestOf());
  expect(shape(work)).toEqual(nothing);
  expect(work.done).toBe(9);
});

describe('is made again', () => {
  const file = 'export/images/0000000011-0000000020.parquet';

  test('what the manifest lacks', () => {
    expect(shape(plan(manifestOf((entry) => entry.file === file)))).toEqual({ ...nothing, ranges: ['11:images'] });
  });

  test('what was removed from the folder', () => {
    const manifest = manifestOf();
    const present = new Set([...manifest.keys()].filter((name) => name !== file));
    expect(shape(plan(manifest, {}, undefined, present))).toEqual({ ...nothing, ranges: ['11:images'] });
  });

  test('but not a range without rows: it never had a file (fault 33)', () => {
    const manifest = manifestOf();
    manifest.set(file, exportEntry('images', file, { rows: 0, bytes: 0, sha256: '' }));
    const present = new Set([...manifest.keys()].filter((name) => name !== file));
    expect(shape(plan(manifest, {}, undefined, present))).toEqual(nothing);
  });

  test('what another declaration of its source made', () => {
    const manifest = manifestOf();
    manifest.set(file, exportEntry('images', file, { hash: 'older' }));
    expect(shape(plan(manifest))).toEqual({ ...nothing, ranges: ['11:images'] });
  });

  test('everything with AGAIN=1', () => {
    const work = plan(manifestOf(), { again: true });
    expect(work.ranges).toHaveLength(4);
    expect(work.lookups).toHaveLength(1);
    expect(work.done).toBe(0);
  });
});

describe('a table that is read in one pass although it has an index', () => {
  const bounds = Array.from({ length: 100 }, (_, index) => String(index * 10 + 1));
  const source = plannedSource('encodings', { access: 'one-pass', index: 'image_id' });
  const wide = testPlan({
    sources: [source],
    generations: [{ generation: 1, planned: '', bounds, end: '1001', rows: 1000 }],
  });
  const work = (missing: number, rest: Partial<Context> = {}): object => {
    const { layout } = testContext();
    const files = plannedRanges(wide).map(({ range }) => exportFile(layout, source.name, range));
    const there = files.slice(missing).map((file) => [file, exportEntry(source.name, file)] as const);
    return shape(planExport(testContext(rest), wide, new Map(there), new Set(files.slice(missing)), undefined));
  };

  test('is read by range where few of its ranges are missing', () => {
    expect(work(2)).toEqual({ ...nothing, ranges: ['1:encodings', '11:encodings'] });
    expect(work(100, { range: inclusiveRange(1n, 15n) })).toEqual({
      ...nothing,
      ranges: ['1:encodings', '11:encodings'],
    });
  });

  test('and in one pass for many', () => {
    expect(work(10)).toEqual({ ...nothing, onePass: ['encodings:1,11,21,31,41,51,61,71,81,91'] });
  });
});

describe('a part of the job', () => {
  test('RANGE= takes the whole ranges that it touches', () => {
    expect(shape(plan(new Map(), { range: inclusiveRange(20n, 21n) }))).toEqual({
      lookups: ['site'],
      ranges: ['11:images', '21:images'],
      onePass: ['imagestopics:11,21'],
    });
  });

  test('SOURCES= takes these sources', () => {
    expect(shape(plan(new Map(), {}, ['imagestopics']))).toEqual({ ...nothing, onePass: ['imagestopics:1,11,21,31'] });
  });

  test('PART= shares the ranges out; lookups and whole tables are the first part’s', () => {
    const parts = ['1/2', '2/2'].map((text) => shape(plan(new Map(), { part: parsePart(text) })));
    expect(parts).toEqual([
      { lookups: ['site'], ranges: ['1:images', '21:images'], onePass: ['imagestopics:1,11,21,31'] },
      { ...nothing, ranges: ['11:images', '31:images'] },
    ]);
  });

  test('and what counts as done is of that part', () => {
    expect(plan(manifestOf(), { range: inclusiveRange(1n, 10n) }, ['images']).done).toBe(1);
  });
});

test('a plan of several generations goes on behind its last range', () => {
  const generation = { planned: '', rows: 10 };
  const grown = testPlan({
    sources: [plannedSource('images', { role: 'driving' })],
    generations: [
      { ...generation, generation: 1, bounds: ['1', '11'], end: '15' },
      { ...generation, generation: 2, bounds: ['15'], end: '21' },
    ],
  });
  const ranges = plannedRanges(grown);
  expect(ranges.map(({ range, shard }) => [range.from, range.to, shard])).toEqual([
    [1n, 11n, 0],
    [11n, 15n, 0],
    [15n, 21n, 1],
  ]);
});
