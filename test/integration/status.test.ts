import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LiveStatus, LiveTableStatus, StageStatus, StatusReport } from '../../src/core/status-report.js';
import { takeLock } from '../../src/manifest/lock.js';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, inData, onServer as onVersion } from '../support/migration.js';

const [images, shards] = [600, 3];
const database = 'status';
/** The version seen at the user's; its users can be made by SQL. */
const version = '25.8';
const onServer = (sql: string): Promise<string> => onVersion(version, sql);
const table = `${database}.images_analytical`;
let disk: Env;
let env: Env;

beforeAll(async () => {
  await onServer(`DROP DATABASE IF EXISTS ${database} SYNC`);
  const source = await fillSources(database, { images, months: 4, badValues: true });
  const sizes = { RANGE_ROWS: '100', SHARD_ROWS: String(images / shards) };
  disk = { ...source.env, ...sizes, DATA_DIR: dataFolder('status'), WORKERS: '1' };
  env = { ...disk, ...boxEnv(version, database), CREATE: '1' };
  for (const command of ['export', 'join', 'load']) await mustRun(command, env);
});

async function statusOf(knobs: Env): Promise<StatusReport> {
  const events = (await mustRun('status', { ...knobs, JSON: '1' })).trimEnd().split('\n');
  const [report, ...others] = events.map((line) => JSON.parse(line)).filter(({ event }) => event === 'status');
  expect(others).toEqual([]);
  return report;
}

async function liveOf(knobs: Env): Promise<LiveTableStatus> {
  const live = (await statusOf(knobs)).live as LiveStatus;
  if (live.state !== 'read') throw new Error(JSON.stringify(live));
  return live;
}

const stageOf = (report: StatusReport, name: string): StageStatus =>
  report.stages.find(({ stage }) => stage === name) as StageStatus;

describe('the disk side', () => {
  it('has every stage and source, with what the source server says of their rows', async () => {
    const report = await statusOf(disk);
    expect(report).toMatchObject({
      ...{ event: 'status', format: 1, live: null, next: 'make verify TARGET=box' },
      plan: { ranges: 6, shards, rangeRows: 100, sample: true, generations: [{ generation: 1, rows: images }] },
    });
    const work = { left: 0, rowsPerSecond: expect.any(Number), last: expect.stringMatching(/Z$/), secondsLeft: 0 };
    const own = { running: null, lastRun: { outcome: 'done', errors: [], host: hostname() }, verified: null };
    expect(report.stages).toMatchObject([
      { stage: 'export', target: null, ...work, ...own },
      { stage: 'join', target: null, done: shards, ...work, ...own },
      { stage: 'load', target: 'box', done: shards, ...work, ...own },
    ]);
    const joined = stageOf(report, 'join').rows;
    expect(joined + report.rejects.rows).toBe(images);
    expect(String(stageOf(report, 'load').rows)).toBe(await onServer(`SELECT count() FROM ${table}`));
    const [driving] = report.sources;
    expect(driving).toMatchObject({
      source: 'images',
      table: 'Images',
      access: 'range',
      done: 6,
      left: 0,
      rows: images,
    });
    expect(report.sources.map(({ access }) => access)).toContain('lookup');
    for (const { source, done } of report.sources) expect([source, done > 0]).toEqual([source, true]);
    expect(report.oddities.length).toBeGreaterThan(0);
  });

  it('asks no server, and says how to ask the target', async () => {
    const text = await mustRun('status', {
      ...disk,
      MYSQL_URL: 'mysql://127.0.0.1:1/x',
      BOX_URL: 'http://127.0.0.1:1',
    });
    expect(text).toContain('make status TARGET=box');
    expect(text).toContain('next: make verify TARGET=box');
  });

  it('fits 80 columns', async () => {
    const text = await mustRun('status', env);
    const folder = env.DATA_DIR ?? '';
    for (const line of text.split('\n').filter((one) => !one.includes(folder) && !one.includes('http'))) {
      expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });

  it('says who is at it right now, and that nothing is to be typed then', async () => {
    const folder = inData(env.DATA_DIR ?? '');
    const release = await takeLock(join(folder, '.lock-load-box'), 'load', () => undefined);
    const report = await statusOf({ ...disk, BOX_URL: 'http://127.0.0.1:1' });
    expect(stageOf(report, 'load').running).toMatchObject({ pid: process.pid, host: hostname() });
    expect(await mustRun('status', disk)).toContain(`load box runs now: process ${process.pid} on ${hostname()}`);
    await release();
    expect(stageOf(await statusOf(disk), 'load').running).toBeNull();
  });

  it('says that a run was killed: it left its lock', async () => {
    const lock = join(inData(env.DATA_DIR ?? ''), '.lock-join');
    const since = new Date().toISOString();
    mkdirSync(`${lock}.held`);
    writeFileSync(`${lock}.json`, JSON.stringify({ pid: 4_000_000, host: hostname(), since }));
    expect(stageOf(await statusOf(disk), 'join')).toMatchObject({
      running: null,
      lastRun: { outcome: 'killed', begin: since },
    });
    expect(await mustRun('status', disk)).toMatch(/join: its last run, begun .* was killed/);
    await mustRun('join', disk);
    expect(stageOf(await statusOf(disk), 'join').lastRun).toMatchObject({ outcome: 'done' });
  });

  it('keeps the errors of the last run, without a password, until a run has none', async () => {
    const lost = { ...env, BOX_URL: 'http://127.0.0.1:1', BOX_PASSWORD: 'not-to-be-seen', AGAIN: '1' };
    expect((await runCli('load', lost)).exit).toBe(12);
    const { lastRun } = stageOf(await statusOf(disk), 'load');
    expect(lastRun).toMatchObject({ outcome: 'failed', errorCount: 1, errors: [{ unit: null, code: 'TARGET_LOST' }] });
    const text = await mustRun('status', disk);
    expect(text).toMatch(/load box: its last run FAILED[\s\S]*\(TARGET_LOST\)\n {4}hint: /);
    expect(readFileSync(join(inData(disk.DATA_DIR ?? ''), '.last-load-box.json'), 'utf8')).not.toContain('not-to-be');
    await mustRun('load', env);
    expect(await mustRun('status', disk)).not.toContain('FAILED');
  });

  it('does not miss export files that were removed after the join', async () => {
    const [folder, away] = ['images', 'removed'].map((name) => join(inData(disk.DATA_DIR ?? ''), 'export', name));
    renameSync(folder ?? '', away ?? '');
    const report = await statusOf(disk);
    renameSync(away ?? '', folder ?? '');
    expect([report.next, stageOf(report, 'export').left]).toEqual(['make verify TARGET=box', 0]);
  });

  it('tells what a verify found, of shards that are the same since', async () => {
    // Rejected rows make it end with 3.
    expect((await runCli('verify', env)).exit).toBe(3);
    const report = await statusOf(disk);
    expect(report.next).toBe('');
    expect(stageOf(report, 'load').verified).toEqual({
      ...{ time: expect.stringMatching(/Z$/), whole: shards, different: 0, shards },
    });
    expect(await mustRun('status', disk)).toMatch(
      /load box: verified 3 of 3 shards, .* ago\)\n[\s\S]*nothing is left to do/,
    );
  });
});

describe('the live side', () => {
  it('has what the server says itself: rows, greatest key, version, parts', async () => {
    const live = await liveOf(env);
    const [rows, greatest, newest] = (
      await onServer(`SELECT count(), max(image_id), max(toUnixTimestamp(updated_at)) FROM ${table}`)
    ).split('\t');
    expect(live).toMatchObject({
      ...{ target: 'box', database, table: 'images_analytical', unreadable: {} },
      ...{ rows: Number(rows), greatest, version: Number(newest) },
      ...{ mutations: [], inserts: [], errorsFrom: 'query_log', errorsSince: expect.stringMatching(/Z$/) },
    });
    const where = `FROM system.parts WHERE active AND database = '${database}' AND table = 'images_analytical'`;
    const [parts, partitions] = (await onServer(`SELECT count(), uniqExact(partition) ${where}`)).split('\t');
    expect(live.parts).toMatchObject({ parts: Number(parts), partitions: Number(partitions) });
  });

  it('names the partition with the most parts, a mutation that fails with its reason, and a failed insert', async () => {
    await onServer(`SYSTEM STOP MERGES ${table}`);
    const row = `image_id, upload_date, updated_at) SELECT 4000000000 + number, toDateTime('2031-05-05', 'UTC'), now()`;
    for (let part = 0; part < 5; part++) await onServer(`INSERT INTO ${table} (${row} FROM numbers(1)`);
    expect((await liveOf(env)).parts).toMatchObject({ most: 5, fullest: '203105' });
    await onServer(`SYSTEM START MERGES ${table}`);
    // What throws in the background alone: the server tries it again for ever.
    await onServer(
      `ALTER TABLE ${table} UPDATE author = toString(throwIf(image_id >= 4000000000, 'planted')) WHERE 1 SETTINGS mutations_sync = 0`,
    );
    await expect(onServer(`INSERT INTO ${table} (image_id) SELECT throwIf(1, 'planted too')`)).rejects.toThrow();
    await onServer('SYSTEM FLUSH LOGS');
    let live = await liveOf(env);
    for (let look = 0; look < 100 && !live.mutations?.[0]?.failure; look++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      live = await liveOf(env);
    }
    expect(live.greatest).toBe('4000000000');
    expect(live.mutations).toMatchObject([
      {
        command: expect.stringContaining('author'),
        partsLeft: expect.any(Number),
        failure: expect.stringContaining('planted'),
      },
    ]);
    expect(live.errors).toMatchObject([
      {
        code: 395,
        name: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO',
        count: 1,
        message: expect.stringContaining('planted too'),
      },
    ]);
    const text = await mustRun('status', env);
    expect(text).toMatch(/mutations[\s\S]*author[\s\S]*FAILS/);
    expect(text).toMatch(/errors +since the last load began[\s\S]*1 × FUNCTION_THROW_IF_VALUE_IS_NON_ZERO/);
    await onServer(`KILL MUTATION WHERE database = '${database}' SYNC`);
    await onServer(`DELETE FROM ${table} WHERE image_id >= 4000000000`);
  });

  it('tells of an insert while it runs', async () => {
    const slow = `INSERT INTO ${table} (image_id, updated_at) SELECT number, now() FROM numbers(600) WHERE sleepEachRow(1)
      SETTINGS max_block_size = 1, max_threads = 1`;
    const running = onServer(slow).catch(String);
    let live = await liveOf(env);
    for (let look = 0; look < 20 && live.inserts?.length === 0; look++) live = await liveOf(env);
    await onServer(`KILL QUERY WHERE query_kind = 'Insert' AND query LIKE '%sleepEachRow%' SYNC`);
    const said = await running;
    expect([said, live.inserts]).toMatchObject([said, [{ user: expect.any(String), seconds: expect.any(Number) }]]);
  });
});

it('counts no parts of patches, which are merged into others', async () => {
  await onServer(`SYSTEM STOP MERGES ${table}`);
  const patch = "lightweight_delete_mode = 'lightweight_update_force', allow_experimental_lightweight_update = 1";
  const key = await onServer(`SELECT min(image_id) FROM ${table}`);
  await onServer(`DELETE FROM ${table} WHERE image_id = ${key} SETTINGS ${patch}`);
  const where = `FROM system.parts WHERE active AND database = '${database}' AND table = 'images_analytical'`;
  const counted = await onServer(
    `SELECT countIf(NOT p), uniqExactIf(partition, NOT p), countIf(p) > 0 FROM (SELECT *, partition_id LIKE 'patch-%' AS p ${where})`,
  );
  const { parts } = await liveOf(env);
  await onServer(`SYSTEM START MERGES ${table}`);
  expect(`${parts?.parts}\t${parts?.partitions}\t1`).toBe(counted);
});

describe('a user who may not read everything', () => {
  const user = async (name: string, settings: string, ...grants: string[]): Promise<Env> => {
    await onServer(`CREATE USER OR REPLACE ${name} IDENTIFIED BY 'looks' ${settings}`);
    for (const grant of grants) await onServer(`GRANT ${grant} TO ${name}`);
    return { ...env, BOX_USER: name, BOX_PASSWORD: 'looks' };
  };

  it('sees the rest; what is not readable is said, and is no error', async () => {
    const knobs = await user('status_some', '', `SELECT, INSERT ON ${database}.*`, 'SELECT ON system.parts');
    const live = await liveOf(knobs);
    expect(live).toMatchObject({ rows: expect.any(Number), parts: { partitions: expect.any(Number) } });
    const text = await mustRun('status', knobs);
    if (live.mutations === null) expect(text).toMatch(/mutations +not readable/);
    expect(Object.keys(live.unreadable)).toContain('query_log');
    expect([live.errorsFrom, live.errors === null]).not.toEqual(['query_log', false]);
  });

  it('with readonly = 1 sees it too: no setting is sent then', async () => {
    const knobs = await user(
      'status_readonly',
      'SETTINGS readonly = 1',
      `SELECT ON ${database}.*`,
      'SELECT ON system.*',
    );
    const live = await liveOf(knobs);
    expect(live).toMatchObject({ rows: expect.any(Number), greatest: expect.any(String), unreadable: {} });
  });

  it('who is refused is told so; the disk side and exit 0 stay', async () => {
    const report = await statusOf({ ...env, BOX_PASSWORD: 'wrong' });
    expect(report.live).toMatchObject({
      state: 'away',
      code: 'TARGET_REFUSED',
      hint: expect.stringContaining('BOX_USER'),
    });
    expect(stageOf(report, 'load')).toMatchObject({ done: shards });
  });
});

it('a server that is away, a table that is not there, an embedded one that was not made: said, exit 0', async () => {
  const away = await statusOf({ ...env, BOX_URL: 'http://127.0.0.1:1' });
  expect(away.live).toMatchObject({ state: 'away', code: 'TARGET_LOST' });
  expect((await statusOf({ ...env, BOX_TABLE: 'none' })).live).toMatchObject({ state: 'missing', table: 'none' });
  const embedded = await statusOf({ ...disk, TARGET: 'embedded' });
  expect(embedded.live).toMatchObject({ state: 'away', code: 'EMBEDDED_EMPTY' });
  expect(embedded.stages.map(({ target }) => target)).toEqual([null, null, 'box', 'embedded']);
  expect(await mustRun('status', { ...env, BOX_URL: 'http://127.0.0.1:1' })).toMatch(/target box could not be asked: /);
  expect((await runCli('status', { ...disk, TARGET: 'nobody' })).exit).toBe(2);
});

it('a folder of shards alone has its loads; an empty one begins with the export', async () => {
  const shipped = { DATA_DIR: join(inData(env.DATA_DIR ?? ''), 'shards') };
  expect(await statusOf(shipped)).toMatchObject({ plan: null, sources: [], next: 'make load TARGET=embedded' });
  expect(await statusOf({ DATA_DIR: dataFolder('status-empty') })).toMatchObject({
    ...{ plan: null, stages: [], sources: [], oddities: [], next: 'make export' },
  });
});

it('the shape of the status is the one of docs/events.md', async () => {
  const report = await statusOf(env);
  const shape = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.length === 0 ? [] : [shape(value[0])];
    if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
  };
  const work = {
    done: 'number',
    left: 'number',
    rows: 'number',
    bytes: 'number',
    rowsPerSecond: 'number',
    last: 'string',
  };
  expect(shape({ ...report, rejects: { ...report.rejects, columns: {} } })).toEqual({
    ...{ event: 'string', format: 'number', time: 'string', next: 'string' },
    plan: {
      ...{ rangeRows: 'number', shardRows: 'number', ranges: 'number', shards: 'number', sample: 'boolean' },
      generations: [
        {
          ...{ generation: 'number', planned: 'string', ranges: 'number', rows: 'number', estimated: 'boolean' },
          ...{ first: 'string', last: 'string' },
        },
      ],
    },
    stages: [
      {
        ...{ stage: 'string', target: 'null', ...work, secondsLeft: 'number', running: 'null', verified: 'null' },
        lastRun: {
          host: 'string',
          begin: 'string',
          end: 'string',
          outcome: 'string',
          errors: [],
          errorCount: 'number',
        },
      },
    ],
    sources: [{ source: 'string', table: 'string', access: 'string', ...work }],
    absent: shape(report.absent),
    oddities: [
      { name: 'string', source: expect.any(String), count: 'number', example: expect.any(String), what: 'string' },
    ],
    rejects: { rows: 'number', values: 'number', columns: {}, folder: 'string' },
    live: {
      ...{ state: 'string', target: 'string', where: 'string', database: 'string', table: 'string', uuid: 'string' },
      ...{ engine: 'string', rows: 'number', greatest: 'string', version: 'number', unreadable: {} },
      parts: { parts: 'number', partitions: 'number', bytes: 'number', most: 'number', fullest: 'string' },
      merges: { running: 'number', progress: 'number' },
      ...{ mutations: [], inserts: [], errors: expect.any(Array), errorsFrom: 'string', errorsSince: 'string' },
    },
  });
});
