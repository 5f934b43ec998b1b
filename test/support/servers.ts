import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startDemoServers } from '../../stages/demo/servers.js';
import { type ClickHouseServer, type ClickHouseVersion, startClickHouse } from './clickhouse-server.js';
import { hostileUsers } from './hostile-users.js';
import { type Mysql97, startMysql97 } from './mysql97-server.js';

/** The project's folder and its cache folder, wherever the tests are started from. */
export const projectDir = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const cacheDir = join(projectDir, '.cache');

interface Stoppable {
  stop(): Promise<void>;
}

const started = new Map<string, Promise<Stoppable>>();
const dataDirs: string[] = [];

/** PATH and what installers need on a machine behind a proxy or with certificates of its own. */
export const searchPath = process.env.PATH ?? '';
export const installEnv = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && /^(?:https?_proxy|no_proxy|all_proxy|ssl_cert_\w+|pip_\w+)$/i.test(name)
      ? [[name, value] as const]
      : [],
  ),
);

/** A new empty folder under .cache/test; stopAll removes it. */
export function freshDataDir(name: string): string {
  const parent = join(cacheDir, 'test');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, `${name}-`));
  dataDirs.push(folder);
  return folder;
}

function once<T extends Stoppable>(name: string, start: () => Promise<T>): Promise<T> {
  const running = (started.get(name) as Promise<T> | undefined) ?? start();
  started.set(name, running);
  return running;
}

async function demoServer(which: 'mysql' | 'mongo'): Promise<{ url: string } & Stoppable> {
  const dataDir = freshDataDir(which);
  const onLog = (): void => {};
  const servers = await startDemoServers({ cacheDir, dataDir, which: [which], path: searchPath, onLog, installEnv });
  return { url: servers.mysqlUrl ?? servers.mongoUrl ?? '', stop: () => servers.stop() };
}

/** The MySQL or MariaDB server of this test process, started when it is first asked for. */
export function mysqlServer(): Promise<{ url: string } & Stoppable> {
  return once('mysql', () => demoServer('mysql'));
}

/** The server of the MongoDB protocol of this test process. */
export function mongoServer(): Promise<{ url: string } & Stoppable> {
  return once('mongo', () => demoServer('mongo'));
}

/** The ClickHouse HTTP server of this test process, in one of the two versions the contract is held to. */
export function clickhouse(version: ClickHouseVersion): Promise<ClickHouseServer> {
  return once(`clickhouse-${version}`, () =>
    startClickHouse({
      version,
      cacheDir,
      dataDir: freshDataDir(`clickhouse-${version}`),
      path: searchPath,
      installEnv,
      readonlyUser: { user: 'reader', password: 'only-reads' },
      profiledUsers: hostileUsers(version),
    }),
  );
}

/** A quarter less memory than with the server's own figures: it runs beside four other servers. */
const smallMysql = ['--innodb-buffer-pool-size=64M', '--innodb-log-buffer-size=4M', '--table-open-cache=400'];

/** Oracle's MySQL of this test process, or why it cannot be had here. */
export async function mysql97(): Promise<Mysql97 | { readonly unavailable: string }> {
  const server = await once('mysql97', async () => {
    const dataDir = freshDataDir('mysql97');
    const result = await startMysql97({ cacheDir, dataDir, path: searchPath, installEnv, extraArgs: smallMysql });
    return 'unavailable' in result ? { ...result, stop: async () => {} } : result;
  });
  return server;
}

/**
 * Ends every server that was started through this file and removes their data. To be called once at the end: by the
 * teardown of a global setup, or by afterAll of a test file that started servers itself.
 */
export async function stopAll(): Promise<void> {
  const running = await Promise.allSettled(started.values());
  started.clear();
  await Promise.all(running.map((result) => (result.status === 'fulfilled' ? result.value.stop() : undefined)));
  await Promise.all(dataDirs.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}
