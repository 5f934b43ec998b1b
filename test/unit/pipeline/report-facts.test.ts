import { beforeAll, describe, expect, test } from 'vitest';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { layoutOf } from '../../../src/manifest/layout.js';
import { appendLedger } from '../../../src/manifest/ledger.js';
import { ManifestWriter } from '../../../src/manifest/manifest.js';
import { writePlan } from '../../../src/manifest/plan-file.js';
import { type ReportInput, reportFacts } from '../../../src/pipeline/report-facts.js';
import { awayTarget, type LiveSide } from '../../../src/pipeline/report-target.js';
import { exportEntry, ledgerEntry, scratchFolder, shardEntry, testContext, testPlan } from '../support.js';

const layout = layoutOf(scratchFolder(), imagesAnalytical.name, 10);
const away = awayTarget('box', 'it is away');
const facts = (rest: Partial<ReportInput> = {}) =>
  reportFacts({
    ...{ context: testContext({ layout }), joined: imagesAnalytical, side: away, settings: [], versions: [], made: '' },
    engine: async () => {
      throw new Error('no file is there that could be asked');
    },
    verified: async () => undefined,
    words: (name) => `words of ${name}`,
    ...rest,
  });

const column = (name: string, nulls: number) => ({ name, nulls, min: null, max: null, hash: '0', nullHash: '0' });
const odd = (count: number, example: string | null) => ({ count, example });
const shards = [
  shardEntry(1, 20, {
    columns: [column('image_id', 0), column('gender_id', 3), column('mongo_left_hand', 10)],
    oddities: { ethnicity_words_unknown: odd(2, '7'), 'duplicates:imagestopics': odd(5, null) },
    rejects: { rows: 1, values: 2, file: 'rejects/none.parquet', sha256: 'r', columns: { width: 1, height: 1 } },
  }),
  shardEntry(21, 40, {
    columns: [column('image_id', 0), column('gender_id', 1), column('mongo_left_hand', 10)],
    oddities: { ethnicity_words_unknown: odd(2, '7'), 'duplicates:imagestopics': odd(6, '25') },
  }),
];
const [first] = shards;

beforeAll(async () => {
  await expect(facts()).rejects.toMatchObject({ code: 'NOTHING_YET', exit: 10 });
  await writePlan(layout, testPlan());
  const exports = new ManifestWriter(`${layout.root}/export`, 'a');
  for (const at of [1, 11]) {
    const file = `export/images/${String(at).padStart(10, '0')}-${String(at + 9).padStart(10, '0')}.parquet`;
    await exports.append(exportEntry('images', file, { first: String(at), last: String(at + 9) }));
  }
  const manifest = new ManifestWriter(layout.shards, 'a');
  for (const shard of shards) await manifest.append(shard);
  const time = (second: number) => ({ time: `2024-01-01T00:00:0${second}.000Z` });
  await appendLedger(layout, 'box', ledgerEntry('started', 1_700_000_000, first, time(1)));
  await appendLedger(layout, 'box', ledgerEntry('inserted', 1_700_000_000, first, time(3)));
});

describe('the facts of the report', () => {
  test('are sums over the manifests, and no file is opened that is not there', async () => {
    const { sources, shards: sums, rejects, partitions, work } = await facts();
    expect(sources.map(({ name, files, rows, bytes }) => [name, files, rows, bytes])).toEqual([
      ['images', 2, 20, 200],
      ['imagestopics', 0, 0, 0],
      ['site', 0, 0, 0],
    ]);
    expect(sums).toMatchObject({ shards: 2, rows: 20, bytes: 200, driving: 20 });
    expect(rejects).toMatchObject({ rows: 1, values: 2, kinds: [] });
    expect(rejects.note).toBe('1 of 1 files of rejects are not in shards/rejects/.');
    expect(partitions).toMatchObject({ from: 'nowhere', groups: [] });
    expect(work.map(({ units }) => units.length)).toEqual([2, 2, 1]);
  });

  test('what every shard counts of a lookup is counted once, the rest is added up', async () => {
    expect((await facts()).oddities).toEqual([
      { name: 'duplicates:imagestopics', what: 'words of duplicates:imagestopics', count: 11, example: '25' },
      { name: 'ethnicity_words_unknown', what: 'words of ethnicity_words_unknown', count: 2, example: '7' },
    ]);
  });

  test('what becomes of a NULL follows from the live table, else from the declaration', async () => {
    const becomes = async (side: LiveSide) =>
      (await facts({ side })).shards.columns.map(({ name, nulls, rows, becomes: to }) => [name, nulls, rows, to]);
    expect(await becomes(away)).toEqual([
      ['image_id', 0, 20, 'unknown'],
      ['gender_id', 4, 20, 'unknown'],
      ['mongo_left_hand', 20, 20, 'absent'],
    ]);
    const live = {
      ...{ database: 'd', table: 't', uuid: 'u1', engine: 'MergeTree', partitionKey: '', sortingKey: '', zone: 'UTC' },
      columns: ['image_id UInt32', 'gender_id Nullable(UInt8)'].map((text) => {
        const [name = '', type = ''] = text.split(' ');
        return { name, type, defaultKind: '' };
      }),
    };
    expect((await becomes({ ...away, live })).map((row) => row[3])).toEqual(['unknown', 'null', 'absent']);
  });

  test('a target is told by its ledger, and by a verify of the same table and the same files', async () => {
    const after = '2024-01-02T00:00:00.000Z';
    const run =
      (uuid: string, sha256: string, time = after) =>
      async () => ({
        ...{ format: 1 as const, target: 'box', run: 'r', time: '2024-01-02T00:00:00.000Z', uuid },
        shards: [{ shard: first?.file ?? '', sha256, read: 9, problems: ['a row is missing'], time }],
      });
    const [box] = (await facts()).targets;
    expect(box).toMatchObject({ name: 'box', table: 'db.t', loaded: 1, shards: 2, rows: 10, version: 1_700_000_000 });
    expect(box).toMatchObject({ last: '2024-01-01T00:00:03.000Z', verified: null });
    const [verified] = (await facts({ verified: run('u1', 'sha-a') })).targets;
    expect(verified).toMatchObject({
      ...{ verified: { whole: 0, different: 1, shards: 2 }, different: [{ problems: ['a row is missing'] }] },
    });
    const [older] = (await facts({ verified: run('u1', 'before') })).targets;
    expect(older).toMatchObject({ verified: { whole: 0, different: 0 }, different: [] });
    // Loaded again since.
    const [stale] = (await facts({ verified: run('u1', 'sha-a', '2024-01-01T00:00:02.000Z') })).targets;
    expect(stale).toMatchObject({ verified: { whole: 0, different: 0 }, different: [] });
    const [another] = (await facts({ verified: run('u2', 'sha-a') })).targets;
    expect(another).toMatchObject({ verified: null });
  });
});
