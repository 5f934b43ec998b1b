import { Binary, Double, Int32, Long, MongoClient } from 'mongodb';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Batch } from '../../src/core/batch.js';
import { inclusiveRange, type KeyRange } from '../../src/core/ranges.js';
import type { Source } from '../../src/dataset/declaration.js';
import { collection, table } from '../../src/dataset/declare.js';
import { openMongo } from '../../src/sources/mongo.js';
import { openMysql } from '../../src/sources/mysql.js';
import type { SourceServer } from '../../src/sources/source.js';
import { serverConfig } from '../../stages/config.js';

const database = 'contract_source';
const at = (url: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
const all = inclusiveRange(0n, 4294967295n);

/** Rows of a source as plain values: numbers and keys as bigint or number, text as bytes in hex, NULL as null. */
async function readAll(server: SourceServer, source: Source, range: KeyRange | undefined = all) {
  const found = await server.find(source);
  if (!found) throw new Error(`${source.table} is not there`);
  const session = await server.open(new AbortController().signal);
  try {
    const reading = session.read({ source, table: found.table, index: found.index, range, live: found.live });
    const rows: unknown[][] = [];
    for await (const batch of reading.batches)
      for (let row = 0; row < batch.rows; row++) rows.push(valuesOf(batch, row));
    return { rows, oddities: Object.fromEntries(reading.oddities), found };
  } finally {
    await session.close();
  }
}

function valuesOf(batch: Batch, row: number): unknown[] {
  return batch.columns.map(({ kind, values, offsets, validity }) => {
    if ((((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) return null;
    if (offsets) return Buffer.from(values.subarray(offsets[row], offsets[row + 1]) as Uint8Array).toString('hex');
    if (kind.type === 'decimal') return values[row * 2];
    if (kind.type === 'flag') return (((values as Uint8Array)[row >> 3] ?? 0) >> (row & 7)) % 2 === 1;
    return values[row];
  });
}

describe('MySQL', () => {
  let server: SourceServer;
  let admin: Connection;
  const ids = table('Ids', 'id', {}, { reduce: { rows: 'one' }, role: 'driving' });
  const fill = async (values: readonly (number | string)[]): Promise<void> => {
    await admin.query("SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
    await admin.query('CREATE OR REPLACE TABLE Ids (id BIGINT PRIMARY KEY)');
    if (values.length > 0) await admin.query(`INSERT INTO Ids VALUES ${values.map((id) => `(${id})`).join(', ')}`);
  };
  const bounds = async (rangeRows: number, after?: bigint) => {
    const found = await server.find(ids);
    return server.bounds(ids, found as NonNullable<typeof found>, rangeRows, after);
  };

  beforeAll(async () => {
    const { mysqlUrl } = inject('servers');
    admin = await mysql.createConnection({ uri: mysqlUrl, multipleStatements: true });
    await admin.query(`CREATE OR REPLACE DATABASE ${database} CHARACTER SET utf8mb4`);
    await admin.changeUser({ database });
    server = openMysql(
      serverConfig({ MYSQL_URL: at(mysqlUrl) }, 'MYSQL') as NonNullable<ReturnType<typeof serverConfig>>,
    );
  });
  afterAll(async () => {
    await server.close();
    await admin.end();
  });

  it('plans ranges by rows: seams, gaps, 0, and the greatest ids', async () => {
    await fill([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await bounds(5)).toEqual({ bounds: [1n, 6n], end: 11n, rows: 10 });
    expect(await bounds(5, 9n)).toEqual({ bounds: [9n], end: 11n, rows: 2 });
    expect(await bounds(5, 11n)).toEqual({ bounds: [], end: 11n, rows: 0 });
    await fill([1, 2, 50_000_001]);
    expect(await bounds(1000)).toEqual({ bounds: [1n], end: 50_000_002n, rows: 3 });
    expect(await bounds(2)).toEqual({ bounds: [1n, 50_000_001n], end: 50_000_002n, rows: 3 });
    await fill([0, 7, 2147483647, 4294967295, '9007199254740993']);
    expect(await bounds(2)).toEqual({ bounds: [0n, 2147483647n, 9007199254740993n], end: 9007199254740994n, rows: 5 });
    await fill([-3, 5]);
    await expect(bounds(2)).rejects.toMatchObject({ code: 'KEY_NEGATIVE', exit: 2 });
    await fill([]);
    expect((await bounds(2)).bounds).toEqual([]);
  });

  it('brings every value over unchanged, in key order, and counts zero dates', async () => {
    await admin.query(`SET sql_mode = ''; CREATE OR REPLACE TABLE V (id INT PRIMARY KEY, b BOOLEAN, u INT UNSIGNED, big BIGINT, d DECIMAL(6,3),
      f FLOAT, g DOUBLE, day DATE, t VARCHAR(50), l VARCHAR(9) CHARACTER SET latin1, x BLOB);
      INSERT INTO V VALUES (9, 2, 4294967295, 9007199254740993, -0.001, 0.671873927116394, -0e0, '1969-12-31', CONCAT('a', CHAR(0), 'b😀 '), X'E9', X'00FF'),
      (3, NULL, NULL, NULL, NULL, NULL, NULL, '0000-00-00', '', NULL, NULL), (5, 0, 0, -9223372036854775808, 999.999, -1, 1e308, '2020-00-15', X'C280', '', '')`);
    const source = table(
      'v',
      'id',
      {
        b: 'boolean',
        u: 'int unsigned',
        big: 'bigint',
        d: 'decimal(6,3)',
        f: 'float',
        g: 'double',
        day: 'date',
        t: 'varchar',
        l: 'varchar',
        x: 'blob',
      },
      { reduce: { rows: 'one' } },
    );
    const { rows, oddities, found } = await readAll(server, source);
    expect(found.table).toBe('V');
    expect(rows).toEqual([
      [3, null, null, null, null, null, null, null, '', null, null],
      [5, 0, 0, -9223372036854775808n, 999999n, -1, 1e308, null, 'c280', '', ''],
      [
        9,
        2,
        4294967295,
        9007199254740993n,
        -1n,
        Math.fround(0.671873927116394),
        0,
        -1,
        '610062f09f988020',
        'c3a9',
        '00ff',
      ],
    ]);
    expect(oddities).toEqual({ 'zero_date:day': { count: 2, example: '3' } });
  });

  it('reads half-open ranges without losing or doubling a row, and knows a missing index', async () => {
    await fill(Array.from({ length: 10 }, (_, index) => index + 1));
    const [first, second] = [
      await readAll(server, ids, inclusiveRange(1n, 5n)),
      await readAll(server, ids, inclusiveRange(6n, 10n)),
    ];
    expect([...first.rows, ...second.rows].map(([id]) => Number(id))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await admin.query('CREATE OR REPLACE TABLE Loose (id INT, k INT); INSERT INTO Loose VALUES (NULL, 1), (4, 2)');
    const loose = table('Loose', 'id', { k: 'int' }, { reduce: { rows: 'one' } });
    const found = await server.find(loose);
    expect(found).toMatchObject({ index: undefined, unique: false });
    expect([...(await server.unreachable(loose, 'Loose'))]).toEqual([['key_null', { count: 1, example: null }]]);
    expect(await server.count(loose, 'Loose', inclusiveRange(1n, 9n))).toBe(1);
  });

  it('a table that the user may not read is no missing table: the GRANT is named (fault 29)', async () => {
    await fill([1]);
    await admin.query(
      "CREATE OR REPLACE TABLE Seen (id INT); CREATE OR REPLACE USER blind@'127.0.0.1'; GRANT SELECT ON contract_source.Seen TO blind@'127.0.0.1'",
    );
    const url = Object.assign(new URL(at(inject('servers').mysqlUrl)), { username: 'blind', password: '' }).href;
    const blind = openMysql(serverConfig({ MYSQL_URL: url }, 'MYSQL') as NonNullable<ReturnType<typeof serverConfig>>);
    await expect(blind.find(ids)).rejects.toMatchObject({ code: 'SOURCE_PRIVILEGE', exit: 12 });
    await blind.close();
  });

  it('finds tables whatever their case and by alias; two that differ by case only are an error', async () => {
    const renamed = table('Old', 'id', {}, { reduce: { rows: 'one' }, aliases: ['IDS'] });
    expect((await server.find(renamed))?.table).toBe('Ids');
    expect(await server.find(table('Nothing', 'id', {}, { reduce: { rows: 'one' } }))).toBeUndefined();
    await admin.query('CREATE TABLE Twin (id INT); CREATE TABLE TWIN (id INT)');
    await expect(server.find(table('twin', 'id', {}, { reduce: { rows: 'one' } }))).rejects.toMatchObject({
      code: 'TABLE_AMBIGUOUS',
      exit: 2,
    });
  });
});

describe('MongoDB', () => {
  let server: SourceServer;
  let client: MongoClient;
  const source = collection('marks', 'image_id', ['a', 'b']);

  beforeAll(async () => {
    const { mongoUrl } = inject('servers');
    client = await MongoClient.connect(mongoUrl);
    await client.db(database).dropDatabase();
    const bin = (hex: string): Binary => new Binary(Buffer.from(hex, 'hex'));
    await client
      .db(database)
      .collection('marks')
      .insertMany([
        { image_id: new Int32(7), a: bin('80049500'), b: null },
        { image_id: Long.fromNumber(7), a: bin('80044e2e'), b: { x: [1] } },
        { image_id: new Double(7), a: bin('4e2e'), b: {} },
        { image_id: new Int32(3), a: bin('80034e'), b: [] },
        { image_id: new Double(7.5), a: bin('01') },
        { image_id: '7', a: 1 },
        { image_id: null, a: 1 },
        { a: 1 },
        { image_id: Long.fromString('8589934592'), a: 0, b: '' },
      ]);
    await client.db(database).collection('marks').createIndex({ image_id: 1 });
    server = openMongo(
      serverConfig({ MONGO_URL: at(mongoUrl) }, 'MONGO') as NonNullable<ReturnType<typeof serverConfig>>,
    );
  });
  afterAll(async () => {
    await server.close();
    await client.close();
  });

  it('keys are one number whatever their BSON type; presence is as declared; the rest is counted', async () => {
    const { rows, oddities, found } = await readAll(server, source, inclusiveRange(0n, 8589934592n));
    expect(rows).toEqual([
      [3n, false, true],
      [7n, false, false],
      [7n, false, true],
      [7n, true, false],
      [8589934592n, true, true],
    ]);
    expect(oddities).toEqual({ 'key_type:double': { count: 1, example: '7.5' } });
    expect(found.index).toBeDefined();
    expect(await server.count(source, 'marks', inclusiveRange(0n, 8589934592n))).toBe(rows.length);
    expect(await server.count(source, 'marks', inclusiveRange(7n, 7n))).toBe(3);
    const unreachable = Object.fromEntries(
      [...(await server.unreachable(source, 'marks'))].map(([name, { count }]) => [name, count]),
    );
    expect(unreachable).toEqual({ 'key_type:string': 1, 'key_type:null': 1, 'key_type:missing': 1 });
  });

  it('an absent collection is undefined; a server that is not there is said within seconds', async () => {
    expect(await server.find(collection('nothing', 'image_id', ['a']))).toBeUndefined();
    expect((await server.find({ ...source, table: 'MARKS' }))?.table).toBe('marks');
  });
});
