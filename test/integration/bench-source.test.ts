import { beforeAll, expect, inject, it } from 'vitest';
import { settingsClause } from '../../src/clickhouse/client.js';
import { createTableSql } from '../../src/clickhouse/ddl.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { comparedColumns, fingerprintSql, oneShotSettings, oneShotSql } from '../bench/peer-sql.js';
import { makeSource, type SourceFacts } from '../bench/source.js';
import { mustRun } from '../support/cli.js';
import { boxEnv, dataFolder, migrate, onServer } from '../support/migration.js';

/** `make bench` holds transload against one INSERT … SELECT over mysql(): both must be the same job. */
const database = 'bench_source';
const images = 2000;
const version = '26.7';
const table = 'images_analytical';
let facts: SourceFacts;
let status: string;

beforeAll(async () => {
  const { mysqlUrl } = inject('servers');
  facts = await makeSource(mysqlUrl, database, images);
  await onServer(version, `CREATE DATABASE IF NOT EXISTS ${database}`);
  const source = Object.assign(new URL(mysqlUrl), { pathname: `/${database}` });
  const env = { ...boxEnv(version, database), MYSQL_URL: source.href, DATA_DIR: dataFolder(database) };
  await migrate(env);
  status = await mustRun('status', env);
  const { username: user, password, port } = source;
  const peer = { host: '127.0.0.1', port: Number(port), user, password: decodeURIComponent(password), database };
  await onServer(version, createTableSql(imagesAnalytical, database, 'one_shot'));
  // That one is a word of the HTTP interface, not of a statement.
  const { wait_end_of_query: _, ...settings } = oneShotSettings;
  await onServer(version, `${oneShotSql(peer, database, 'one_shot', 1)}${settingsClause(settings)}`);
});

const number = async (sql: string): Promise<number> => Number(await onServer(version, sql));

it('the source has the rows that it should, in 240 months, and all of them fit', async () => {
  expect(facts.rows.Images).toBe(images);
  const perImage = Object.values(facts.rows).reduce((sum, rows) => sum + rows, 0) / images;
  expect(perImage).toBeGreaterThan(18);
  expect(perImage).toBeLessThan(20);
  const days = `SELECT uniqExact(toYYYYMM(upload_date)) FROM ${database}.${table} WHERE upload_date > 0`;
  expect(await number(days)).toBe(240);
  expect(await number(`SELECT count() FROM ${database}.${table}`)).toBe(images);
  expect(status).not.toMatch(/reject|no row|not in the lookup|out of range/i);
  // Re-runs of the topic model are part of the reference work.
  expect(status).toContain('imagestopics: extra rows, one chosen');
});

it('gives by one INSERT … SELECT what transload gives, value by value', async () => {
  const { exact, rounded } = comparedColumns();
  const rows = (name: string): string => `SELECT ${exact.join(', ')} FROM ${database}.${name}`;
  const except = (a: string, b: string): string => `SELECT count() FROM (${rows(a)} EXCEPT ALL ${rows(b)})`;
  expect(await number(except(table, 'one_shot'))).toBe(0);
  expect(await number(except('one_shot', table))).toBe(0);
  // mysql() reads FLOAT as a text of six digits; the other columns, but for the version, are all of them.
  expect([...exact, ...rounded, 'face_cluster', 'updated_at'].length).toBe(62);
  const near = rounded.map((name) => `countIf(abs(a.${name} - b.${name}) > 0.000001)`).join(' + ');
  expect(await number(`SELECT ${near} FROM ${database}.${table} a JOIN ${database}.one_shot b USING (image_id)`)).toBe(
    0,
  );
  const prints = [table, 'one_shot'].map((name) => onServer(version, fingerprintSql(database, name)));
  const [ours, theirs] = (await Promise.all(prints)).map((line) => line.split('\t'));
  expect(ours?.slice(0, 3)).toEqual(theirs?.slice(0, 3));
});
