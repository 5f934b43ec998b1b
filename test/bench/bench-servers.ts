import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { ClickHouse, Settings } from '../../src/clickhouse/client.js';
import { openHttp } from '../../src/clickhouse/http.js';
import { unpackDebianPackages } from '../../stages/demo/debian-packages.js';
import { type MysqlServer, startMysqlServer } from '../../stages/demo/mysql-server.js';
import { findOnPath } from '../../stages/demo/run-command.js';
import { startDemoServers } from '../../stages/demo/servers.js';
import { type ClickHouseServer, startClickHouse } from '../support/clickhouse-server.js';

const mebibyte = 2 ** 20;
const database = 'default';

/** Where the programs are, and whose environment installers get. */
export interface Place {
  readonly cacheDir: string;
  readonly path: string;
  readonly installEnv: Readonly<Record<string, string>>;
}

/** The buffer pool in MiB: 1 GiB a million images, as a server of that size would have, up to a quarter of the memory. */
export function poolMb(images: number): number {
  return Math.round(Math.min(Math.max((images / 1e6) * 1024, 256), totalmem() / mebibyte / 4));
}

/**
 * Starts the MySQL or MariaDB of the demo on a folder of its own, with a buffer pool of so many MiB.
 *
 * @throws Error where there is none on the PATH and none can be unpacked
 */
export async function startSource(place: Place, dataDir: string, bufferPoolMb: number): Promise<MysqlServer> {
  const { cacheDir, path, installEnv } = place;
  const program =
    (await mysqlProgram(place)) ?? (await unpackMysql(cacheDir, path, installEnv).then(() => mysqlProgram(place)));
  if (program === undefined) throw new Error('no mysqld and no mariadbd can be had here');
  const extraArgs = [`--innodb-buffer-pool-size=${bufferPoolMb}M`, '--loose-innodb-log-file-size=512M'];
  return startMysqlServer({ ...program, dataDir, path, extraArgs, onLog: () => {} });
}

async function mysqlProgram({ cacheDir, path }: Place): Promise<{ binary: string; prefix?: string } | undefined> {
  const binary = findOnPath(['mysqld', 'mariadbd'], path);
  if (binary !== undefined) return { binary };
  const debian = join(cacheDir, 'debian');
  const name = existsSync(debian) ? readdirSync(debian).find((one) => /^mariadb-[a-z]+-\w+$/.test(one)) : undefined;
  if (name === undefined) return undefined;
  const prefix = join(debian, name);
  return { binary: join(prefix, 'usr', 'sbin', 'mariadbd'), prefix };
}

/** The demo knows how to get one: it is started once on an empty folder and ended. */
async function unpackMysql(cacheDir: string, path: string, installEnv: Place['installEnv']): Promise<void> {
  const dataDir = join(cacheDir, 'bench', 'unpacking');
  const servers = await startDemoServers({ cacheDir, dataDir, path, installEnv, which: ['mysql'], onLog: console.log });
  await servers.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** mysqldump or mariadb-dump: from the PATH, or unpacked from the packages of Debian or Ubuntu. */
export async function dumpProgram({ cacheDir, path, installEnv }: Place): Promise<string> {
  const names = ['mysqldump', 'mariadb-dump'];
  const found = findOnPath(names, path);
  if (found !== undefined) return found;
  const into = join(cacheDir, 'debian', `dump-${process.arch}`);
  await unpackDebianPackages({ packages: ['mariadb-client'], into, cacheDir, path, env: installEnv });
  return join(into, 'usr', 'bin', 'mariadb-dump');
}

/** A ClickHouse server with an empty folder, and a client for it. */
export interface Target {
  readonly server: ClickHouseServer;
  readonly client: ClickHouse;
  readonly database: string;
  /** One statement with settings; the answer as text. */
  ask(sql: string, settings?: Settings): Promise<string>;
  stop(): Promise<void>;
}

/** Starts ClickHouse 26.7 on a new folder, with its own defaults. */
export async function startTarget({ cacheDir, path, installEnv }: Place, dataDir: string): Promise<Target> {
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const server = await startClickHouse({ version: '26.7', cacheDir, dataDir, path, installEnv });
  const { url, user, password } = server;
  const address = { url: new URL(url), text: url, user, password, ca: undefined, timeoutMs: 600_000 };
  const client = openHttp({ name: 'bench', database, ...address });
  return {
    server,
    client,
    database,
    ask: async (sql, settings = {}) => {
      const address = new URL(url);
      for (const [name, value] of Object.entries({ wait_end_of_query: 1, ...settings })) {
        address.searchParams.set(name, String(value));
      }
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      const response = await fetch(address, { method: 'POST', body: sql, headers: { authorization } });
      const text = (await response.text()).trimEnd();
      if (!response.ok) throw new Error(text.slice(0, 1000));
      return text;
    },
    stop: async () => {
      await client.close();
      await server.stop();
    },
  };
}
