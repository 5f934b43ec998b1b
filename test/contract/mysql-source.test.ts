import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inclusiveRange } from '../../src/core/ranges.js';
import { table } from '../../src/dataset/declare.js';
import type { SourceServer } from '../../src/sources/source.js';
import { atDatabase, openSource, readAll } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'contract_source';

describeMysql('a source', (url) => {
  let server: SourceServer;
  let admin: Connection;
  const ids = table('Ids', 'id', {}, { reduce: { rows: 'one' }, role: 'driving' });
  /** MySQL has no CREATE OR REPLACE. */
  const make = async (name: string, columns: string): Promise<void> => {
    await admin.query(`DROP TABLE IF EXISTS ${name}; CREATE TABLE ${name} (${columns})`);
  };
  const fill = async (values: readonly (number | string)[]): Promise<void> => {
    await make('Ids', 'id BIGINT PRIMARY KEY');
    if (values.length > 0) await admin.query(`INSERT INTO Ids VALUES ${values.map((id) => `(${id})`).join(', ')}`);
  };
  const bounds = async (rangeRows: number, after?: bigint) => {
    const found = await server.find(ids);
    return server.bounds(ids, found as NonNullable<typeof found>, rangeRows, after);
  };

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database}`,
    );
    server = openSource({ MYSQL_URL: atDatabase(url, database) });
  });
  afterAll(async () => {
    await server.close();
    await admin.end();
  });

  it('plans ranges by rows: seams, gaps, 0, and the greatest ids', async () => {
    await fill([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await bounds(5)).toEqual({ bounds: [1n, 6n], end: 11n, rows: 10, isExact: true });
    expect(await bounds(5, 9n)).toEqual({ bounds: [9n], end: 11n, rows: 2, isExact: true });
    expect(await bounds(5, 11n)).toEqual({ bounds: [], end: 11n, rows: 0, isExact: true });
    await fill([1, 2, 50_000_001]);
    expect(await bounds(1000)).toEqual({ bounds: [1n], end: 50_000_002n, rows: 3, isExact: true });
    expect(await bounds(2)).toEqual({ bounds: [1n, 50_000_001n], end: 50_000_002n, rows: 3, isExact: true });
    await fill([0, 7, 2147483647, 4294967295, '9007199254740993']);
    expect(await bounds(2)).toEqual({
      bounds: [0n, 2147483647n, 9007199254740993n],
      end: 9007199254740994n,
      rows: 5,
      isExact: true,
    });
    await fill([-3, 5]);
    await expect(bounds(2)).rejects.toMatchObject({ code: 'KEY_NEGATIVE', exit: 2 });
    await fill([]);
    expect((await bounds(2)).bounds).toEqual([]);
  });

  it('brings every value over unchanged, in key order, and counts zero dates', async () => {
    await make(
      'V',
      `id INT PRIMARY KEY, b BOOLEAN, u INT UNSIGNED, big BIGINT, d DECIMAL(6,3), f FLOAT, g DOUBLE, day DATE,
      t VARCHAR(50), l VARCHAR(9) CHARACTER SET latin1, x BLOB`,
    );
    await admin.query(`SET sql_mode = '';
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
    // MySQL keeps the sign of a zero, MariaDB does not.
    const [[asText]] = await admin.query<RowDataPacket[][]>({
      sql: 'SELECT CAST(g AS CHAR) FROM V WHERE id = 9',
      rowsAsArray: true,
    });
    const zero = Number(asText?.[0]);
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
        zero,
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
    await make('Loose', 'id INT, k INT');
    await admin.query('INSERT INTO Loose VALUES (NULL, 1), (4, 2)');
    const loose = table('Loose', 'id', { k: 'int' }, { reduce: { rows: 'one' } });
    const found = await server.find(loose);
    expect(found).toMatchObject({ index: undefined, unique: false });
    expect([...(await server.unreachable(loose, 'Loose'))]).toEqual([['key_null', { count: 1, example: null }]]);
    expect(await server.count(loose, 'Loose', inclusiveRange(1n, 9n))).toBe(1);
  });

  it('estimates the rows as they are now, not as they were a day ago', async () => {
    await fill([1]);
    expect((await server.find(ids))?.estimate).toBeLessThan(10);
    await admin.query(`INSERT INTO Ids VALUES ${Array.from({ length: 5000 }, (_, row) => `(${row + 2})`).join(', ')}`);
    // The server counts in the background.
    await expect
      .poll(async () => (await server.find(ids))?.estimate, { timeout: 30_000, interval: 250 })
      .toBeGreaterThan(2500);
  });

  it('a table that the user may not read is no missing table: the GRANT is named (fault 29)', async () => {
    await fill([1]);
    await make('Seen', 'id INT');
    await admin.query(
      `DROP USER IF EXISTS blind@'127.0.0.1'; CREATE USER blind@'127.0.0.1'; GRANT SELECT ON ${database}.Seen TO blind@'127.0.0.1'`,
    );
    const blind = openSource({ MYSQL_URL: atDatabase(url, database), MYSQL_USER: 'blind', MYSQL_PASSWORD: '' });
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
