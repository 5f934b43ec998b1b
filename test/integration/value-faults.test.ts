import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Column, Dataset } from '../../src/dataset/declaration.js';
import { column, gather, table } from '../../src/dataset/declare.js';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, onServer } from '../support/migration.js';
import { atDatabase } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';
import { cacheDir } from '../support/servers.js';

/** Rows: key, then a value for each column; what is bad in them stands beside. */
const rows: readonly (readonly string[])[] = [
  // id, u32, u8, i64, day, moment, price, code
  ['1', '4294967295', '255', '9223372036854775807', "'1970-01-01'", "'2106-02-07 06:28:15'", '-999.999', "'abc'"],
  ['2', '4294967296', '0', '0', "'2020-01-01'", "'2020-01-01'", '0', "'a'"],
  ['3', '-1', '256', '0', "'2020-01-01'", "'2020-01-01'", '0', "'a'"],
  ['4', '0', '-1', '18446744073709551615', "'2020-01-01'", "'2020-01-01'", '0', "'a'"],
  ['5', '0', '0', '9007199254740993', "'1969-12-31'", "'2020-01-01'", '0', "'a'"],
  ['6', '0', '0', '0', "'2106-02-08'", "'2020-01-01'", '0', "'a'"],
  ['7', '0', '0', '0', "'9999-12-31'", "'2020-01-01'", '0', "'a'"],
  ['8', '0', '0', '0', "'2020-01-01'", "'2106-02-07 06:28:16'", '0', "'a'"],
  ['9', '0', '0', '0', "'2020-01-01'", "'2020-01-01'", '1000', "'a'"],
  ['10', '0', '0', '0', "'2020-01-01'", "'2020-01-01'", '2.0345', "'a'"],
  ['11', '0', '0', '0', "'2020-01-01'", "'2020-01-01'", '0', "'abcd'"],
  ['12', '0', '0', '0', "'0000-00-00'", "'0000-00-00'", '2.034', "''"],
  ['13', '0', '0', '0', "'2020-00-15'", "'2020-01-00 10:00:00'", '0', "'a'"],
  ['14', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL', 'NULL'],
  ['18446744073709551615', '7', '7', '7', "'2020-01-01'", "'2020-01-01'", '7', "'z'"],
];

/** What the join must set aside: key, column, value. */
const bad = [
  ['2', 'u32', '4294967296'],
  ['3', 'u32', '-1'],
  ['3', 'u8', '256'],
  ['4', 'i64', '18446744073709551615'],
  ['4', 'u8', '-1'],
  ['8', 'moment', '2106-02-07 06:28:16'],
  ['9', 'price', '1000.0000'],
  ['10', 'price', '2.0345'],
  ['11', 'code', 'abcd'],
];

function faulty(misfits: Readonly<Record<string, Column['misfit']>> = {}): Dataset {
  const source = table(
    'Faulty',
    'id',
    { u32: 'bigint', u8: 'int', i64: 'bigint unsigned', day: 'date', moment: 'datetime', price: 'decimal(10,4)' },
    { role: 'driving', reduce: { rows: 'one' } },
  );
  const columns = { id: 'bigint unsigned', ...source.columns, code: 'varchar' };
  const of = (name: string, type: string, misfit: Column['misfit'] = 'reject') =>
    column(name, type, `faulty.${name}`, { misfit: misfits[name] ?? misfit });
  return {
    format: 1,
    name: 'faulty',
    key: { name: 'id', digits: 20 },
    ...gather(
      [{ ...source, columns: { ...columns, id: 'bigint unsigned' } }],
      [
        of('id', 'UInt64'),
        of('u32', 'UInt32'),
        of('u8', 'UInt8'),
        of('i64', 'Int64'),
        of('day', "DateTime('UTC')", 'unknown'),
        of('moment', "DateTime('UTC')"),
        of('price', 'Decimal(6, 3)'),
        of('code', 'FixedString(3)'),
        column('loaded_at', "DateTime('UTC')", '', { place: 'version' }),
      ],
    ),
    options: [],
    oddities: [],
    table: {
      ...{ name: 'faulty', engine: 'ReplacingMergeTree', version: 'loaded_at', partitionBy: '' },
      ...{ orderBy: ['id'], settings: {} },
    },
  };
}

function written(name: string, dataset: Dataset): string {
  const folder = join(cacheDir, 'test');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(dataset));
  return path;
}

describeMysql('values that do not fit their declared type', (url) => {
  const name = `value_faults_${new URL(url).port}`;
  let admin: Connection;
  let env: Env & { DATA_DIR: string };

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(`DROP DATABASE IF EXISTS ${name}; CREATE DATABASE ${name}; USE ${name}; SET sql_mode = '';
      CREATE TABLE Faulty (id BIGINT UNSIGNED PRIMARY KEY, u32 BIGINT, u8 INT, i64 BIGINT UNSIGNED, day DATE, moment DATETIME,
        price DECIMAL(10,4), code VARCHAR(9));
      INSERT INTO Faulty VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')}`);
    env = {
      ...{ MYSQL_URL: atDatabase(url, name), RANGE_ROWS: '5', SHARD_ROWS: '10', DATA_DIR: dataFolder(name) },
      ...{ DATASET: written(name, faulty()), ...boxEnv('26.7', name) },
    };
  });
  afterAll(() => admin.end());

  it('are set aside with key, column, value, reason and row; the rest is loaded (faults 12, 13, 14)', async () => {
    await mustRun('export', env);
    const joined = await mustRun('join', env);
    expect(joined.trimEnd().split('\n').at(-1)).toMatch(
      /8 rows, .* 7 ROWS REJECTED \(price 2, u32 2, 4 columns more\), see/,
    );
    const sql = 'SELECT "key"::VARCHAR AS k, "column" AS c, "value" AS v FROM rejects ORDER BY "key", "column"';
    const answer = await mustRun('query', { ...env, TARGET: 'shards', SQL: sql, JSON: '1' });
    const found = answer.split('\n').flatMap((line) => (line.includes('"rows"') ? JSON.parse(line).rows : []));
    expect(found).toEqual(bad);
    const [whole] = JSON.parse(
      (
        await mustRun('query', {
          ...env,
          TARGET: 'shards',
          SQL: 'SELECT "row", reason FROM rejects WHERE "column" = \'i64\'',
          JSON: '1',
        })
      )
        .split('\n')
        .find((line) => line.includes('"rows"')) ?? '',
    ).rows;
    expect(whole[1]).toBe('does not fit Int64');
    expect(whole[0]).toContain('"i64":18446744073709551615');
    expect(JSON.parse(whole[0])).toMatchObject({ id: 4, u8: -1, day: '2020-01-01', code: 'a' });

    const loaded = await mustRun('load', { ...env, CREATE: '1' });
    expect(loaded).toMatch(/unknown-values put in for NULL: 1[0-9] in 7 columns/);
    expect(loaded.trimEnd().split('\n').at(-1)).toMatch(/reject/i);
    const seen = await onServer(
      '26.7',
      `SELECT id, u32, u8, i64, toString(day), toString(moment), toString(price), hex(code) FROM ${name}.faulty FINAL ORDER BY id FORMAT TSV`,
    );
    const epoch = '1970-01-01 00:00:00';
    const [day, zeros] = ['2020-01-01 00:00:00', '000000'];
    expect(seen.split('\n').map((line) => line.split('\t'))).toEqual([
      ['1', '4294967295', '255', '9223372036854775807', epoch, '2106-02-07 06:28:15', '-999.999', '616263'],
      ['5', '0', '0', '9007199254740993', epoch, day, '0', '610000'],
      ['6', '0', '0', '0', epoch, day, '0', '610000'],
      ['7', '0', '0', '0', epoch, day, '0', '610000'],
      ['12', '0', '0', '0', epoch, epoch, '2.034', zeros],
      ['13', '0', '0', '0', epoch, epoch, '0', '610000'],
      ['14', '0', '0', '0', epoch, epoch, '0', zeros],
      ['18446744073709551615', '7', '7', '7', day, day, '7', '7A0000'],
    ]);
  });

  it('are loud in status and verify, which ends with 3; zero dates are counted (fault 3)', async () => {
    const status = await mustRun('status', env);
    for (const line of [/2 +12 +day: zero dates, taken as NULL/, /2 +12 +moment: zero dates, taken as NULL/]) {
      expect(status).toMatch(line);
    }
    expect(status).toMatch(/3 +5 +day: out of range, taken as unknown/);
    expect(status).toContain('7 ROWS REJECTED');
    for (const command of ['status', 'verify', 'load']) {
      const { stdout } = await runCli(command, { ...env, JSON: '1' });
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(events.find(({ event }) => event === 'rejects')).toMatchObject({
        ...{ rows: 7, values: 9, columns: { u32: 2, u8: 2, i64: 1, moment: 1, price: 2, code: 1 } },
        folder: expect.stringMatching(/shards\/rejects$/),
      });
    }
    const verified = await runCli('verify', env);
    expect([verified.exit, verified.stdout + verified.stderr]).toEqual([
      3,
      expect.stringMatching(/7 rows?[^\n]*reject/i),
    ]);
  });

  it('stop the shard with ON_REJECT=fail; ZERO_DATES=fail stops the range with the id', async () => {
    const strict = await runCli('join', { ...env, AGAIN: '1', ON_REJECT: 'fail' });
    expect([strict.exit, strict.stdout + strict.stderr]).toEqual([3, expect.stringMatching(/u32 2[\s\S]*REJECTS/)]);
    const dates = await runCli('export', { ...env, AGAIN: '1', ZERO_DATES: 'fail' });
    expect([dates.exit, dates.stdout + dates.stderr]).toEqual([
      3,
      expect.stringMatching(/Faulty\.(day|moment) of id 12[\s\S]*ZERO_DATE/),
    ]);
  });

  it('become the nearest value, or unknown, where the dataset says so; each is counted', async () => {
    const policies = {
      u32: 'clamp',
      u8: 'clamp',
      i64: 'unknown',
      moment: 'clamp',
      price: 'clamp',
      code: 'unknown',
    } as const;
    const lenient = {
      ...{ ...env, DATASET: written(`${name}_lenient`, faulty(policies)), DATA_DIR: dataFolder(`${name}_lenient`) },
      ...boxEnv('26.7', `${name}_lenient`),
    };
    for (const command of ['export', 'join', 'load']) await mustRun(command, { ...lenient, CREATE: '1' });
    const seen = await onServer(
      '26.7',
      `SELECT id, u32, u8, i64, toString(moment), toString(price), hex(code) FROM ${name}_lenient.faulty FINAL WHERE id IN (2, 3, 4, 8, 9, 10, 11) ORDER BY id FORMAT TSV`,
    );
    const day = '2020-01-01 00:00:00';
    expect(seen.split('\n').map((line) => line.split('\t'))).toEqual([
      ['2', '4294967295', '0', '0', day, '0', '610000'],
      ['3', '0', '255', '0', day, '0', '610000'],
      ['4', '0', '0', '0', day, '0', '610000'],
      ['8', '0', '0', '0', '2106-02-07 06:28:15', '0', '610000'],
      ['9', '0', '0', '0', day, '999.999', '610000'],
      ['11', '0', '0', '0', day, '0', '000000'],
    ]);
    const status = await mustRun('status', lenient);
    expect(status).toMatch(/2 +2 +u32: out of range, taken as the nearest/);
    expect(status).toMatch(/1 +11 +code: out of range, taken as unknown/);
    // 2.0345 is in range and has no nearest value of three digits that would be the same: it is rejected all the same.
    expect((await runCli('verify', lenient)).exit).toBe(3);
  });
});
