import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Source } from '../../src/dataset/declaration.js';
import { collection, table } from '../../src/dataset/declare.js';
import { rawSelect } from '../../src/sources/mysql-rows.js';
import type { FoundTable, SourceServer } from '../../src/sources/source.js';
import { useMongoScores } from '../support/mongo-scores.js';
import { atDatabase, openSource } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'contract_raw_rows';
const keyMax = 18446744073709551615n;

/** The rows of some keys: each value as text, or in hex where it is no UTF-8. */
async function rowsOf(server: SourceServer, source: Source, keys: readonly bigint[] | undefined) {
  const found = (await server.find(source)) as FoundTable;
  const rows: (string | null)[][] = [];
  await server.rowsOf(source, found, keys, (row) => {
    const text = (value: Uint8Array): string => {
      const bytes = Buffer.from(value);
      return bytes.toString().includes('\ufffd') ? `0x${bytes.toString('hex')}` : bytes.toString();
    };
    rows.push(row.map((value) => (value === null ? null : text(value))));
  });
  return { found, rows: rows.sort((a, b) => (BigInt(a[0] ?? 0) < BigInt(b[0] ?? 0) ? -1 : 1)) };
}

describeMysql('rows of some keys', (url) => {
  let server: SourceServer;
  let admin: Connection;
  const source = table(
    'Raw',
    'id',
    {
      ...{ id: 'bigint unsigned', b: 'boolean', d: 'decimal(6,3)', f: 'float', g: 'double', day: 'date' },
      ...{ dt: 'datetime(6)', ts: 'timestamp', t: 'varchar', l: 'varchar', x: 'blob', bits: 'bit(9)', y: 'year' },
      ...{ ['__proto__']: 'int' },
    },
    { reduce: { rows: 'one' } },
  );

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true, timezone: 'Z' });
    await admin.query(`DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4;
      USE ${database}; SET sql_mode = '', time_zone = '+00:00';
      CREATE TABLE Raw (id BIGINT UNSIGNED NOT NULL, b BOOLEAN, d DECIMAL(6,3), f FLOAT, g DOUBLE, day DATE, dt DATETIME(6),
        ts TIMESTAMP NULL, t VARCHAR(50), l VARCHAR(9) CHARACTER SET latin1, x BLOB, bits BIT(9), y YEAR, \`__proto__\` INT,
        INDEX (id));
      INSERT INTO Raw VALUES (${keyMax}, 2, -0.001, 0.671873927116394, -0e0, '1969-12-31', '2020-01-02 03:04:05.000006',
        '2024-03-31 01:30:00', CONCAT('a', CHAR(0), 'b😀 '), X'E9', X'00FF', b'100000001', 1901, 7),
      (9007199254740993, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
      (9007199254740992, 0, 0, 0, 0, '0000-00-00', '2020-00-15 00:00:00', NULL, '', '', '', b'0', 0, 0)`);
    await admin.query(`INSERT INTO Raw (id) SELECT n + 1000 FROM (WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL
      SELECT n + 1 FROM s WHERE n < 900) SELECT n FROM s) AS numbers`);
    server = openSource({ MYSQL_URL: atDatabase(url, database) });
  });
  afterAll(async () => {
    await server.close();
    await admin.end();
  });

  it('come as the server wrote them, keys above 2^53 told apart', async () => {
    const { rows } = await rowsOf(server, source, [keyMax, 9007199254740993n, 5n]);
    // MySQL keeps the sign of a zero, MariaDB does not.
    const [[numbers]] = await admin.query<RowDataPacket[][]>({
      sql: `SELECT CAST(CAST(f AS DOUBLE) AS CHAR), CAST(g AS CHAR) FROM Raw WHERE id = ${keyMax}`,
      rowsAsArray: true,
    });
    const [float, zero] = (numbers ?? []) as unknown as [string, string];
    expect(rows).toEqual([
      ['9007199254740993', ...new Array(13).fill(null)],
      [
        ...[String(keyMax), '2', '-0.001', float, zero, '1969-12-31', '2020-01-02 03:04:05.000006'],
        ...['2024-03-31 01:30:00', 'a\0b😀 ', 'é', '0x00ff', '257', '1901', '7'],
      ],
    ]);
    expect(Math.fround(Number(float))).toBe(Number(float));
    const [zeros] = (await rowsOf(server, source, [9007199254740992n])).rows;
    expect(zeros?.slice(5, 8)).toEqual(['0000-00-00', '2020-00-15 00:00:00.000000', null]);
  });

  it('are found through the index, however many keys there are', async () => {
    const keys = Array.from({ length: 900 }, (_, n) => BigInt(n + 1001));
    const { rows, found } = await rowsOf(server, source, [...keys, 3n]);
    expect(rows.map(([key]) => key)).toEqual(keys.map(String));
    const [[plan]] = await admin.query<RowDataPacket[]>(
      `EXPLAIN FORMAT=TRADITIONAL ${rawSelect(source, found, [1n, 2n])}`,
    );
    expect([plan?.type, plan?.key]).toEqual(['range', 'id']);
  });

  it('without keys are all rows', async () => {
    expect((await rowsOf(server, source, undefined)).rows).toHaveLength(903);
  });
});

describe('documents of some keys', () => {
  const mongo = useMongoScores('contract_raw_documents');

  it('are found by number whatever its type; values come as their kinds have them', async () => {
    const source = collection('scores', 'image_id', {
      ...{ n: 'bigint', d: 'double', m: 'decimal(6,3)', b: 'boolean', t: 'timestamp', s: 'varchar', x: 'blob' },
      ...{ 'a.b': 'int', o: 'objectid', j: 'json' },
    });
    const big = Long.fromString('9007199254740993');
    const id = new ObjectId();
    await mongo.scores.insertMany([
      {
        ...{ image_id: big, n: big, d: new Double(-0), m: Decimal128.fromString('1E+1'), b: true },
        ...{ t: new Date(1), s: 'é\0', x: new Binary(Buffer.from('fffe', 'hex')), a: { b: new Double(7) }, o: id },
        j: { k: [new Int32(1), new Double(1)] },
      },
      { image_id: new Double(7), n: null, j: null, a: 5 },
      { image_id: new Int32(7), n: new Double(7.5), s: new Int32(1), a: [{ b: 1 }] },
      ...[new Double(7.5), '7', Decimal128.fromString('7'), [new Int32(7)], null].map((image_id) => ({ image_id })),
    ]);
    const { rows } = await rowsOf(mongo.server, source, [7n, 9007199254740993n, 8n]);
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual(['7', ...new Array(9).fill(null), 'null']);
    // What is not of the declared type is told as it is.
    expect(rows).toContainEqual([
      ...['7', '{"$numberDouble":"7.5"}', null, null, null, null, '{"$numberInt":"1"}', null],
      ...['[{"b":{"$numberInt":"1"}}]', null, null],
    ]);
    expect(rows[2]).toEqual([
      ...['9007199254740993', '9007199254740993', '-0', '1E+1', '1', '1970-01-01 00:00:00.001', 'é\0', '0xfffe'],
      ...['7', id.toHexString(), '{"k":[{"$numberInt":"1"},{"$numberDouble":"1.0"}]}'],
    ]);
  });

  it('flags tell what is there: no null, no empty document, no pickled None', async () => {
    const source = collection('scores', 'image_id', ['f', 'inner.g']);
    const binary = (hex: string): Binary => new Binary(Buffer.from(hex, 'hex'));
    const none = ['80044e2e', '80024e2e', '80034e2e', '80054e2e', '4e2e', '80044e', '80024e', '80034e', '80054e', '4e'];
    const absent = [...none.map(binary), null, {}, undefined];
    const present = [binary('80044e2e00'), binary('00'), binary('80'), binary(''), [], 0, false, '', { a: null }];
    const documents = [...absent, ...present].map((f, index) => ({
      image_id: index + 1,
      ...(f === undefined ? {} : { f }),
      inner: { g: f ?? null },
    }));
    await mongo.scores.insertMany(documents);
    const { rows } = await rowsOf(mongo.server, source, undefined);
    expect(rows.map(([, f]) => f)).toEqual([...absent.map(() => 'false'), ...present.map(() => 'true')]);
    expect(rows.map(([, , g]) => g)).toEqual([...absent.map(() => 'false'), ...present.map(() => 'true')]);
  });
});
