import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { MysqlServer } from '../../stages/demo/mysql-server.js';
import { fillMysql } from '../../stages/demo/sample/fill-mysql.js';
import { resolveSample } from '../../stages/demo/sample/sample.js';
import { type CliResult, runCli, startCli } from '../support/cli.js';
import { dataFolder, type Env } from '../support/migration.js';
import { startOwnMysql } from '../support/own-mysql.js';
import { atDatabase } from '../support/read-source.js';
import { freshDataDir, stopAll } from '../support/servers.js';

/** Two servers, one following the other a minute behind: it is the lag that SHOW ALL SLAVES STATUS tells. */
const database = 'Stock';
let servers: MysqlServer[] = [];
let primary: Connection;
let replica: Connection;
let env: Env;

beforeAll(async () => {
  const start = (name: string, id: number): Promise<MysqlServer> =>
    startOwnMysql(freshDataDir(name), undefined, ['--log-bin=bin', `--server-id=${id}`, '--gtid-strict-mode=1']);
  servers = [await start('primary', 1), await start('replica', 2)];
  const [from, to] = servers as [MysqlServer, MysqlServer];
  const multipleStatements = true;
  primary = await createConnection({ uri: from.url, multipleStatements });
  replica = await createConnection({ uri: to.url, multipleStatements });
  const { username, password, port } = new URL(from.url);
  await replica.query(
    `RESET MASTER; CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${port}, MASTER_USER = '${username}',
     MASTER_PASSWORD = '${password}', MASTER_USE_GTID = slave_pos; START SLAVE`,
  );
  await fillMysql({ url: from.url, database, sample: resolveSample({ images: 1500 }), overwrite: true });
  await caughtUp();
  // The account came over from the primary, with its password.
  const url = Object.assign(new URL(to.url), { password });
  env = { MYSQL_URL: atDatabase(url.href, database), MAX_LAG: '3' };
}, 180_000);

afterAll(async () => {
  await primary.end();
  await replica.end();
  await Promise.all(servers.map((server) => server.stop()));
  await stopAll();
});

async function caughtUp(): Promise<void> {
  const [rows] = (await primary.query('SELECT @@gtid_current_pos AS pos')) as unknown as [{ pos: string }[]];
  await replica.query('SELECT MASTER_GTID_WAIT(?, 60)', [rows[0]?.pos]);
}

/** Lets the replica follow `seconds` behind, and gives it something to follow. */
async function delay(seconds: number): Promise<void> {
  await replica.query(`STOP SLAVE; CHANGE MASTER TO MASTER_DELAY = ${seconds}; START SLAVE`);
  await primary.query(
    `CREATE TABLE IF NOT EXISTS ${database}.Later (t TIMESTAMP); INSERT INTO ${database}.Later VALUES (NOW())`,
  );
}

const said = ({ stdout, stderr }: CliResult): string => `${stdout}${stderr}`;

it('a replica that is up to date is read', async () => {
  const result = await runCli('export', { ...env, DATA_DIR: dataFolder('replica-calm') });
  expect([result.exit, said(result)]).toEqual([0, expect.not.stringContaining('paused')]);
});

it('one that is behind is left alone until it has caught up', async () => {
  await delay(12);
  // The lag grows while the event waits: not before does the export begin.
  await sleep(6000);
  const result = await runCli('export', { ...env, DATA_DIR: dataFolder('replica-behind') });
  expect([result.exit, said(result)]).toEqual([
    0,
    expect.stringMatching(/paused: the replica is \d+ s behind, above 3\n[\s\S]*goes on\n[\s\S]*Paused once/),
  ]);
  await delay(0);
  await caughtUp();
});

it('one that stops following in mid-run pauses the export, which says so, and stands there at the start', async () => {
  const slow = { ...env, DATA_DIR: dataFolder('replica-stopped'), RATE: '4000', WORKERS: '1', RANGE_ROWS: '300' };
  const child = startCli('export', slow);
  let seen = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const before = seen;
    seen += chunk.toString();
    if (/rows,/.test(seen) && !/rows,/.test(before)) void replica.query('STOP SLAVE SQL_THREAD');
    if (/paused/.test(seen) && !/paused/.test(before)) setTimeout(() => void replica.query('START SLAVE'), 1000);
  });
  const result = await child.result;
  expect([result.exit, said(result)]).toEqual([
    0,
    expect.stringMatching(/paused: the replica's SQL thread does not run\n[\s\S]*goes on/),
  ]);
  await replica.query('STOP SLAVE SQL_THREAD');
  const stopped = await runCli('export', { ...env, DATA_DIR: dataFolder('replica-stopped-before') });
  expect([stopped.exit, stopped.stderr]).toEqual([
    12,
    expect.stringMatching(/SQL thread does not run[\s\S]*START ALL SLAVES[\s\S]*code: REPLICA_STOPPED/),
  ]);
  await replica.query('START SLAVE');
});

it('a user who may not see the lag is told the GRANT', async () => {
  await primary.query(`CREATE USER reader@'%' IDENTIFIED BY 're'; GRANT SELECT ON ${database}.* TO reader@'%'`);
  await caughtUp();
  const as = { ...env, MYSQL_USER: 'reader', MYSQL_PASSWORD: 're' };
  const refused = await runCli('export', { ...as, DATA_DIR: dataFolder('replica-refused') });
  expect([refused.exit, refused.stderr]).toEqual([12, expect.stringContaining('GRANT SLAVE MONITOR ON *.* TO <user>')]);
  await primary.query("GRANT SLAVE MONITOR ON *.* TO reader@'%'");
  await caughtUp();
  expect((await runCli('export', { ...as, DATA_DIR: dataFolder('replica-granted') })).exit).toBe(0);
});
