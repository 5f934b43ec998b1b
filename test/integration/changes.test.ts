import { copyFileSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { mustRun, runCli } from '../support/cli.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fileHashes,
  fillSources,
  inData,
  type Migration,
  migrate,
  onServer,
} from '../support/migration.js';

const images = 2000;
const equal = { differences: [], differenceCount: 0, actualRows: images };
let source: Migration;
let server: Connection;
let whole: string;

const shardsIn = (folder: string): string => join(inData(folder), 'shards');
/** A classic DELETE rewrites something in each of 200 partitions. */
const atOnce = "SETTINGS lightweight_delete_mode = 'lightweight_update_force'";
const sizes = { RANGE_ROWS: '500', SHARD_ROWS: '500' };

/** A copy of the whole run's data folder and a target of its own. */
function copied(name: string): Env & { DATA_DIR: string } {
  const folder = dataFolder(`changes_${name}`);
  cpSync(whole, folder, { recursive: true });
  rmSync(join(inData(folder), 'load'), { recursive: true, force: true });
  return { ...source.env, ...boxEnv('26.7', `changes_${name}`), CREATE: '1', DATA_DIR: folder };
}

beforeAll(async () => {
  source = await fillSources('changes', { images, months: 12 });
  server = await mysql.createConnection({ uri: source.env.MYSQL_URL ?? '', multipleStatements: true });
  whole = dataFolder('changes_whole');
  await migrate({ ...source.env, ...sizes, ...boxEnv('26.7', 'changes_whole'), DATA_DIR: whole });
});
afterAll(() => server.end());

describe('what verify must see', () => {
  it('a row that is gone, doubled or foreign at the target', async () => {
    const env = copied('target');
    await mustRun('load', env);
    const table = 'changes_target.images_analytical';
    await onServer('26.7', `DELETE FROM ${table} WHERE image_id = 7 ${atOnce}`);
    const gone = await runCli('verify', env);
    expect([gone.exit, gone.stdout]).toEqual([3, expect.stringContaining('DIFFER')]);
    await mustRun('load', env);
    await mustRun('verify', env);
    await onServer(
      '26.7',
      `INSERT INTO ${table} SELECT * REPLACE(not has_face AS has_face) FROM ${table} WHERE image_id = 8`,
    );
    expect((await runCli('verify', env)).exit).toBe(3);
    await mustRun('load', env);
    expect(await compareWithOracle(source, '26.7', 'changes_target')).toMatchObject(equal);
  });

  it('a target that holds nothing yet, or only a part', async () => {
    const env = copied('part');
    const nothing = await runCli('verify', env);
    expect(nothing.exit).not.toBe(0);
    await mustRun('load', { ...env, RANGE: '1-100' });
    const part = await runCli('verify', env);
    expect([part.exit, part.stdout]).toEqual([3, expect.stringContaining('DIFFER')]);
    expect(await mustRun('verify', { ...env, RANGE: '1-100' })).toContain('no difference');
  });

  it('shards that are not joined yet', async () => {
    const env = copied('unjoined');
    rmSync(shardsIn(env.DATA_DIR), { recursive: true });
    await mustRun('join', { ...env, RANGE: '1-100' });
    await mustRun('load', env);
    const result = await runCli('verify', env);
    expect([result.exit, result.stdout]).toEqual([3, expect.stringMatching(/^verify: \d+ not joined\./m)]);
    expect(await mustRun('status', env)).toContain('next: make join');
  });

  it('rows that the source has gained and lost since the export', async () => {
    const env = copied('source');
    await mustRun('load', env);
    await server.query('DELETE FROM ImagesKeywords WHERE image_id = 1 LIMIT 1');
    const lost = await runCli('verify', env);
    expect([lost.exit, lost.stdout]).toEqual([3, expect.stringMatching(/imageskeywords .*DIFFERENT/)]);
  });
});

describe('what changed is brought over, and nothing else', () => {
  it('a range that is read again replaces its rows at the target', async () => {
    const env = copied('again');
    await mustRun('load', env);
    await server.query(
      "UPDATE Images SET caption = 'other', uploadDate = '2001-01-01', site_name_id = 9 WHERE image_id = 5",
    );
    await server.query('UPDATE Encodings SET is_face = NOT is_face WHERE image_id < 60');
    const before = fileHashes(inData(env.DATA_DIR));
    await mustRun('export', { ...env, AGAIN: '1', RANGE: '1-10' });
    expect(await mustRun('join', env)).toContain('1 units');
    expect(await mustRun('load', env)).toContain('1 units');
    const changed = Object.entries(fileHashes(inData(env.DATA_DIR))).filter(([file, hash]) => before[file] !== hash);
    expect(changed.map(([file]) => file.replace(/\/[^/]*$/, '')).sort()).toEqual([
      'export/encodings',
      'export/images',
      'export/imageskeywords',
      'shards',
    ]);
    expect(await compareWithOracle(source, '26.7', 'changes_again')).toMatchObject(equal);
    expect(await mustRun('verify', env)).toContain('no difference');
  });

  it('another sorting key of the declaration reaches CREATE TABLE without a new join', async () => {
    const env = copied('ddl');
    const path = join(env.DATA_DIR, 'changed.json');
    const table = { ...imagesAnalytical.table, orderBy: ['image_id'], partitionBy: '' };
    writeFileSync(path, JSON.stringify({ ...imagesAnalytical, table }));
    const changed = { ...env, DATASET: path };
    expect(await mustRun('join', changed)).toContain('nothing to do');
    await mustRun('load', changed);
    const keys =
      "SELECT sorting_key = '(image_id)', partition_key = '' FROM system.tables WHERE database = 'changes_ddl'";
    expect(await onServer('26.7', keys)).toBe('1\t1');
  });

  it('the hint for a damaged shard and a damaged export file makes them whole again', async () => {
    const env = copied('hint');
    const [shard = ''] = readdirSync(shardsIn(env.DATA_DIR)).filter((name) => name.endsWith('.parquet'));
    const path = join(shardsIn(env.DATA_DIR), shard);
    const good = readFileSync(path);
    writeFileSync(path, good.subarray(0, -1));
    const result = await runCli('load', env);
    const [, range = ''] = /make join AGAIN=1 RANGE=(\S+?),? /.exec(result.stdout) ?? [];
    await mustRun('join', { ...env, AGAIN: '1', RANGE: range });
    expect(readFileSync(path).equals(good)).toBe(true);
    await mustRun('load', env);
    expect(await onServer('26.7', 'SELECT count() FROM changes_hint.images_analytical')).toBe(String(images));
  });

  it('SHA256SUMS and LOAD.md are there even where the run before was killed right before them', async () => {
    const env = copied('notes');
    const before = readFileSync(join(shardsIn(env.DATA_DIR), 'SHA256SUMS'), 'utf8');
    for (const name of ['SHA256SUMS', 'LOAD.md']) rmSync(join(shardsIn(env.DATA_DIR), name));
    await mustRun('join', env);
    expect(existsSync(join(shardsIn(env.DATA_DIR), 'LOAD.md'))).toBe(true);
    expect(readFileSync(join(shardsIn(env.DATA_DIR), 'SHA256SUMS'), 'utf8')).toBe(before);
  });
});

describe('several machines', () => {
  it('two parts of an export, merged by copying, join to the same shards', async () => {
    const plan = join('images_analytical', 'plan.json');
    const parts = ['1/2', '2/2'].map((part) => ({ part, folder: dataFolder(`changes_part${part[0]}`) }));
    for (const { part, folder } of parts) {
      cpSync(join(whole, plan), join(folder, plan), { recursive: true });
      const done = await mustRun('export', { ...source.env, DATA_DIR: folder, PART: part });
      expect(done).not.toContain('nothing to do');
    }
    const merged = dataFolder('changes_merged');
    for (const { folder } of parts) cpSync(folder, merged, { recursive: true });
    const env = { ...source.env, ...boxEnv('26.7', 'changes_merged'), DATA_DIR: merged };
    expect(await mustRun('export', env)).toContain('nothing to do');
    for (const { part } of parts) await mustRun('join', { ...env, PART: part });
    for (const { part } of parts) await mustRun('load', { ...env, PART: part, CREATE: '1' });
    expect(await compareWithOracle(source, '26.7', 'changes_merged')).toMatchObject(equal);
    expect(await mustRun('verify', env)).toContain('no difference');
  });
});

describe('knobs', () => {
  it('DRY_RUN=1 changes nothing, anywhere', async () => {
    const empty = {
      ...source.env,
      ...boxEnv('26.7', 'changes_dry'),
      DATA_DIR: dataFolder('changes_dry'),
      DRY_RUN: '1',
    };
    expect(await mustRun('export', empty)).toContain('would export');
    expect(existsSync(empty.DATA_DIR)).toBe(false);
    const env = copied('dry');
    const before = allFiles(env.DATA_DIR);
    expect(await mustRun('export', { ...env, DRY_RUN: '1', AGAIN: '1' })).toContain('FORCE INDEX');
    expect(await mustRun('join', { ...env, DRY_RUN: '1', AGAIN: '1' })).toContain('COPY (');
    const load = await runCli('load', { ...env, DRY_RUN: '1' });
    expect(load.stdout + load.stderr).toMatch(/would|CREATE=1/);
    await runCli('load', { ...env, DRY_RUN: '1', TARGET: 'embedded' });
    await mustRun('check', env);
    expect(allFiles(env.DATA_DIR)).toEqual(before);
    expect(await onServer('26.7', "SELECT count() FROM system.databases WHERE name LIKE 'changes_dry%'")).toBe('0');
  });

  it('JSON=1 gives one object a line, whatever happens', async () => {
    const env = { ...copied('json'), JSON: '1' };
    copyFileSync(join(shardsIn(env.DATA_DIR), 'LOAD.md'), join(shardsIn(env.DATA_DIR), 'x.parquet'));
    for (const [command, more] of [
      ['check', {}],
      ['plan', {}],
      ['export', { AGAIN: '1', RANGE: '1-100' }],
      ['join', { AGAIN: '1' }],
      ['load', {}],
      ['verify', {}],
      ['status', {}],
      ['query', { SQL: 'SELECT 1' }],
      ['query', { SQL: 'SELECT nothing' }],
      ['load', { BOX_URL: 'http://127.0.0.1:1' }],
    ] as const) {
      const { stdout } = await runCli(command, { ...env, ...more });
      const lines = stdout.trimEnd().split('\n');
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(() => JSON.parse(line), `${command}: ${line}`).not.toThrow();
    }
  });

  it.each([
    ['export', { RANGE: '5' }],
    ['export', { RANGE: '9-3' }],
    ['export', { PART: '3/2' }],
    ['export', { WORKERS: '0' }],
    ['export', { SOURCES: 'nothing' }],
    ['join', { HANDS: 'feet' }],
    ['load', { TARGET: 'mysql' }],
    ['load', { TARGET: 'nobody' }],
    ['load', { DATASET: 'nothing' }],
    ['query', {}],
    ['nothing', {}],
  ] as const)('%s with %o ends with 2 and a hint', async (command, more) => {
    const result = await runCli(command, {
      ...source.env,
      ...boxEnv('26.7', 'changes_whole'),
      DATA_DIR: whole,
      ...more,
    });
    expect([result.exit, result.stderr]).toEqual([2, expect.stringMatching(/error: .+\n {2}hint: .+\n {2}code: \w+/)]);
  });
});

function allFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}
