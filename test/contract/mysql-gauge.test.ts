import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { TransloadError } from '../../src/core/errors.js';
import { table } from '../../src/dataset/declare.js';
import type { Gauge, LoadLimits } from '../../src/sources/source.js';
import { atDatabase, openSource, readAll } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'contract_gauge';

describeMysql('a server that is to be spared', (url) => {
  let admin: Connection;
  const asUser = (): string =>
    Object.assign(new URL(atDatabase(url, database)), { username: 'g_plain', password: 'pl' }).href;

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4;
       DROP USER IF EXISTS g_plain@'%'; CREATE USER g_plain@'%' IDENTIFIED BY 'pl'; GRANT SELECT ON ${database}.* TO g_plain@'%'`,
    );
  });
  afterAll(() => admin.end());

  async function gauge(limits: Partial<LoadLimits>, at = atDatabase(url, database)): Promise<Gauge> {
    const server = openSource({ MYSQL_URL: at });
    onTestFinished(() => server.close());
    const opened = await server.gauge?.({ status: [], lagSeconds: undefined, ...limits });
    if (opened === undefined) throw new Error('no gauge');
    onTestFinished(() => opened.close());
    return opened;
  }
  const status = (name: string, most: number): LoadLimits['status'] => [{ name, most }];

  it.each([
    ['Thread_running', /has no status variable Thread_running/],
    ["x' OR '1", /has no status variable x' OR '1/],
    ['Innodb_buffer_pool_dump_status', /Innodb_buffer_pool_dump_status .*is no number/],
  ])('a status variable that cannot be compared: %s', async (name, message) => {
    await expect(gauge({ status: status(name, 25) })).rejects.toMatchObject({
      ...{ code: 'STATUS_UNKNOWN', exit: 2, hint: expect.stringContaining('MAX_LOAD=Threads_running=25') },
      message: expect.stringMatching(message),
    });
  });

  it('Threads_running: statements of others count while they run', async () => {
    const looking = await gauge({ status: [...status('threads_running', 14), ...status('Threads_connected', 1e6)] });
    expect(await looking.read()).toEqual([]);
    const sleepers = await Promise.all(Array.from({ length: 20 }, () => mysql.createConnection(url)));
    const slept = Promise.allSettled(sleepers.map((one) => one.query('SELECT SLEEP(120)')));
    const running = async (): Promise<number> => {
      const [[row]] = await admin.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Threads_running'");
      return Number(row?.Value);
    };
    while ((await running()) < 20) await new Promise((resolve) => setTimeout(resolve, 20));
    const [found, ...others] = await looking.read();
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      name: 'Threads_running',
      text: expect.stringMatching(/^Threads_running is 2\d, above 14$/),
    });
    for (const one of sleepers) await admin.query(`KILL ${one.threadId}`);
    await slept;
    while ((await running()) > 14) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await looking.read()).toEqual([]);
  });

  it('its connection that was lost is opened again', async () => {
    const looking = await gauge({ status: status('Threads_running', 1e6) }, asUser());
    expect(await looking.read()).toEqual([]);
    const [own] = await admin.query<RowDataPacket[]>(
      "SELECT id FROM information_schema.processlist WHERE user = 'g_plain'",
    );
    expect(own).toHaveLength(1);
    await admin.query(`KILL ${own[0]?.id ?? own[0]?.ID}`);
    await expect(looking.read()).rejects.toMatchObject({ code: 'SOURCE_LOST', retryable: true });
    expect(await looking.read()).toEqual([]);
  });

  it('a lag where there is no replica', async () => {
    await expect(gauge({ lagSeconds: 10 })).rejects.toMatchObject({
      ...{ code: 'NO_REPLICA', exit: 2, message: expect.stringContaining('is no replica') },
      hint: expect.stringContaining('leave MAX_LAG out'),
    });
  });

  it('a lag that the user may not see: the GRANT that is named is what was missing', async () => {
    const refused: unknown = await gauge({ lagSeconds: 10 }, asUser()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'SOURCE_PRIVILEGE', exit: 12, retryable: false });
    const grant = /GRANT .* ON \*\.\* TO <user>/.exec(refused instanceof TransloadError ? refused.hint : '')?.[0] ?? '';
    await admin.query(grant.replace('<user>', "g_plain@'%'"));
    await expect(gauge({ lagSeconds: 10 }, asUser())).rejects.toMatchObject({ code: 'NO_REPLICA' });
  });
});

describeMysql('limits of a server that would cut what is read in silence (fault 1)', (url) => {
  const source = table('Cut', 'id', { t: 'varchar', e: 'enum' }, { reduce: { rows: 'one' } });
  const limits: Readonly<Record<string, string>> = {
    sql_select_limit: '3',
    max_join_size: '2',
    net_write_timeout: '1',
    init_connect: '\'SET NAMES latin1, SESSION sql_select_limit = 2, SESSION time_zone = "+05:00"\'',
  };
  let admin: Connection;

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true, charset: 'utf8mb4' });
    await admin.query(
      `DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database};
       CREATE TABLE Cut (id INT PRIMARY KEY, t VARCHAR(9), e ENUM('漢', 'é'));
       INSERT INTO Cut VALUES ${Array.from({ length: 10 }, (_, id) => `(${id}, '😀', '漢')`).join(', ')};
       DROP USER IF EXISTS g_cut@'%'; CREATE USER g_cut@'%' IDENTIFIED BY 'cu'; GRANT SELECT ON ${database}.* TO g_cut@'%'`,
    );
  });
  afterAll(() => admin.end());

  it('are overruled by the session', async () => {
    onTestFinished(async () => {
      for (const name of Object.keys(limits)) await admin.query(`SET GLOBAL ${name} = DEFAULT`);
    });
    for (const [name, value] of Object.entries(limits)) await admin.query(`SET GLOBAL ${name} = ${value}`);
    const at = Object.assign(new URL(atDatabase(url, database)), { username: 'g_cut', password: 'cu' }).href;
    const naive = await mysql.createConnection(at);
    await naive.query('SET SESSION sql_big_selects = 1');
    const [cut] = await naive.query<RowDataPacket[]>('SELECT * FROM Cut');
    await naive.end();
    expect(cut).toHaveLength(2);
    const server = openSource({ MYSQL_URL: at });
    onTestFinished(() => server.close());
    const { rows } = await readAll(server, source);
    expect(rows).toEqual(Array.from({ length: 10 }, (_, id) => [id, 'f09f9880', 'e6bca2']));
  });
});
