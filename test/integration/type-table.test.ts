import { writeFileSync } from 'node:fs';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, onServer, type Version } from '../support/migration.js';
import { atDatabase } from '../support/read-source.js';
import { describeMysql97 } from '../support/real-mysql.js';
import { type TypeColumn, typeColumns } from '../support/type-table.js';

const own = typeColumns.filter((column): column is TypeColumn & { mysql: string } => column.mysql !== undefined);
const common = { place: 'target', misfit: 'reject' };

/** The dataset of the table; `more` columns of the source are declared beside the known ones. */
function datasetJson(more: Readonly<Record<string, string>> = {}): string {
  const columns = Object.fromEntries([['id', 'int'], ...own.map(({ name, kind }) => [name, kind])]);
  const source = { name: 't', engine: 'mysql', role: 'driving', table: 'types', aliases: [], optional: false };
  return JSON.stringify({
    ...{ format: 1, name: 'types', key: { name: 'id', digits: 10 }, options: [], oddities: [] },
    sources: [{ ...source, key: 'id', columns: { ...columns, ...more }, reduce: { rows: 'one' } }],
    columns: [
      { name: 'id', type: 'UInt32', sql: '"t"."id"', ...common },
      ...typeColumns.map(({ name, target, sql, declared }) => ({
        ...{ name, type: target, sql: sql ?? `"t"."${name}"`, ...common },
        ...(declared === undefined ? {} : { unknown: declared }),
      })),
      { name: 'written', type: 'DateTime', sql: '', place: 'version', misfit: 'reject' },
    ],
    table: {
      ...{ name: 'types', engine: 'ReplacingMergeTree', version: 'written' },
      ...{ partitionBy: '', orderBy: ['id'], settings: {} },
    },
  });
}

/** A reading with the column in the place of `c`. */
const over = (sql: string, name: string): string => sql.replaceAll(/\bc\b/g, name);

async function fill(connection: Connection, database: string): Promise<void> {
  await connection.query("SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES'");
  await connection.query(`DROP DATABASE IF EXISTS ${database}`);
  await connection.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await connection.query(`USE ${database}`);
  const columns = own.map(({ name, mysql }) =>
    /^timestamp/.test(mysql) ? `${name} ${mysql} NULL` : `${name} ${mysql}`,
  );
  await connection.query(`CREATE TABLE types (id INT PRIMARY KEY, place POINT, ${columns.join(', ')})`);
  const written = own.filter(({ values }) => values !== undefined);
  const names = ['id', 'place', ...written.map(({ name }) => name)];
  for (const row of [0, 1] as const) {
    const values = written.map((column) => column.values?.[row]);
    const list = [row + 1, 'ST_GeomFromText("POINT(1 2)")', ...values].join(', ');
    await connection.query(`INSERT INTO types (${names.join(', ')}) VALUES (${list})`);
  }
  await connection.query('INSERT INTO types (id) VALUES (3)');
}

function everyType(url: string, database: string): void {
  let connection: Connection;
  let env: Env;
  let expected: Record<string, string | null>[];
  const folder = dataFolder(database);

  beforeAll(async () => {
    connection = await createConnection({ uri: url, charset: 'utf8mb4' });
    await fill(connection, database);
    const dataset = `${folder}.json`;
    writeFileSync(dataset, datasetJson());
    env = { MYSQL_URL: atDatabase(url, database), DATASET: dataset, DATA_DIR: folder, CREATE: '1' };
    const readings = typeColumns.map(({ name, source }) => `HEX(${over(source, name)}) AS ${name}`);
    // MySQL refuses a number beyond the doubles; MariaDB's JSON is a text.
    await connection.query(`UPDATE types SET js = '{"n": 0.1e400}' WHERE id = 2`).catch(() => undefined);
    const [rows] = await connection.query<RowDataPacket[]>(`SELECT ${readings.join(', ')} FROM types ORDER BY id`);
    const unknown = ({ name, unknown: text }: TypeColumn) => [
      name,
      text === null ? null : Buffer.from(text).toString('hex').toUpperCase(),
    ];
    expected = [...rows.slice(0, 2), Object.fromEntries(typeColumns.map(unknown))] as Record<string, string | null>[];
    for (const command of ['export', 'join']) await mustRun(command, env);
  });
  afterAll(() => connection.end());

  it.each<Version>(['26.7', '25.8'])('every value arrives in ClickHouse %s by its bytes', async (version) => {
    await onServer(version, `DROP DATABASE IF EXISTS ${database} SYNC`);
    await mustRun('load', { ...env, ...boxEnv(version, database) });
    const readings = typeColumns.map(({ name, found }) => `hex(${over(found, `t.${name}`)}) AS ${name}`);
    const answer = await onServer(
      version,
      `SELECT ${readings.join(', ')} FROM ${database}.types AS t ORDER BY id FORMAT JSONEachRow`,
    );
    const rows = answer.split('\n').map((line) => JSON.parse(line) as Record<string, string | null>);
    expect(rows).toEqual(expected);
    const verified = await mustRun('verify', { ...env, ...boxEnv(version, database), SAMPLE: '10' });
    expect(verified).toContain('no difference');
    expect(verified).toMatch(/\b3 ids compared with MySQL: equal/);
  });

  it('a POINT that is declared is refused by its name, whatever it is declared as', async () => {
    const path = `${folder}-point.json`;
    for (const [kind, message] of [
      ['point', /t\.place: point columns are not carried[\s\S]*code: DATASET_INVALID/],
      ['blob', /types\.place is point, which does not fit the declared blob[\s\S]*code: SOURCE_SCHEMA/],
    ] as const) {
      writeFileSync(path, datasetJson({ place: kind }));
      const result = await runCli('export', { ...env, DATASET: path, DATA_DIR: `${folder}-point` });
      expect([result.exit, result.stderr]).toEqual([2, expect.stringMatching(message)]);
    }
  });
}

describe('every type on the server of the demo', () => everyType(inject('servers').mysqlUrl, 'type_table'));
describeMysql97('every type', (url) => everyType(url, 'type_table_97'));
