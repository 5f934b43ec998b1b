import { appendFileSync, cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, inData, type Migration, onServer } from '../support/migration.js';
import { casesOf, slowIt } from '../support/suite.js';

const images = 1500;
let source: Migration;
let server: Connection;
let whole: string;
/** First and last key of each shard. */
let shards: { first: number; last: number }[];

type Version = '26.7' | '25.8';
interface Loaded {
  readonly env: Env & { DATA_DIR: string };
  readonly table: string;
  ask(sql: string): Promise<string>;
}

/** A copy of the data folder, loaded into a target of its own. `ddl` changes the table's CREATE. */
async function loaded(name: string, version: Version, ddl?: (text: string) => string): Promise<Loaded> {
  const database = `verify_${name}`;
  const folder = dataFolder(database);
  cpSync(whole, folder, { recursive: true });
  const env = { ...source.env, ...boxEnv(version, database), CREATE: '1', DATA_DIR: folder };
  await onServer(version, `DROP DATABASE IF EXISTS ${database} SYNC`);
  const table = `${database}.images_analytical`;
  if (ddl !== undefined) {
    await mustRun('load', env);
    const made = await onServer(version, `SHOW CREATE TABLE ${table} FORMAT TSVRaw`);
    await onServer(version, `DROP TABLE ${table} SYNC`);
    await onServer(version, ddl(made));
    rmSync(join(inData(folder), 'load'), { recursive: true });
  }
  await mustRun('load', env);
  return { env, table, ask: (sql) => onServer(version, sql.replaceAll('{t}', table)) };
}

beforeAll(async () => {
  source = await fillSources('verify', { images, months: 12 });
  server = await mysql.createConnection({ uri: source.env.MYSQL_URL ?? '' });
  whole = dataFolder('verify_whole');
  for (const command of ['export', 'join']) {
    await mustRun(command, { ...source.env, RANGE_ROWS: '100', SHARD_ROWS: '300', DATA_DIR: whole });
  }
  const plan = JSON.parse(readFileSync(join(inData(whole), 'plan.json'), 'utf8'));
  const { bounds, end } = plan.generations[0] as { bounds: string[]; end: string };
  shards = bounds.flatMap((from, at) => {
    return at % 3 === 0 ? [{ first: Number(from), last: Number(bounds[at + 3] ?? end) - 1 }] : [];
  });
});
afterAll(() => server.end());

const rangeOf = (shard: number): string => `${shards[shard]?.first}-${shards[shard]?.last}`;
/** The id of the n-th image of a shard. */
async function idOf(shard: number, place: number): Promise<number> {
  const sql = 'SELECT image_id FROM Images WHERE image_id BETWEEN ? AND ? ORDER BY image_id LIMIT 1 OFFSET ?';
  const [[row]] = await server.query<RowDataPacket[]>(sql, [shards[shard]?.first, shards[shard]?.last, place]);
  return Number(row?.image_id);
}

/** The lines of an output about one shard. */
const about = ({ stdout }: CliResult, shard: number): string[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith(`  ${rangeOf(shard)}: `))
    .map((line) => line.trim());
/** The commands that an output names below a title. */
function commands({ stdout }: CliResult, title: string): string[] {
  const lines = stdout.split('\n');
  const begin = lines.indexOf(title);
  const rest = begin < 0 ? [] : lines.slice(begin + 1);
  const end = rest.findIndex((line) => !line.startsWith('  '));
  return rest.slice(0, end).map((line) => line.trim());
}
async function type(command: string, env: Env): Promise<void> {
  const [, stage = '', ...knobs] = command.split(' ');
  await mustRun(stage, { ...env, ...Object.fromEntries(knobs.map((knob) => knob.split('='))) });
}
const events = ({ stdout }: CliResult): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
const replaceTitle = 'to mend it, if the rows that this data folder did not load may go:';
const atOnce = 'SETTINGS mutations_sync = 2';

describe.each(casesOf<Version>(['26.7'], ['25.8']))('faults planted in a table of ClickHouse %s', (version) => {
  let target: Loaded;
  const ids: Record<string, number> = {};

  beforeAll(async () => {
    target = await loaded(`faults_${version.replace('.', '')}`, version);
  });

  it('a clean table has no difference, and what was found is kept', async () => {
    const said = await mustRun('verify', target.env);
    expect(said).toMatch(/verify: 1,500 rows in 5 shards, no difference in 61 columns\.\n$/);
    const kept = JSON.parse(readFileSync(join(inData(target.env.DATA_DIR), 'load', 'box.verify.json'), 'utf8'));
    expect(kept).toMatchObject({ format: 1, target: 'box', run: expect.any(String) });
    expect(kept.shards.map(({ read, problems }: { read: number; problems: string[] }) => [read, problems])).toEqual(
      shards.map(() => [300, []]),
    );
    // A load that comes to its end while a verify looks is newer than what it found.
    expect(kept.shards.filter(({ time }: { time: string }) => time >= kept.time)).toEqual([]);
  });

  it('are found and located, without the source', async () => {
    const { ask, env } = target;
    ids.changed = await idOf(0, 7);
    ids.missing = await idOf(2, 9);
    ids.twice = await idOf(3, 4);
    ids.moved = await idOf(3, 200);
    ids.newer = await idOf(4, 5);
    ids.older = await idOf(4, 6);
    await ask(`ALTER TABLE {t} UPDATE width = width + 1 WHERE image_id = ${ids.changed} ${atOnce}`);
    const captions =
      await ask(`SELECT image_id, caption FROM {t} WHERE image_id BETWEEN ${shards[1]?.first} AND ${shards[1]?.last}
      AND caption != '' ORDER BY image_id LIMIT 1 BY caption LIMIT 2 FORMAT JSONCompact`);
    const [[one, first], [two, second]] = JSON.parse(captions).data as [[number, string], [number, string]];
    [ids.swapped, ids.with] = [one, two];
    const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
    await ask(`ALTER TABLE {t} UPDATE caption = if(image_id = ${one}, ${quoted(second)}, ${quoted(first)})
      WHERE image_id IN (${one}, ${two}) ${atOnce}`);
    await ask(`DELETE FROM {t} WHERE image_id = ${ids.missing} SETTINGS lightweight_deletes_sync = 2`);
    // A merge would take one of two versions away.
    await ask('SYSTEM STOP MERGES {t}');
    // A second row of the same key: beside it in its partition, in another partition, of a newer and of an older version.
    const again = (id: number | undefined, change: string): Promise<string> =>
      ask(`INSERT INTO {t} SELECT * REPLACE(${change}) FROM {t} WHERE image_id = ${id}`);
    await again(ids.twice, 'NOT has_face AS has_face');
    await again(ids.moved, 'upload_date + INTERVAL 1 MONTH AS upload_date');
    await again(ids.newer, "updated_at + 5 AS updated_at, 'newer' AS caption");
    await again(ids.older, "updated_at - 5 AS updated_at, 'older' AS caption");

    // No server of the source is named.
    const { MYSQL_URL: _mysql, MONGO_URL: _mongo, ...alone } = env;
    const found = await runCli('verify', alone);
    expect(found.exit).toBe(3);
    expect(about(found, 0)).toEqual([
      `${rangeOf(0)}: the target differs from the shard in 1 column (width: some values)`,
    ]);
    expect(about(found, 1)).toEqual([
      `${rangeOf(1)}: the target differs from the shard in 1 column (caption: some values)`,
    ]);
    expect(about(found, 2)).toEqual([`${rangeOf(2)}: a reader of the target sees 1 row less than the shard has`]);
    expect(about(found, 3)).toEqual([`${rangeOf(3)}: a reader of the target sees 2 rows more than the shard has`]);
    expect(about(found, 4)).toEqual([
      `${rangeOf(4)}: 2 rows stored that FINAL hides`,
      `${rangeOf(4)}: 2 rows that this data folder did not load (key ${Math.min(ids.newer, ids.older)})`,
      `${rangeOf(4)}: the target differs from the shard in 1 column (caption: some values)`,
    ]);
    expect(found.stdout).toMatch(/verify: 5 of 5 shards DIFFER\.\n$/);
    const upTo = (shard: number): string => `RANGE=${shards[0]?.first}-${shards[shard]?.last} TARGET=box`;
    expect(commands(found, 'to see which rows:')).toEqual([`make verify DEEP=1 ${upTo(4)}`]);
    expect(commands(found, 'to mend it:')).toEqual([`make load AGAIN=1 ${upTo(3)}`]);
    expect(commands(found, replaceTitle)).toEqual([`make load AGAIN=1 REPLACE=1 RANGE=${rangeOf(4)} TARGET=box`]);
  });

  it('are listed by key, column and value with DEEP=1, on the screen and for programs', async () => {
    const { env, ask } = target;
    const deep = await runCli('verify', { ...env, DEEP: '1' });
    expect([deep.exit, deep.stderr]).toEqual([3, '']);
    const width = Number(await ask(`SELECT width FROM {t} WHERE image_id = ${ids.changed}`));
    expect(deep.stdout).toMatch(new RegExp(`^${ids.changed} +width +${width - 1} +${width}$`, 'm'));
    expect(deep.stdout).toMatch(new RegExp(`^${ids.missing} +\\(row\\) +there +missing$`, 'm'));
    for (const id of [ids.twice, ids.moved]) {
      expect(deep.stdout).toMatch(new RegExp(`^${id} +\\(row\\) +once +more than once$`, 'm'));
    }
    const lines = deep.stdout.split('\n');
    const table = lines.slice(
      lines.indexOf('differences') + 1,
      lines.findIndex((line) => line.startsWith(`  ${rangeOf(0)}: `)),
    );
    expect(table.length).toBeGreaterThan(8);
    for (const line of table) expect([...line].length).toBeLessThanOrEqual(80);
    const values = events(await runCli('verify', { ...env, DEEP: '1', JSON: '1' })).filter(
      ({ event }) => event === 'difference',
    );
    expect(values.map(({ key, column }) => `${key} ${column}`).sort()).toEqual(
      [
        ...[`${ids.changed} width`, `${ids.swapped} caption`, `${ids.with} caption`, `${ids.newer} caption`],
        ...[`${ids.twice} has_face`, `${ids.moved} upload_date`],
      ].sort(),
    );
    const swapped = values.filter(({ key }) => key === String(ids.swapped) || key === String(ids.with));
    expect(swapped[0]?.expected).toBe(swapped[1]?.found);
    expect(swapped[1]?.expected).toBe(swapped[0]?.found);
    expect(values.find(({ key }) => key === String(ids.newer))?.found).toBe('newer');
    const before = await ask(
      `SELECT toDate(min(upload_date)), toDate(max(upload_date)) FROM {t} WHERE image_id = ${ids.moved}`,
    );
    const moved = values.find(({ key }) => key === String(ids.moved));
    expect([moved?.expected, moved?.found]).toEqual(before.split('\t'));
  });

  it('are mended by the commands that are named', async () => {
    const { env, ask } = target;
    await ask('SYSTEM START MERGES {t}');
    const found = await runCli('verify', env);
    for (const title of ['to mend it:', replaceTitle]) {
      for (const command of commands(found, title)) await type(command, env);
    }
    expect(await mustRun('verify', { ...env, DEEP: '1' })).toContain('no difference, value by value');
  });
});

slowIt('where columns are Nullable a NULL that became 0 is found, and which key it was', async () => {
  const nullable = (ddl: string): string => ddl.replace('`face_cluster` UInt16', '`face_cluster` Nullable(UInt16)');
  const { env, ask } = await loaded('nulls', '26.7', nullable);
  expect(await mustRun('verify', env)).toContain('no difference');
  const id = await ask('SELECT min(image_id) FROM {t} WHERE face_cluster IS NULL');
  const nulls = Number(
    await ask(`SELECT count() FROM {t} WHERE face_cluster IS NULL AND image_id <= ${shards[0]?.last}`),
  );
  await ask(`ALTER TABLE {t} UPDATE face_cluster = 0 WHERE image_id = ${id} ${atOnce}`);
  const found = await runCli('verify', { ...env, DEEP: '1', RANGE: rangeOf(0) });
  expect(found.exit).toBe(3);
  expect(about(found, 0)[0]).toContain(`(face_cluster: ${nulls - 1} NULLs, in the shard ${nulls})`);
  expect(found.stdout).toMatch(new RegExp(`^${id} +face_cluster +NULL +0$`, 'm'));
  const kept = JSON.parse(readFileSync(join(inData(env.DATA_DIR), 'load', 'box.verify.json'), 'utf8'));
  // The shards that were not looked at keep what was found before.
  expect(kept.shards.map(({ problems }: { problems: string[] }) => problems.length)).toEqual([2, 0, 0, 0, 0]);
});

slowIt('the embedded target: the same', async () => {
  const folder = dataFolder('verify_embedded');
  cpSync(whole, folder, { recursive: true });
  const env = { ...source.env, DATA_DIR: folder };
  await mustRun('load', env);
  expect(await mustRun('verify', { ...env, DEEP: '1' })).toContain('no difference, value by value');
  const id = await idOf(2, 2);
  await mustRun('query', {
    ...env,
    SQL: `ALTER TABLE images_analytical UPDATE keyword_ids = arrayPushBack(keyword_ids, 7), face_x = face_x + 0.001 WHERE image_id = ${id} ${atOnce}`,
    FORMAT: 'TSV',
  });
  const found = await runCli('verify', { ...env, DEEP: '1' });
  expect(about(found, 2)[0]).toMatch(/in 2 columns \(keyword_ids: some values; face_x: some values\)/);
  expect(found.stdout).toMatch(new RegExp(`^${id} +face_x +`, 'm'));
  expect(found.stdout).toMatch(new RegExp(`^${id} +keyword_ids +\\[.*\\] +\\[.*7\\]$`, 'm'));
});

it('what stands for unknown, and what queries cost, by SQL that shares nothing with it', async () => {
  const { env, ask } = await loaded('report', '26.7');
  const tables = events(await runCli('verify', { ...env, JSON: '1' })).filter(({ event }) => event === 'table');
  const rowsOf = (title: RegExp): string[][] =>
    (tables.find((table) => title.test(String(table.title)))?.rows ?? []) as string[][];
  const [[expected]] = await server.query<RowDataPacket[]>(`SELECT
    SUM(COALESCE(site_name_id, 0) = 0) AS site, SUM(COALESCE(gender_id, 0) = 0) AS gender,
    SUM(uploadDate IS NULL OR uploadDate NOT BETWEEN '1970-01-02' AND '2106-02-07') AS day,
    SUM(NOT EXISTS (SELECT * FROM ImagesKeywords k WHERE k.image_id = i.image_id)) AS keywords,
    SUM(NOT EXISTS (SELECT * FROM Detections d WHERE d.image_id = i.image_id)) AS detections FROM Images i`);
  const unknown = rowsOf(/stands for unknown, in 1,500 rows/);
  const plain = (text: string | undefined): number => Number(text?.replaceAll(',', ''));
  expect(unknown.map(([name, rows]) => [name, plain(rows)])).toEqual([
    ['site_name_id = 0', Number(expected?.site)],
    ['gender_id = 0', Number(expected?.gender)],
    ['upload_date = 1970-01-01', Number(expected?.day)],
    ['no keywords', Number(expected?.keywords)],
    ['no detections', Number(expected?.detections)],
  ]);
  for (const [, rows, share] of unknown) expect(share).toBe(`${((100 * plain(rows)) / images).toFixed(1)} %`);
  const counted =
    await ask(`SELECT countIf(has_face), countIf(has_face AND detection_top_class_id = 67), countIf(has(ethnicity_ids, 1)),
    countIf(toYYYYMM(upload_date) = 201506) FROM {t}`);
  const queries = rowsOf(/^queries/);
  expect(queries.map(([, found]) => plain(found))).toEqual(counted.split('\t').map(Number));
  expect(queries.map((row) => row[4])).toEqual(['yes', 'yes', 'no', 'partitions, yes']);
  expect(plain(queries[2]?.[3]?.split(' ')[0])).toBe(images);
  expect(plain(queries[3]?.[3]?.split(' ')[0])).toBeLessThan(images);
});

/** Removes the export files, as docs/operating.md has it. */
function makeRoom({ DATA_DIR }: Loaded['env']): void {
  const folder = join(inData(DATA_DIR), 'export');
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.parquet')) rmSync(join(folder, file));
  }
}

it('rows beyond all shards are found where all shards are looked at', async () => {
  const { env, ask } = await loaded('beyond', '26.7');
  const beyond = Number(shards.at(-1)?.last) + 77;
  await ask(`INSERT INTO {t} SELECT * REPLACE(${beyond} AS image_id) FROM {t} LIMIT 1`);
  const found = await runCli('verify', env);
  expect(found.exit).toBe(3);
  expect(found.stdout).toContain(`  beyond all shards of this data folder: 1 row (key ${beyond})\n`);
  expect(found.stdout).toMatch(/verify: 1 rows beyond the shards\.\n$/);
  expect(await mustRun('verify', { ...env, RANGE: rangeOf(4) })).toContain('no difference');
});

it('export files that were removed after the join are no damage, and a sample draws its ids without them', async () => {
  const { env } = await loaded('room', '26.7');
  makeRoom(env);
  const sampled = await mustRun('verify', { ...env, SAMPLE: '300' });
  expect(sampled).toMatch(/^ {2}\d+ export files were removed after the join: not looked at$/m);
  expect(sampled).toContain('300 ids compared with');
  expect(sampled).toMatch(/: equal \(SEED=\d+\)\n/);
  expect(sampled).toMatch(/verify: 1,500 rows in 5 shards, no difference in 61 columns\.\n$/);
  // A changed export file is damage, and its shard is read back all the same.
  const images = join(inData(env.DATA_DIR), 'export', 'images');
  cpSync(join(inData(whole), 'export', 'images'), images, { recursive: true });
  const [file = ''] = readdirSync(images)
    .filter((one) => one.endsWith('.parquet'))
    .sort();
  appendFileSync(join(images, file), 'x');
  const deep = events(await runCli('verify', { ...env, DEEP: '1', JSON: '1' }));
  expect(deep.filter(({ event }) => event === 'stage').map(({ rows }) => rows)).toEqual([1500]);
});

slowIt('what fails after the comparison takes nothing of its result away', async () => {
  const { env, ask } = await loaded('late', '26.7');
  await ask(`ALTER TABLE {t} UPDATE width = width + 1 WHERE image_id = ${await idOf(0, 7)} ${atOnce}`);
  const { MYSQL_URL: _mysql, ...without } = env;
  for (const wrong of [
    { ...env, SAMPLE: '20000' },
    { ...without, SAMPLE: '10' },
    { ...env, SAMPLE: '10', SEED: 'x' },
  ]) {
    const refused = await runCli('verify', wrong);
    expect(refused.exit).toBe(2);
    expect(refused.stdout).not.toContain('shards (rows)');
  }
  // The shards' own files cannot be read by the sample, which draws its ids from them.
  const record = join(inData(env.DATA_DIR), 'load', 'box.verify.json');
  makeRoom(env);
  for (const file of readdirSync(join(inData(env.DATA_DIR), 'shards')).filter((one) => one.endsWith('.parquet'))) {
    rmSync(join(inData(env.DATA_DIR), 'shards', file));
  }
  const found = await runCli('verify', { ...env, SAMPLE: '10' });
  expect(found.exit).toBe(3);
  expect(found.stdout).toMatch(/SAMPLE= found no result: keys cannot be drawn from the files/);
  expect(about(found, 0)).toContain(
    `${rangeOf(0)}: the target differs from the shard in 1 column (width: some values)`,
  );
  expect(found.stdout).toMatch(/verify: 5 of 5 shards DIFFER, .*\.\n$/);
  expect(JSON.parse(readFileSync(record, 'utf8')).shards).toHaveLength(5);
});
