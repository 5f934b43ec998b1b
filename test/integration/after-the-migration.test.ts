import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { openEngine } from '../../src/sql/engine.js';
import { preparePythonTool } from '../../stages/demo/python-tool.js';
import { mustRun, runCli } from '../support/cli.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fillSources,
  inData,
  type Migration,
  migrate,
  onServer,
  type Version,
} from '../support/migration.js';
import { pageQueries } from '../support/page-queries.js';
import { cacheDir, installEnv, projectDir, searchPath } from '../support/servers.js';
import { casesOf, slowIt } from '../support/suite.js';

/** docs/after-the-migration.md: its statements and commands run as they stand, but for names of places. */
const database = 'after';
const page = readFileSync(join(projectDir, 'docs/after-the-migration.md'), 'utf8');
const equal = { differenceCount: 0 };
const versions = casesOf<Version>(['26.7'], ['25.8']);
let source: Migration;
let env: Env;
let folder: string;

/** The statements of a section, each without the comment that says where it runs. */
function statements(heading: string, place: string): string[] {
  const found = pageQueries(page).filter((one) => one.heading === heading && one.places.includes(place));
  return found.map(({ sql }) => sql.replace(/^\/\*.*?\*\/ /, ''));
}

function block(language: string, containing: string): string {
  const all = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, code = '']) => code,
  );
  return all.find((code) => code.includes(containing)) ?? '';
}

/** One statement on the target by HTTP, unqualified names being of the test's database. */
async function onTarget(sql: string, version: Version = '26.7'): Promise<string> {
  const { url, user, password } = inject('servers').clickhouse[version];
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(`${url}/?database=${database}`, {
    method: 'POST',
    body: sql,
    headers: { authorization },
  });
  const text = (await response.text()).trimEnd();
  if (!response.ok) throw new Error(`${sql}\n${text}`);
  return text;
}

beforeAll(async () => {
  source = await fillSources(database, { images: 3000, months: 6 }, false);
  folder = dataFolder(database);
  mkdirSync(folder, { recursive: true });
  env = {
    ...source.env,
    ...boxEnv('26.7', database),
    RANGE_ROWS: '500',
    SHARD_ROWS: '1000',
    DATA_DIR: join(folder, 'data'),
  };
  await migrate(env);
  if (versions.includes('25.8')) await mustRun('load', { ...env, ...asOlder(), CREATE: '1' });
});

/** The second server under another name, since one target has one ledger. */
function asOlder(): Env {
  const box = boxEnv('25.8', database);
  return Object.fromEntries(
    Object.entries(box).map(([name, value]) => [name.replace('BOX_', 'OLDER_'), value === 'box' ? 'older' : value]),
  );
}

describe.each(versions)('a view with sums on ClickHouse %s', (version) => {
  const heading = 'A view with sums, filled from the shards';
  const [create = '', view = '', filled = '', exchange = '', drop = ''] = statements(heading, 'target');
  const [fill = ''] = statements(heading, 'shards');
  const [check = ''] = statements(heading, 'check');
  const sums = async (): Promise<string[]> => (await onTarget(check, version)).split('\n');
  const send = (): void => {
    writeFileSync(join(folder, 'fill.sql'), fill);
    const { url, user, password } = inject('servers').clickhouse[version];
    const places = { BOREAL_URL: url, BOREAL_USER: user, BOREAL_PASSWORD: password, BOREAL_DATABASE: database };
    const script = block('sh', 'curl');
    const said = execFileSync('bash', ['-c', script], {
      cwd: folder,
      env: { PATH: searchPath, ...places },
      encoding: 'utf8',
    });
    expect(said).toBe('');
  };
  const refill = async (): Promise<void> => {
    await onTarget(filled, version);
    send();
    await onTarget(exchange, version);
    await onTarget(drop, version);
  };

  it('is filled from the shards, sees later inserts, and is right again after a reload', async () => {
    await onTarget(create, version);
    await onTarget(view, version);
    expect(new Set(await sums()).size).toBe(2);
    await refill();
    const [mine, whole] = await sums();
    expect(mine).toBe(whole);
    expect(Number(mine?.split('\t')[0])).toBe(3000);
    const columns = 'image_id, site_name, has_face, upload_date, updated_at';
    await onTarget(
      `INSERT INTO images_analytical (${columns}) VALUES (4000000000, 'getty', true, '2020-02-29', 1)`,
      version,
    );
    expect(new Set(await sums()).size).toBe(1);
    await onTarget('DELETE FROM images_analytical WHERE image_id = 4000000000', version);
    const target = version === '26.7' ? env : { ...env, ...asOlder() };
    await mustRun('load', { ...target, AGAIN: '1' });
    expect(new Set(await sums()).size).toBe(2);
    await refill();
    expect(new Set(await sums()).size).toBe(1);
    await onTarget('DROP VIEW images_by_month_new', version);
  });
});

describe('the shards as a backup', () => {
  const isWhole = async (): Promise<void> => {
    expect(await compareWithOracle(source, '26.7', database)).toMatchObject(equal);
    expect(await mustRun('verify', env)).toContain('no difference');
  };

  it('a table that lost some rows and has others twice is made whole', async () => {
    await onTarget('DELETE FROM images_analytical WHERE image_id BETWEEN 100 AND 200');
    await onTarget(
      'INSERT INTO images_analytical SELECT * FROM images_analytical WHERE image_id BETWEEN 2500 AND 2600',
    );
    await mustRun('load', env);
    await isWhole();
  });

  slowIt('one that somebody changed is loaded beside it; one that was dropped is made again', async () => {
    await onTarget(
      "ALTER TABLE images_analytical UPDATE caption = 'changed' WHERE image_id < 50 SETTINGS mutations_sync = 2",
    );
    await mustRun('load', { ...env, SWAP: '1', AGAIN: '1' });
    await isWhole();
    expect(await onTarget("SELECT count() FROM images_analytical_previous WHERE caption = 'changed'")).not.toBe('0');
    await onTarget('DROP TABLE images_analytical SYNC');
    await mustRun('load', { ...env, CREATE: '1' });
    await isWhole();
  });

  slowIt('a copy of the shards is enough, on a machine that has nothing else', async () => {
    const copy = join(folder, 'shards');
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(inData(env.DATA_DIR ?? ''), 'shards'), copy, { recursive: true });
    const said = execFileSync('bash', ['-c', block('sh', 'sha256sum')], { cwd: folder, encoding: 'utf8' });
    expect(said).not.toContain('FAILED');
    await mustRun('load', { ...boxEnv('26.7', 'after_copy'), CREATE: '1', DATA_DIR: copy });
    expect(await compareWithOracle(source, '26.7', 'after_copy')).toMatchObject(equal);
  });
});

describe('the shards without a server', () => {
  const heading = 'Reading the shards without a server';
  const here = (sql: string): string => sql.replace("'data/", `'${folder}/data/`);

  it('DuckDB, ClickHouse and pyarrow give the same', async () => {
    const engine = await openEngine({ memoryMb: 256, threads: 1, spillDir: join(folder, 'spill') });
    const [duckdb = ''] = statements(heading, 'duckdb');
    const rows = await engine.rows(here(duckdb));
    engine.close();
    expect(rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(3000);
    expect(rows.reduce((sum, row) => sum + Number(row[3]), 0)).toBeGreaterThan(0);
    const [files = ''] = statements(heading, 'files');
    const text = (row: readonly unknown[]): string =>
      row.map((cell) => (cell === null ? '\\N' : String(cell))).join('\t');
    expect((await onTarget(here(files))).split('\n').sort()).toEqual(rows.map(text).sort());
    const { python, env: pythonEnv } = await preparePythonTool({
      ...{ requirement: 'pyarrow==21.0.0', cacheDir, path: searchPath, env: installEnv },
    });
    const said = execFileSync(python, ['-c', block('python', 'pyarrow')], {
      cwd: folder,
      env: pythonEnv,
      encoding: 'utf8',
    });
    const faces = rows.reduce((sum, row) => sum + Number(row[2]), 0);
    expect(said).toBe(`3000 ${faces}\n`);
  });
});

describe('what is new', () => {
  it('the statement about years and ids can be typed', async () => {
    const [years = ''] = statements('Why a date is no filter for what is new', 'target');
    expect((await onTarget(years)).split('\n').length).toBeGreaterThan(0);
  });

  slowIt('a range that is read again: only the shard with a changed row is joined and loaded again', async () => {
    const again = { ...env, AGAIN: '1', RANGE: '1-3000', SOURCES: 'encodings' };
    await mustRun('export', again);
    expect(await mustRun('join', env)).toContain('nothing to do');
    const mysql = await createConnection(source.env.MYSQL_URL ?? '');
    await mysql.query('UPDATE Encodings SET mouth_gap = 7.125 WHERE image_id BETWEEN 1500 AND 1510');
    await mysql.end();
    await mustRun('export', again);
    expect(await mustRun('join', env)).toMatch(/join: 1 units/);
    const loaded = await runCli('load', env);
    expect([loaded.exit, loaded.stdout]).toEqual([0, expect.stringMatching(/load: 1 units/)]);
    expect(await compareWithOracle(source, '26.7', database)).toMatchObject(equal);
    expect(
      await onServer('26.7', `SELECT count() > 0 FROM ${database}.images_analytical FINAL WHERE mouth_gap = 7.125`),
    ).toBe('1');
  });
});
