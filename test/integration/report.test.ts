import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { badValues } from '../../stages/demo/sample/bad-values.js';
import { resolveSample } from '../../stages/demo/sample/sample.js';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, inData, migrate, onServer } from '../support/migration.js';
import { pictureNames } from '../unit/report/facts.js';

const sample = { images: 3000, badValues: true, zeroDates: true };
const number = new Intl.NumberFormat('en-US');
/** As people see it: the tags gone, entities as what they stand for. */
const textOf = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

/** Matches without printing the whole page where it does not. */
const has = (text: string, wanted: string | RegExp): void => {
  const isThere = typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
  expect([wanted, isThere]).toEqual([wanted, true]);
};

describe('make report', () => {
  const rejected = new Set(badValues(resolveSample(sample)).map(({ imageId }) => imageId));
  let env: Env;
  let page = '';
  const path = (): string => join(inData(env.DATA_DIR ?? ''), 'report.html');
  const atSource = async (sql: string): Promise<unknown> => {
    const connection = await mysql.createConnection(env.MYSQL_URL ?? '');
    const [rows] = await connection.query({ sql, rowsAsArray: true });
    await connection.end();
    return (rows as unknown[][])[0]?.[0];
  };

  beforeAll(async () => {
    const source = await fillSources('report', { ...sample, months: 12 });
    env = { ...source.env, ...boxEnv('26.7', 'report'), DATA_DIR: dataFolder('report') };
    await migrate({ ...env, RANGE_ROWS: '500', SHARD_ROWS: '1000' });
    const said = await mustRun('report', env);
    expect(said).toContain(`report: ${path()} (`);
    page = readFileSync(path(), 'utf8');
  });

  it('tells what the source and the target say', async () => {
    const text = textOf(page);
    expect(text.includes(`rows rejected ! ${rejected.size}`), `rows rejected ! ${rejected.size}`).toBe(true);
    const stored = await onServer('26.7', 'SELECT count() FROM report.images_analytical');
    expect(Number(stored)).toBe(3000 - rejected.size);
    has(text, `rows loaded into box, 3 of 3 shards ${number.format(Number(stored))}`);
    has(text, `stored ${number.format(Number(stored))} rows`);
    const [first, last] = [
      await atSource('SELECT min(image_id) FROM Images'),
      await atSource('SELECT max(image_id) FROM Images'),
    ];
    for (const table of ['Images', 'Detections', 'ImagesKeywords']) {
      const rows = Number(await atSource(`SELECT count(*) FROM ${table} WHERE image_id BETWEEN ${first} AND ${last}`));
      has(text, new RegExp(`${table.toLowerCase()} mysql ${table} .{0,40}? ${number.format(rows)} `, 'i'));
    }
    const parts = `SELECT partition, sum(rows), count() FROM system.parts WHERE active AND database = 'report' GROUP BY 1`;
    for (const line of (await onServer('26.7', parts)).split('\n')) {
      const [partition, rows, count] = line.split('\t');
      has(text, `${partition} ${number.format(Number(rows))} ${count} `);
    }
  });

  it('names an example of what was rejected, and shows what is NULL', async () => {
    const text = textOf(page);
    const columns = (
      await mustRun('query', {
        ...env,
        TARGET: 'shards',
        SQL: 'SELECT "column", min("key") FROM rejects GROUP BY 1',
        JSON: '1',
      })
    )
      .split('\n')
      .flatMap((line) => (line.includes('"table"') ? (JSON.parse(line) as { rows: string[][] }).rows : []));
    expect(columns.length).toBeGreaterThan(3);
    for (const [column, key] of columns) has(text, new RegExp(`${column} does not fit \\S+.*? ${key} `));
    const ids = [...rejected].join(', ');
    const unknown = await atSource(
      `SELECT count(*) FROM Images WHERE location_id IS NULL AND image_id NOT IN (${ids})`,
    );
    has(text, new RegExp(`location_id UInt16 ${number.format(Number(unknown))} `));
    expect(text.includes('zero dates, taken as NULL'), 'zero dates, taken as NULL').toBe(true);
  });

  it('has a picture of each kind, and no secret', () => {
    const names = pictureNames(page);
    for (const begin of [
      'Map of 6 ranges',
      'export: ',
      'join: ',
      'load box: ',
      'Rows by source',
      'NULL in the shards',
      'Parts by partition',
    ])
      expect(
        names.some((name) => name.startsWith(begin)),
        begin,
      ).toBe(true);
    const passwords = [new URL(env.MYSQL_URL ?? '').password, env.BOX_PASSWORD ?? ''].filter((word) => word.length > 3);
    expect(passwords.length).toBeGreaterThan(0);
    for (const password of passwords) expect(page).not.toContain(password);
  });

  it('is made without a target that is away, from the shards alone too, and makes no embedded one', async () => {
    const away = await mustRun('report', { ...env, BOX_URL: 'http://127.0.0.1:1', BOX_TIMEOUT: '5' });
    expect(away).toContain('without what box says itself');
    const text = textOf(readFileSync(path(), 'utf8'));
    expect(text.includes('The target box was not asked'), 'The target box was not asked').toBe(true);
    // Months from the shards agree with what the target has by month.
    const months = `SELECT formatDateTime(upload_date, '%Y-%m') m, count() FROM report.images_analytical WHERE upload_date > '1970-01-02' GROUP BY m`;
    for (const line of (await onServer('26.7', months)).split('\n')) {
      const [month, rows] = line.split('\t');
      has(text, `${month} ${number.format(Number(rows))} `);
    }
    const { TARGET: _, MYSQL_URL: __, MONGO_URL: ___, ...rest } = env;
    await mustRun('report', { ...rest, DATA_DIR: join(inData(env.DATA_DIR ?? ''), 'shards') });
    const alone = join(inData(env.DATA_DIR ?? ''), 'shards', 'report.html');
    const shipped = readFileSync(alone, 'utf8');
    rmSync(alone);
    expect(pictureNames(shipped)[0]).toContain('Map of 3 ranges');
    expect(shipped).toContain('there is no embedded ClickHouse in this data folder');
    expect(existsSync(join(inData(env.DATA_DIR ?? ''), 'shards', 'clickhouse'))).toBe(false);
  });

  it('says what comes first where there is nothing yet', async () => {
    const { exit, stderr } = await runCli('report', { DATA_DIR: dataFolder('report-empty') });
    expect([exit, stderr]).toEqual([10, expect.stringContaining('NOTHING_YET')]);
  });
});
