import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inclusiveRange } from '../../src/core/ranges.js';
import { table } from '../../src/dataset/declare.js';
import type { SourceServer } from '../../src/sources/source.js';
import { atDatabase, openSource, readAll } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'contract_faults';
const one = { reduce: { rows: 'one' } } as const;

describeMysql('values that scripts get wrong', (url) => {
  let server: SourceServer;
  let admin: Connection;
  const make = (name: string, columns: string): Promise<unknown> =>
    admin.query(`DROP TABLE IF EXISTS ${name}; CREATE TABLE ${name} (id INT PRIMARY KEY, ${columns})`);
  /** HEX of a column's UTF-8 form, as the server itself gives it. */
  const hexOf = async (name: string, column: string): Promise<unknown[]> => {
    const sql = `SELECT LOWER(HEX(CONVERT(${column} USING utf8mb4))) FROM ${name} ORDER BY id`;
    const [rows] = await admin.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
    return rows.map(([value]) => value);
  };

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true, charset: 'utf8mb4' });
    await admin.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database}`,
    );
    server = openSource({ MYSQL_URL: atDatabase(url, database) });
  });
  afterAll(async () => {
    await server.close();
    await admin.end();
  });

  it.each([
    ['utf8mb4', ["CONCAT('a', CHAR(0), 'b')", "'😀 '", "X'C280C293'", "''", "' trailing  '", "'tab\\tnew\\nback\\\\'"]],
    ['utf8mb3', ["CONCAT('a', CHAR(0), 'b')", "'é '", "X'C280C293'", "''", "' trailing  '", "'漢字 Việt'"]],
    ['latin1', ["X'E9'", "X'80'", "X'81'", "X'FF'", "''", "X'00'", "'é€'"]],
    ['gbk', ["'漢字'", "'a'", "''", "X'C4E3'", "'b '"]],
    ['sjis', ["'漢字'", "'a'", "''", "X'93FA'", "'b '"]],
    ['ucs2', ["'漢字'", "'é'", "''", "'b '"]],
    ['utf32', ["'漢字'", "'😀'", "''", "'b '"]],
    ['ascii', ["'a'", "''", "' b '"]],
  ])('text of %s arrives as the bytes of its utf8mb4 form (fault 18)', async (charset, values) => {
    const columns = ['CHAR(20)', 'VARCHAR(20)', 'TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT'];
    await make('Texts', columns.map((type, index) => `c${index} ${type} CHARACTER SET ${charset}`).join(', '));
    const rows = values.map((value, index) => `(${index}${columns.map(() => `, ${value}`).join('')})`);
    await admin.query(`SET sql_mode = ''; INSERT INTO Texts VALUES ${rows.join(', ')}`);
    const names = columns.map((_, index) => `c${index}`);
    const source = table('Texts', 'id', Object.fromEntries(names.map((name) => [name, 'varchar'])), one);
    const read = await readAll(server, source);
    expect(read.rows).toHaveLength(values.length);
    for (const [index, name] of names.entries()) {
      expect(read.rows.map((row) => row[index + 1])).toEqual(await hexOf('Texts', name));
    }
  });

  it('a text longer than max_allowed_packet is no NULL: it arrives whole or its row is named', async () => {
    await make('Large', 't LONGTEXT, b LONGBLOB');
    await admin.query(
      "INSERT INTO Large VALUES (1, 'a', 'a'), (2, REPEAT('é', 1000000), REPEAT('x', 2000000)), (3, NULL, '')",
    );
    const [[limit]] = await admin.query<RowDataPacket[]>('SELECT @@GLOBAL.max_allowed_packet AS bytes');
    await admin.query('SET GLOBAL max_allowed_packet = 1048576');
    const small = openSource({ MYSQL_URL: atDatabase(url, database) });
    try {
      const blobs = await readAll(small, table('Large', 'id', { b: 'longblob' }, one));
      expect(blobs.rows.map(([, bytes]) => String(bytes).length)).toEqual([2, 4_000_000, 0]);
      const texts = await readAll(small, table('Large', 'id', { t: 'longtext' }, one)).then(
        ({ rows }) => rows,
        (error: unknown) => error,
      );
      // MariaDB cannot give such a text, MySQL 9.7 can.
      if (!(texts instanceof Error))
        expect(texts).toEqual([
          [1, '61'],
          [2, 'c3a9'.repeat(1_000_000)],
          [3, null],
        ]);
      else
        expect(texts).toMatchObject({ code: 'TEXT_NOT_UTF8', exit: 3, message: expect.stringContaining('t of id 2') });
    } finally {
      await admin.query('SET GLOBAL max_allowed_packet = ?', [limit?.bytes]);
      await small.close();
    }
    const { rows } = await readAll(server, table('Large', 'id', { t: 'longtext' }, one));
    expect(rows.map(([, text]) => text)).toEqual(['61', 'c3a9'.repeat(1_000_000), null]);
  });

  it('labels, numbers and exact text for what has no plain form (fault 31)', async () => {
    await make(
      'Odd',
      `b1 BIT(1), b64 BIT(64), y YEAR, t TIME, t6 TIME(6), e ENUM('a','it''s, b','é'), s SET('x','y','z'),
       j JSON, big DECIMAL(65,30), dt DATETIME(6), ts TIMESTAMP(6) NULL`,
    );
    await admin.query(`SET time_zone = '-05:00'; INSERT INTO Odd VALUES
      (1, b'1', 18446744073709551615, 2155, '-838:59:59', '838:59:58.999999', 'it''s, b', 'x,z',
       '{"n": 18446744073709551615, "e": "é"}', -12345678901234567890123456789012345.000000000000000000000000000001,
       '9999-12-31 23:59:59.999999', '2000-01-01 00:00:00.000001'),
      (2, b'0', 0, 1901, '00:00:00', '-00:00:00.000001', '', '', '[]', 0, '1000-01-01', '1970-01-01 00:00:01'),
      (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL); SET time_zone = '+00:00'`);
    const kinds = {
      ...{ b1: 'bit(1)', b64: 'bit(64)', y: 'year', t: 'time', t6: 'time(6)', e: 'enum', s: 'set', j: 'json' },
      ...{ big: 'decimal(65,30)', dt: 'datetime(6)', ts: 'timestamp(6)' },
    };
    const { rows } = await readAll(server, table('Odd', 'id', kinds, one));
    const hex = (text: string): string => Buffer.from(text).toString('hex');
    const [json] = await hexOf('Odd', 'j');
    expect(rows).toEqual([
      [
        ...[1, 1, 18446744073709551615n, 2155, hex('-838:59:59'), hex('838:59:58.999999'), hex("it's, b"), hex('x,z')],
        ...[json, hex('-12345678901234567890123456789012345.000000000000000000000000000001')],
        ...[253402300799999999n, 946702800000001n],
      ],
      [
        ...[2, 0, 0n, 1901, hex('00:00:00'), hex('-00:00:00.000001'), '', '', hex('[]'), hex(`0.${'0'.repeat(30)}`)],
        ...[-30610224000000000n, 18001000000n],
      ],
      [3, ...Object.keys(kinds).map(() => null)],
    ]);
    expect(Buffer.from(String(json), 'hex').toString()).toContain('18446744073709551615');
  });

  it('a column altered between ranges stops the read and shows both types (fault 32)', async () => {
    await make('Moving', 'v SMALLINT, t VARCHAR(9) CHARACTER SET latin1');
    await admin.query("INSERT INTO Moving VALUES (1, 7, 'a'), (2, 8, 'b')");
    const source = table('Moving', 'id', { v: 'int', t: 'varchar' }, one);
    const found = await server.find(source);
    if (found === undefined) throw new Error('Moving is not there');
    const read = async (key: bigint, session: Awaited<ReturnType<SourceServer['open']>>): Promise<number> => {
      const { index, live } = found;
      let rows = 0;
      const request = { source, table: 'Moving', index, live, range: inclusiveRange(key, key) };
      for await (const batch of session.read(request).batches) rows += batch.rows;
      return rows;
    };
    // A session that has read the table holds it: ALTER waits for its end.
    const first = await server.open(new AbortController().signal);
    expect(await read(1n, first)).toBe(1);
    await first.close();
    const before = await server.open(new AbortController().signal);
    for (const [change, both] of [
      ['MODIFY v BIGINT', /Moving\.v was smallint[^;]* and is bigint/],
      ['MODIFY v SMALLINT, MODIFY t VARCHAR(9) CHARACTER SET gbk', /Moving\.t was .*latin1 and is .*gbk/],
      ['MODIFY t VARCHAR(9) CHARACTER SET latin1, DROP v', /Moving\.v was smallint[^;]* and is missing/],
    ] as const) {
      await admin.query(`ALTER TABLE Moving ${change}`);
      const after = await server.open(new AbortController().signal);
      await expect(read(2n, after)).rejects.toMatchObject({
        code: 'SCHEMA_CHANGED',
        exit: 2,
        retryable: false,
        message: expect.stringMatching(both),
      });
      await after.close();
    }
    await expect(read(2n, before)).rejects.toMatchObject({ code: 'SCHEMA_CHANGED' });
    await before.close();
  });

  it('names with every character, generated and invisible columns', async () => {
    const odd = 'od`d "na.me"-größe';
    const quoted = `\`${odd.replaceAll('`', '``')}\``;
    await admin.query(`DROP TABLE IF EXISTS ${quoted}; CREATE TABLE ${quoted} (id INT PRIMARY KEY, \`select\` INT,
      ${quoted} VARCHAR(9), sum INT AS (\`select\` + 1) STORED, virt INT AS (\`select\` * 2) VIRTUAL, hidden INT DEFAULT 5 INVISIBLE)`);
    await admin.query(`INSERT INTO ${quoted} (id, \`select\`, ${quoted}) VALUES (1, 41, 'x')`);
    const kinds = { select: 'int', [odd]: 'varchar', sum: 'int', virt: 'int', hidden: 'int' };
    const { rows } = await readAll(server, table(odd, 'id', kinds, one));
    expect(rows).toEqual([[1, 41, '78', 42, 82, 5]]);
  });
});
