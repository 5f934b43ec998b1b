import { connect } from 'node:net';
import { MongoClient } from 'mongodb';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, describe, expect, it } from 'vitest';
import { startDemoServers } from '../../stages/demo/servers.js';
import { clickHouseQuery, startClickHouse } from '../support/clickhouse-server.js';
import {
  cacheDir,
  clickhouse,
  freshDataDir,
  installEnv,
  mongoServer,
  mysql97,
  mysqlServer,
  searchPath,
  stopAll,
} from '../support/servers.js';
import { slowIt } from '../support/suite.js';

/** The first start on a new machine downloads some 200 MB. */
const startTimeoutMs = 600_000;

afterAll(stopAll, 60_000);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

async function askMysql(url: string, query: string): Promise<RowDataPacket> {
  const connection = await createConnection({ uri: url });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(query);
    return rows[0] as RowDataPacket;
  } finally {
    await connection.end();
  }
}

const mysqlFacts =
  'SELECT 6 * 7 AS answer, VERSION() AS version, @@local_infile AS localInfile, @@character_set_server AS charset, ' +
  '@@max_allowed_packet AS packetBytes';

async function refusesOthers(url: string): Promise<void> {
  const port = Number(new URL(url).port);
  const others = [
    { user: 'root', password: '' },
    { user: 'transload', password: 'wrong' },
    { user: '', password: '' },
  ];
  for (const other of others) {
    await expect(createConnection({ host: '127.0.0.1', port, ...other })).rejects.toThrow(/Access denied/);
  }
}

describe('the MySQL server of tests and demo', () => {
  it('answers, takes local files, lets nobody in without the password', { timeout: startTimeoutMs }, async () => {
    const { url } = await mysqlServer();
    const facts = { answer: 42, localInfile: 1, charset: 'utf8mb4', packetBytes: 128 * 2 ** 20 };
    expect(await askMysql(url, mysqlFacts)).toMatchObject(facts);
    await refusesOthers(url);
  });
});

describe("Oracle's MySQL out of sid", () => {
  it('answers with caching_sha2_password', { timeout: startTimeoutMs }, async (context) => {
    const server = await mysql97();
    if ('unavailable' in server) {
      console.warn(`SKIPPED: Oracle's MySQL cannot be had here: ${server.unavailable}`);
      return context.skip(server.unavailable);
    }
    const row = await askMysql(server.url, mysqlFacts);
    expect(row).toMatchObject({ answer: 42, localInfile: 1, charset: 'utf8mb4' });
    expect(row['version']).toMatch(/^(?:9|[1-9]\d)\./);
    const plugin = "SELECT plugin FROM mysql.user WHERE user = 'transload'";
    expect(await askMysql(server.url, plugin)).toEqual({ plugin: 'caching_sha2_password' });
    await refusesOthers(server.url);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
  });
});

describe('the server of the MongoDB protocol', () => {
  it('finds what was written', { timeout: startTimeoutMs }, async () => {
    const { url } = await mongoServer();
    const client = new MongoClient(url);
    try {
      const collection = client.db('check').collection<{ _id: number; tags: string[] }>('things');
      await collection.insertMany([1, 2, 3].map((id) => ({ _id: id, tags: id === 2 ? [] : ['a'] })));
      expect(await collection.countDocuments({ tags: { $ne: [] } })).toBe(2);
    } finally {
      await client.close();
    }
  });
});

describe('the servers of the demo', () => {
  // `make demo` (test/e2e/readme.test.ts) starts them in every run.
  slowIt('start together and end together', async () => {
    const dataDir = freshDataDir('demo');
    const which: ('mysql' | 'mongo')[] = ['mysql', 'mongo'];
    const onLog = (): void => {};
    const servers = await startDemoServers({ cacheDir, dataDir, which, path: searchPath, onLog, installEnv });
    const ports = [servers.mysqlUrl, servers.mongoUrl].map((url) => Number(new URL(url ?? '').port));
    for (const port of ports) expect(await isListening(port)).toBe(true);
    await servers.stop();
    for (const port of ports) expect(await isListening(port)).toBe(false);
  });

  it('say what to install where there is nothing', async () => {
    const nothing = { cacheDir, dataDir: freshDataDir('nothing'), path: '', onLog: () => {} };
    await expect(startDemoServers({ ...nothing, which: ['mongo'] })).rejects.toThrow(/Install MongoDB .* MONGO_URL/);
  });
});

describe.each(['26.7', '25.8'] as const)('ClickHouse %s', (version) => {
  it('answers by HTTP and believes only the right password', { timeout: startTimeoutMs }, async () => {
    const server = await clickhouse(version);
    const answer = await clickHouseQuery(server, 'SELECT version(), currentUser(), 6 * 7');
    expect(answer).toMatch(new RegExp(`^${version.replace('.', '\\.')}\\..*\ttransload\t42\n$`));
    const others = [
      { user: server.user, password: 'wrong' },
      { user: server.user, password: '' },
      { user: 'nobody', password: server.password },
      { user: 'default', password: server.password },
      { user: 'default', password: '' },
    ];
    for (const other of others) {
      await expect(clickHouseQuery({ url: server.url, ...other }, 'SELECT 1')).rejects.toThrow(/^HTTP [45]\d\d/);
    }
    const unnamed = await fetch(`${server.url}/?query=SELECT+1`);
    expect(unnamed.ok).toBe(false);
  });

  it('keeps a reader from writing', { timeout: startTimeoutMs }, async () => {
    const server = await clickhouse(version);
    await clickHouseQuery(server, 'CREATE TABLE default.numbers_read (n UInt8) ENGINE = MergeTree ORDER BY n');
    await clickHouseQuery(server, 'INSERT INTO default.numbers_read VALUES (1), (2)');
    const reader = { url: server.url, user: 'reader', password: 'only-reads' };
    expect(await clickHouseQuery(reader, 'SELECT sum(n) FROM default.numbers_read')).toBe('3\n');
    await expect(clickHouseQuery(reader, 'INSERT INTO default.numbers_read VALUES (3)')).rejects.toThrow(
      /ACCESS_DENIED/,
    );
  });

  it('keeps its tables over a crash and ends by its pid', { timeout: startTimeoutMs }, async () => {
    const options = { version, cacheDir, dataDir: freshDataDir(`crash-${version}`), path: searchPath, installEnv };
    const settings = {
      user: 'someone',
      password: 'a<b&c"\'',
      database: 'made',
      profileXml: '<max_threads>1</max_threads>',
    };
    const first = await startClickHouse({ ...options, ...settings });
    expect(await clickHouseQuery(first, "SELECT getSetting('max_threads')")).toBe('1\n');
    await clickHouseQuery(first, 'CREATE TABLE made.t (n UInt8) ENGINE = MergeTree ORDER BY n');
    await clickHouseQuery(first, 'INSERT INTO made.t VALUES (7)');
    first.kill();
    await expect.poll(() => isAlive(first.pid), { timeout: 10_000 }).toBe(false);

    const second = await startClickHouse({ ...options, ...settings });
    expect(await clickHouseQuery(second, 'SELECT n FROM made.t')).toBe('7\n');
    await second.stop();
    expect(isAlive(second.pid)).toBe(false);
    await expect(fetch(second.url)).rejects.toThrow();
  });
});
