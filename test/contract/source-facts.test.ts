import { Int32, MongoClient } from 'mongodb';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Source } from '../../src/dataset/declaration.js';
import { collection, table } from '../../src/dataset/declare.js';
import type { SourceFacts } from '../../src/sources/facts.js';
import type { SourceServer } from '../../src/sources/source.js';
import { atDatabase, openSource } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'contract_facts';
const rows = 5000;

async function explained(server: SourceServer, source: Source): Promise<SourceFacts> {
  const found = await server.find(source);
  if (found === undefined) throw new Error(`${source.table} is not there`);
  return server.explain(source, found);
}

describeMysql('what a server says of itself and of a table', (url) => {
  let admin: Connection;
  let server: SourceServer;
  const things = table('Things', 'k', { name: 'varchar', note: 'text' }, { reduce: { rows: 'one' } });

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database};
       CREATE TABLE Things (id INT PRIMARY KEY, k INT, name VARCHAR(40) CHARACTER SET latin1, note TEXT, skipped TEXT,
         other INT, INDEX by_key (k));
       CREATE TABLE Loose (k INT); CREATE TABLE Heap (k INT); CREATE TABLE Texts (k VARCHAR(9), INDEX (k)); CREATE TABLE Blank (k INT PRIMARY KEY)`,
    );
    const values = Array.from(
      { length: rows },
      (_, row) => `(${row}, ${row}, REPEAT('a', 30), REPEAT('b', 200), REPEAT('c', 200), 1)`,
    );
    await admin.query(`INSERT INTO Things VALUES ${values.join(', ')}; 
       INSERT INTO Heap SELECT k FROM Things; ANALYZE TABLE Things, Heap`);
    server = openSource({ MYSQL_URL: atDatabase(url, database) });
  });
  afterAll(async () => {
    await server.close();
    await admin.query(`DROP DATABASE IF EXISTS ${database}`);
    await admin.end();
  });

  it('version, account, connection, clock, and its settings beside those of the session', async () => {
    const facts = await server.facts();
    const { host } = new URL(url);
    expect(facts).toMatchObject({
      where: `${host}/${database}`,
      database,
      account: "'transload'@'127.0.0.1'",
      isNear: true,
      cipher: undefined,
    });
    expect(facts.version).toMatch(/^(MariaDB|MySQL) \d+\./);
    expect(Math.abs(facts.clock?.aheadMs ?? 9999)).toBeLessThan(2000);
    const [[seconds]] = (await admin.query({
      sql: 'SELECT @@GLOBAL.net_write_timeout',
      rowsAsArray: true,
    })) as unknown as [[number][]];
    expect(facts.settings).toContainEqual({ name: 'net_write_timeout', server: String(seconds), session: '3600' });
  });

  it('EXPLAIN of the statement of an export: by the index, in the words of the server', async () => {
    const facts = await explained(server, things);
    expect(facts).toMatchObject({
      ...{
        plan: { index: 'by_key', word: 'range' },
        indexStatement: undefined,
        qualified: `\`${database}\`.\`Things\``,
      },
      charsets: { name: 'latin1', note: 'utf8mb4' },
    });
    // What is exported of a row: the key, 30 and 200 letters, and not the text that is skipped.
    expect(facts.rowBytes).toBeGreaterThan(150);
    expect(facts.rowBytes).toBeLessThan(420);
  });

  it('no table is read for it, with an index or without', async () => {
    const read = async (): Promise<number> => {
      const [counted] = await admin.query<RowDataPacket[]>(
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('Handler_read_next', 'Handler_read_rnd_next', 'Handler_read_prev')",
      );
      return counted.reduce((sum, { Value }) => sum + Number(Value), 0);
    };
    const loose = table('Heap', 'k', {}, { reduce: { rows: 'one' } });
    const before = await read();
    await server.facts();
    for (const source of [things, loose]) {
      const found = await server.find(source);
      if (found) await server.spread(source, found);
      await explained(server, source);
    }
    // What is read is the catalogue.
    expect((await read()) - before).toBeLessThan(rows / 2);
  });

  it('the statement that makes a missing index, and the one that shows doubled keys, run as they are', async () => {
    const loose = table('Loose', 'k', {}, { reduce: { rows: 'one' } });
    const facts = await explained(server, loose);
    expect(facts.plan).toBeUndefined();
    await admin.query('INSERT INTO Loose VALUES (7), (7), (8)');
    const [doubled] = await admin.query({ sql: facts.doublesStatement, rowsAsArray: true });
    expect(doubled).toEqual([[7, 2]]);
    await admin.query(facts.indexStatement ?? '');
    expect(await explained(server, loose)).toMatchObject({ plan: { index: 'k' }, indexStatement: undefined });
  });

  it('an index that does not help is seen through: a text compared with numbers', async () => {
    await admin.query("INSERT INTO Texts VALUES ('1'), ('2'), ('x')");
    const facts = await explained(server, table('Texts', 'k', { k: 'varchar' }, { reduce: { rows: 'one' } }));
    expect(facts.plan).toMatchObject({ index: undefined });
    expect(await explained(server, table('Blank', 'k', {}, { reduce: { rows: 'one' } }))).toMatchObject({
      charsets: {},
    });
  });

  it('a statement that the server cannot carry out leaves no connection behind', async () => {
    const connections = async (): Promise<number> => {
      const [open] = await admin.query<RowDataPacket[]>('SHOW PROCESSLIST');
      return open.filter(({ db }) => db === database).length;
    };
    const before = await connections();
    const other = openSource({ MYSQL_URL: atDatabase(url, database) });
    await expect(other.count(things, '', undefined)).rejects.toMatchObject({ code: 'SOURCE_LOST' });
    await other.close();
    await expect.poll(connections, { timeout: 5000 }).toBe(before);
  });

  it('a privilege that is missing, on a table or on one of its columns: the GRANT of the account, which then is enough', async () => {
    await admin.query(
      `DROP USER IF EXISTS fewer@'127.0.0.%'; CREATE USER fewer@'127.0.0.%' IDENTIFIED BY 'few';
       GRANT SELECT ON ${database}.Loose TO fewer@'127.0.0.%'; GRANT SELECT (k, name), INSERT ON ${database}.Things TO fewer@'127.0.0.%'`,
    );
    const fewer = openSource({ MYSQL_URL: atDatabase(url, database), MYSQL_USER: 'fewer', MYSQL_PASSWORD: 'few' });
    onTestFinished(() => fewer.close());
    const blank = table('Blank', 'k', {}, { reduce: { rows: 'one' } });
    for (const [source, name] of [
      [blank, 'Blank'],
      [things, 'Things'],
    ] as const) {
      const error = await explained(fewer, source).then(
        () => ({ hint: 'let in' }),
        (thrown: { hint: string }) => thrown,
      );
      expect(error).toMatchObject({
        ...{ code: 'SOURCE_PRIVILEGE', exit: 12, retryable: false },
        hint: `GRANT SELECT ON \`${database}\`.\`${name}\` TO 'fewer'@'127.0.0.%';`,
      });
      await admin.query(error.hint);
      expect(await explained(fewer, source)).toMatchObject({ qualified: `\`${database}\`.\`${name}\`` });
    }
  });
});

describe('what MongoDB says of itself and of a collection', () => {
  let client: MongoClient;
  let server: SourceServer;
  const marks = collection('marks', 'image_id', ['a', 'b']);

  beforeAll(async () => {
    const { mongoUrl } = inject('servers');
    client = await MongoClient.connect(mongoUrl);
    await client.db(database).dropDatabase();
    const documents = Array.from({ length: 50 }, (_, id) => ({ image_id: new Int32(id), a: 'x'.repeat(100) }));
    await client.db(database).collection('marks').insertMany(documents);
    await client.db(database).collection('loose').insertOne({ image_id: 1 });
    await client.db(database).collection('marks').createIndex({ image_id: 1 }, { name: 'by_image' });
    server = openSource({ MONGO_URL: atDatabase(mongoUrl, database) });
  });
  afterAll(async () => {
    await server.close();
    await client.db(database).dropDatabase();
    await client.close();
  });

  it('version, place, connection', async () => {
    const facts = await server.facts();
    expect(facts).toMatchObject({ database, isNear: true, cipher: undefined, account: undefined, settings: [] });
    expect(facts.version).toMatch(/^MongoDB \d+\./);
    if (facts.clock) expect(Math.abs(facts.clock.aheadMs)).toBeLessThan(2000);
  });

  it('explain of the pipeline of an export: IXSCAN by the index', async () => {
    expect(await explained(server, marks)).toMatchObject({
      ...{ plan: { word: 'IXSCAN', index: 'by_image' }, rowBytes: 10, charsets: {}, indexStatement: undefined },
      doublesStatement: expect.stringMatching(/getCollection\("marks"\)\.aggregate\(/),
    });
  });

  it('a collection without an index has the statement that makes it', async () => {
    const facts = await explained(server, collection('loose', 'image_id', ['a']));
    expect(facts).toMatchObject({
      plan: undefined,
      indexStatement: `db.getSiblingDB("${database}").getCollection("loose").createIndex({ "image_id": 1 })`,
    });
  });
});
