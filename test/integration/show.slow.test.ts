import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleEvent } from '../../src/core/sample-event.js';
import type { ShowEvent } from '../../src/core/show-event.js';
import { openEngine } from '../../src/sql/engine.js';
import { screenWidth } from '../../stages/readable-cell.js';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, inData, migrate, onServer } from '../support/migration.js';

const database = 'show_places';
const images = 600;
/** Rows and events of one run of `show` or `verify`. */
const events = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

let env: Env & { DATA_DIR: string };
let server: Connection;
let mongo: MongoClient;
let ids: number[];
let rejectedIds: number[];

async function show(id: number | string, more: Env = {}): Promise<{ exit: number | null; shown: ShowEvent }> {
  const { exit, stdout } = await runCli('show', { ...env, JSON: '1', ID: String(id), ...more });
  return { exit, shown: events(stdout).find(({ event }) => event === 'show') as unknown as ShowEvent };
}

/** What a person sees at 80 columns, with the lines that were broken put together. */
async function screen(id: number, more: Env = {}): Promise<{ exit: number | null; text: string }> {
  const { exit, stdout } = await runCli('show', { ...env, ID: String(id), ...more });
  const long = stdout.split('\n').filter((line) => screenWidth(line) > 80 && !line.startsWith('show images'));
  expect(long).toEqual([]);
  return { exit, text: stdout.replaceAll(/\n {2,8}(?=\S)/g, ' ') };
}

/** All ids are in the sample: what was planted is found or missed, and luck has no part in it. */
async function sample(more: Env = {}): Promise<SampleEvent> {
  const { stdout } = await runCli('verify', { ...env, JSON: '1', SAMPLE: '5000', ...more });
  return events(stdout).find(({ event }) => event === 'sample') as unknown as SampleEvent;
}

const field = (shown: ShowEvent, source: string, name: string) =>
  shown.sources.find((one) => one.source === source)?.fields.find((one) => one.name === name);
/** What the sample has to find: id, where it is wrong, columns. */
const planted: (readonly [id: number, where: string, columns: readonly string[]])[] = [];
const column = (shown: ShowEvent, name: string) => shown.columns.find((one) => one.name === name);
const target = (sql: string): Promise<string> =>
  onServer('26.7', sql.replaceAll('{t}', `${database}.images_analytical`));

beforeAll(async () => {
  const source = await fillSources(database, { images, badValues: true, months: 6 });
  env = {
    ...source.env,
    ...boxEnv('26.7', database),
    RANGE_ROWS: '200',
    SHARD_ROWS: '400',
    DATA_DIR: dataFolder(database),
  };
  await target('DROP DATABASE IF EXISTS show_places SYNC');
  server = await mysql.createConnection({ uri: env.MYSQL_URL ?? '', charset: 'utf8mb4' });
  mongo = await MongoClient.connect(env.MONGO_URL ?? '');
  await migrate(env);
  const [rows] = await server.query<RowDataPacket[]>('SELECT image_id FROM Images ORDER BY image_id');
  const loaded = new Set((await target('SELECT image_id FROM {t}')).split('\n').map(Number));
  ids = rows.map(({ image_id }) => Number(image_id)).filter((id) => loaded.has(id));
  rejectedIds = rows.map(({ image_id }) => Number(image_id)).filter((id) => !loaded.has(id));
});
afterAll(async () => {
  await server.end();
  await mongo.close();
});

/** An id that no other test touches. */
const take = (): number => ids.splice(Math.floor(ids.length / 2), 1)[0] ?? 0;

describe('nothing is wrong', () => {
  it('a key is the same at all its places, with the values that the servers have', async () => {
    const id = take();
    const { exit, shown } = await show(id);
    const [[row]] = await server.query<RowDataPacket[]>(`SELECT caption, gender_id FROM Images WHERE image_id = ${id}`);
    expect([exit, shown.agree, shown.problems]).toEqual([0, true, []]);
    const caption = row?.caption as string | null;
    expect(field(shown, 'images', 'caption')).toMatchObject({ server: [caption], file: [caption], differs: false });
    expect(column(shown, 'caption')).toMatchObject({ files: caption, shard: caption, target: caption ?? '' });
    const gender = row?.gender_id === null ? null : String(row?.gender_id);
    expect(column(shown, 'gender_id')).toMatchObject({ shard: gender, target: gender ?? '0', unknown: '0' });
    expect(existsSync(join(inData(env.DATA_DIR), 'shards', shown.shard.where))).toBe(true);
  });

  it('random ids are as they should be, rejected ones are not there, and a seed is kept', async () => {
    const { exit, stdout } = await runCli('verify', { ...env, SAMPLE: '40', SEED: '7' });
    expect(exit).toBe(3);
    expect(stdout).toMatch(/40 ids \(2 of them rejected\) compared with MySQL and MongoDB: equal \(SEED=7\)/);
  });

  it('a rejected key says its column, value and reason', async () => {
    const { exit, text } = await screen(rejectedIds[0] ?? 0);
    expect([exit, text]).toEqual([
      0,
      expect.stringContaining('rejected: site_name_id = 256, which does not fit UInt8'),
    ]);
    expect(text).toContain(`show: image_id ${rejectedIds[0]}: its places agree`);
  });

  it('an id that is nowhere says so', async () => {
    const { exit, text } = await screen(2_000_000_000);
    expect([exit, text]).toEqual([0, expect.stringContaining('beyond the plan, which ends at')]);
  });
});

const since = 'changed at the source since';
const atTarget = 'the target is not as its shard';
/** The problem, with the load that mends it. */
const withLoad = (problem: string) =>
  expect.stringMatching(new RegExp(`^${problem}make load AGAIN=1 RANGE=\\d+-\\d+ TARGET=box$`));

describe('one place is wrong: show marks it, the sample finds it and says where', () => {
  it('a row that changed at MySQL after the export', async () => {
    const id = take();
    await server.query(`UPDATE Images SET caption = 'other 漢' WHERE image_id = ${id}`);
    const { exit, shown } = await show(id);
    expect([exit, field(shown, 'images', 'caption')]).toMatchObject([3, { server: ['other 漢'], differs: true }]);
    const mend = 'make export AGAIN=1 SOURCES=images RANGE=\\d+-\\d+, then make join and make load TARGET=box$';
    const problem = new RegExp(`^images: changed at the source since its export of 20.*: ${mend}`);
    expect(shown.problems).toEqual([expect.stringMatching(problem)]);
    expect(column(shown, 'caption')?.differs).toBe(false);
    planted.push([id, since, ['caption']]);
  });

  it('detections that came after the export, a Mongo document that changed', async () => {
    const id = take();
    await server.query(`INSERT INTO Detections (image_id, class_id, obj_no, bbox, conf)
      SELECT ${id}, 99, n, '{}', 0.5 FROM (SELECT 101 AS n UNION SELECT 102) AS two`);
    const hands = mongo.db(database).collection('hand_landmarks');
    await hands.deleteMany({ image_id: id });
    await hands.insertOne({ image_id: id, left_hand: { a: [1] } });
    const { exit, shown } = await show(id);
    expect(exit).toBe(3);
    expect(shown.sources.flatMap(({ source, changed }) => (changed ? [source] : []))).toContain('detections');
    expect(field(shown, 'mongo_hand_landmarks', 'left_hand')?.server).toEqual(['true']);
    planted.push([id, since, ['detection_count', 'detection_classes']]);
  });

  it('a value that was changed at the target, and a list', async () => {
    const id = take();
    await target(
      `ALTER TABLE {t} UPDATE caption = 'planted', keyword_ids = [4294967295] WHERE image_id = ${id} SETTINGS mutations_sync = 2`,
    );
    const { exit, shown } = await show(id);
    expect([exit, column(shown, 'caption')]).toMatchObject([3, { target: 'planted', differs: true }]);
    expect(column(shown, 'keyword_ids')).toMatchObject({ target: ['4294967295'], differs: true });
    expect(shown.problems).toEqual([withLoad('the target differs from the shard in keyword_ids, caption: ')]);
    planted.push([id, atTarget, ['caption', 'keyword_ids']]);
  });

  it('a row that is missing at the target', async () => {
    const id = take();
    await target(`DELETE FROM {t} WHERE image_id = ${id}`);
    const { exit, shown } = await show(id);
    const problem = withLoad('the shard was loaded, and the row is not at the target: ');
    expect([exit, shown.target.rows, shown.problems]).toEqual([3, 0, [problem]]);
    planted.push([id, atTarget, ['(row)']]);
  });

  it('an old row beside its new version, which a reader sees too', async () => {
    const id = take();
    const old = 'not has_face AS has_face, toDateTime(1000000000) AS updated_at';
    await target(`INSERT INTO {t} SELECT * REPLACE (${old}) FROM {t} WHERE image_id = ${id}`);
    const { exit, text } = await screen(id);
    expect([exit, text]).toEqual([3, expect.stringContaining('2 as read of 2 stored (2001-09-09 01:46:40, ')]);
    expect(text).toMatch(
      /≠ a reader of the target sees 2 rows; .* may go: make load AGAIN=1 REPLACE=1 RANGE=\d+-\d+ TARGET=box\n/,
    );
    expect(text).not.toContain('the target differs from the shard');
    planted.push([id, atTarget, ['(row)']]);
  });

  it('a row of a rejected key at the target, and one that is gone at the source', async () => {
    const [, rejected = 0] = rejectedIds;
    const gone = take();
    await target(
      `INSERT INTO {t} SELECT * REPLACE (toUInt32(${rejected}) AS image_id) FROM {t} WHERE {t}.image_id = ${ids[0]} SETTINGS prefer_column_name_to_alias = 1`,
    );
    await server.query('SET foreign_key_checks = 0');
    await server.query(`DELETE FROM Images WHERE image_id = ${gone}`);
    const problem = withLoad('the row is at the target and not in the shard, where it was rejected: ');
    expect((await show(rejected)).shown.problems).toEqual([problem]);
    expect((await show(gone)).shown.problems).toEqual([
      expect.stringMatching(/^images: its rows are gone at the source/),
    ]);
    planted.push([rejected, atTarget, ['(row)']], [gone, since, ['(row)']]);
  });

  it('an export file with another value, which is no longer the one that was written', async () => {
    const id = take();
    const file = readdirSync(join(inData(env.DATA_DIR), 'export', 'images')).sort()[1] ?? '';
    const path = join(inData(env.DATA_DIR), 'export', 'images', file);
    const engine = await openEngine({ memoryMb: 256, threads: 1, spillDir: `${env.DATA_DIR}-x` });
    const caption = `CASE WHEN image_id = ${id} THEN 'in the file' ELSE caption END AS caption`;
    await engine.run(
      `COPY (SELECT * REPLACE (${caption}) FROM read_parquet('${path}')) TO '${path}.new' (FORMAT parquet)`,
    );
    engine.close();
    renameSync(path, `${path}.good`);
    renameSync(`${path}.new`, path);
    const { exit, shown } = await show(id);
    renameSync(`${path}.good`, path);
    expect([exit, field(shown, 'images', 'caption')]).toMatchObject([3, { file: ['in the file'], differs: true }]);
    const again = `export/images/${file} is not the file that was written: make export AGAIN=1 SOURCES=images RANGE=`;
    expect(shown.problems).toEqual([
      expect.stringContaining(again),
      expect.stringMatching(/^the shard differs from its export files in caption: make join AGAIN=1 RANGE=/),
    ]);
  });

  it('the sample finds all of them, each where it is, and nothing else', async () => {
    const { differences, different, keys, rejected } = await sample();
    expect([keys, rejected]).toEqual([images, rejectedIds.length]);
    for (const [id, where, columns] of planted) {
      const found = differences.filter(({ key }) => key === String(id));
      expect(found.map((one) => one.column)).toEqual(expect.arrayContaining([...columns]));
      expect([id, [...new Set(found.map((one) => one.where))]]).toEqual([id, [where]]);
    }
    expect(different).toBe(planted.length);
  });
});

describe('a place is not there', () => {
  it('servers that are away or not configured are a line', async () => {
    const { MONGO_URL: _mongo, ...rest } = env;
    const away = { MYSQL_URL: 'mysql://u:hidden-word@127.0.0.1:1/x', BOX_URL: 'http://127.0.0.1:1', ID: `${take()}` };
    const { exit, stdout } = await runCli('show', { ...rest, ...away });
    const text = stdout.replaceAll(/\s+/g, ' ');
    expect([exit, text]).toEqual([
      0,
      expect.stringMatching(
        /MySQL is away: .*MONGO_URL is not set.*target box: query fai.*: what could be asked agrees; not asked: box, \d+ sources at their servers $/,
      ),
    ]);
    expect(stdout).not.toContain('hidden-word');
  });

  it('two rows of a key that no shard has, and an older one that no reader sees', async () => {
    const [twice, hidden] = [4_000_000_000, 4_000_000_001];
    const row = (id: number, rest: string): Promise<string> =>
      target(
        `INSERT INTO {t} SELECT * REPLACE (toUInt32(${id}) AS image_id, ${rest}) FROM {t} WHERE {t}.image_id = ${ids[0]} SETTINGS prefer_column_name_to_alias = 1`,
      );
    await target('SYSTEM STOP MERGES {t}');
    for (const face of ['1', '0']) await row(twice, `${face} AS has_face`);
    for (const second of ['1', '2']) await row(hidden, `toDateTime(100000000${second}) AS updated_at`);
    const [one, two] = [await show(twice), await show(hidden)];
    await target('SYSTEM START MERGES {t}');
    await target(`ALTER TABLE {t} DELETE WHERE image_id >= ${twice} SETTINGS mutations_sync = 2`);
    expect([one.exit, one.shown.problems]).toEqual([
      3,
      [expect.stringMatching(/^a reader of the target sees 2 rows, and no/)],
    ]);
    expect([two.exit, two.shown.problems]).toEqual([
      3,
      [expect.stringMatching(/^1 older row .*: make optimize TARGET=box$/)],
    ]);
  });

  it.each([
    ['', 'ID_MISSING'],
    ['99999999999999999999', 'ID_SYNTAX'],
  ])('ID=%s is refused with an example', async (ID, code) => {
    const result = await runCli('show', { ...env, ID });
    expect([result.exit, result.stderr]).toEqual([2, expect.stringMatching(`make show ID=12345\\n  code: ${code}`)]);
  });

  it('nothing at all ends with 10 and the next command, and makes nothing', async () => {
    const folder = dataFolder('show_nothing');
    const result = await runCli('show', { DATA_DIR: folder, ID: '1' });
    expect([result.exit, result.stderr]).toEqual([10, expect.stringMatching(/make export/)]);
    expect(existsSync(folder)).toBe(false);
  });

  it('a key that is not exported, not joined and not loaded yet', async () => {
    const part = { DATA_DIR: dataFolder('show_part'), BOX_DATABASE: 'show_part' };
    await mustRun('export', { ...env, ...part, RANGE: '1-10' });
    const { exit, text } = await screen(ids.at(-1) ?? 0, part);
    expect([exit, text]).toEqual([
      0,
      expect.stringMatching(/images, .*: not exported yet, range \d+-\d+: make export/),
    ]);
    expect(text).toMatch(/shard +not joined yet, range \d+-\d+: make join/);
    expect(text).toContain('target  box: there is no table show_part.images_analytical at ');
  });
});
