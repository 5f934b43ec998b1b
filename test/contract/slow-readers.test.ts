import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { inclusiveRange } from '../../src/core/ranges.js';
import { table } from '../../src/dataset/declare.js';
import type { Reading, Session, SourceServer } from '../../src/sources/source.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { atDatabase, openSource } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'n_contract_slow';
const rows = 800;
/** More bytes than the sockets between server and reader hold, so that the server has to wait for the reader. */
const source = table('Wide', 'id', { t: 'longtext' }, { reduce: { rows: 'one' } });

describeMysql('a reader and a server that wait for each other', (url) => {
  let admin: Connection;
  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database}; USE ${database};
       CREATE TABLE Wide (id INT PRIMARY KEY, t LONGTEXT); INSERT INTO Wide
       WITH RECURSIVE n AS (SELECT 1 id UNION ALL SELECT id + 1 FROM n WHERE id < 400) SELECT id, REPEAT('x', 60000) FROM n;
       INSERT INTO Wide SELECT id + 400, t FROM Wide`,
    );
  });
  afterAll(() => admin.end());

  async function begin(env: Readonly<Record<string, string>>): Promise<{ session: Session; reading: Reading }> {
    const server: SourceServer = openSource(env);
    onTestFinished(() => server.close());
    const found = await server.find(source);
    const session = await server.open(new AbortController().signal);
    onTestFinished(() => session.close());
    const { index, live = {} } = found ?? {};
    return {
      session,
      reading: session.read({ source, table: 'Wide', index, live, range: inclusiveRange(0n, 10_000n) }),
    };
  }
  async function drain({ batches }: Reading, afterFirst: () => unknown = () => undefined): Promise<number> {
    let count = 0;
    for await (const batch of batches) {
      if (count === 0) await afterFirst();
      count += batch.rows;
    }
    return count;
  }

  it('a writer that sleeps 5 s: the server waits, and its own silence is none (fault 1)', async () => {
    const [[limit]] = await admin.query<RowDataPacket[]>('SELECT @@GLOBAL.net_write_timeout AS seconds');
    await admin.query('SET GLOBAL net_write_timeout = 2');
    onTestFinished(async () => {
      await admin.query('SET GLOBAL net_write_timeout = ?', [limit?.seconds]);
    });
    const { reading } = await begin({ MYSQL_URL: atDatabase(url, database), MYSQL_TIMEOUT: '1' });
    expect(await drain(reading, () => new Promise((resolve) => setTimeout(resolve, 5000)))).toBe(rows);
  });

  it('a server that falls silent in the middle of the rows is lost, and may be tried again', async () => {
    const proxy = await startFaultProxy(url);
    onTestFinished(() => proxy.close());
    const { reading } = await begin({ MYSQL_URL: atDatabase(proxy.url, database), MYSQL_TIMEOUT: '1' });
    await expect(drain(reading, () => proxy.fail({ at: 'stall' }))).rejects.toMatchObject({
      ...{ code: 'SOURCE_LOST', exit: 12, retryable: true },
      message: expect.stringMatching(/cannot read Wide: nothing came from the server for 1 s/),
    });
  });

  it('slow is not silent: 1 MB in more seconds than the limit has', async () => {
    const proxy = await startFaultProxy(url);
    onTestFinished(() => proxy.close());
    const server = openSource({ MYSQL_URL: atDatabase(proxy.url, database), MYSQL_TIMEOUT: '1' });
    onTestFinished(() => server.close());
    const found = await server.find(source);
    const session = await server.open(new AbortController().signal);
    onTestFinished(() => session.close());
    proxy.slow(400_000);
    const { index, live = {} } = found ?? {};
    const request = { source, table: 'Wide', index, live, range: inclusiveRange(1n, 16n) };
    expect(await drain(session.read(request))).toBe(16);
  });
});
