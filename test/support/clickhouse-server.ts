import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { preparePythonTool } from '../../stages/demo/python-tool.js';
import { type Environment, minimalEnvironment } from '../../stages/demo/run-command.js';
import { freePort, type ServerProcess, startServerProcess } from '../../stages/demo/server-process.js';
import { type ClickHouseUser, type ProfiledUser, serverXml, usersXml } from './clickhouse-config.js';

export type ClickHouseVersion = '26.7' | '25.8';

export interface ClickHouseServer {
  /** http://127.0.0.1:port */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly pid: number;
  /** SIGTERM, a wait, SIGKILL. */
  stop(): Promise<void>;
  /** SIGKILL at once, as a crash would. */
  kill(): void;
}

export interface ClickHouseOptions {
  version: ClickHouseVersion;
  /** The project's cache folder, for the library of 25.8. */
  cacheDir: string;
  /** A folder of its own; the tables of an earlier start in it are found again. */
  dataDir: string;
  path: string;
  user?: string;
  password?: string;
  /** The HTTP port; a free one where it is left out. */
  port?: number;
  /** A second user who may SELECT everything and nothing else. */
  readonlyUser?: ClickHouseUser;
  /** Users with all rights and settings of their own. */
  profiledUsers?: readonly ProfiledUser[];
  /** Made when the server is ready. */
  database?: string;
  /** Settings of the users' profile, such as <async_insert>1</async_insert>. */
  profileXml?: string;
  /** More of the server's configuration, such as <max_partitions_per_insert_block>… */
  configXml?: string;
  installEnv?: Environment;
}

const startTimeoutMs = 60_000;
const pollMs = 50;
/** 25.8.2.1, the version seen at the user's. */
const chdbRequirement = 'chdb==3.7.2';
const here = dirname(fileURLToPath(import.meta.url));

/**
 * Starts a ClickHouse HTTP server with a user and a password, for tests on loopback only: file() reads any path there.
 *
 * @throws Error with the end of the server's log when it does not answer in a minute
 */
export async function startClickHouse(options: ClickHouseOptions): Promise<ClickHouseServer> {
  const { version, dataDir, readonlyUser, profileXml, profiledUsers, configXml, database } = options;
  const { user = 'transload', password = randomBytes(18).toString('base64url') } = options;
  for (const name of ['data', 'tmp', 'access']) await mkdir(join(dataDir, name), { recursive: true, mode: 0o700 });
  const usersFile = join(dataDir, 'users.xml');
  const configFile = join(dataDir, 'config.xml');
  const httpPort = options.port ?? (await freePort());
  const withLocalSession = version === '26.7';
  const users = {
    admin: { user, password },
    withLocalSession,
    ...(readonlyUser === undefined ? {} : { readonlyUser }),
    ...(profileXml === undefined ? {} : { profileXml }),
    ...(profiledUsers === undefined ? {} : { profiledUsers }),
  };
  await writeFile(usersFile, usersXml(users), { mode: 0o600 });
  const more = configXml === undefined ? {} : { configXml };
  await writeFile(configFile, serverXml({ dataDir, usersFile, httpPort, withLocalSession, ...more }), { mode: 0o600 });

  const call = version === '26.7' ? localCall(options, configFile) : await serverCall(options, configFile);
  const server = await startServerProcess({ ...call, cwd: dataDir, logFile: join(dataDir, 'clickhouse.log') });
  const url = `http://127.0.0.1:${httpPort}`;
  const ask = (query: string): Promise<string> => clickHouseQuery({ url, user, password }, query);
  try {
    await waitUntilReady(server, ask);
    if (database !== undefined) await ask(`CREATE DATABASE IF NOT EXISTS \`${database.replaceAll('`', '\\`')}\``);
  } catch (cause) {
    await server.stop(0);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`ClickHouse ${version} did not start: ${reason}. Its log ends: ${server.logEnd()}`, { cause });
  }
  return { url, user, password, pid: server.pid, stop: () => server.stop(), kill: () => server.kill() };
}

/**
 * Sends one statement by HTTP with basic authentication and returns the answer's text.
 *
 * @throws Error with ClickHouse's words when the status is not 200
 */
export async function clickHouseQuery(
  server: { url: string; user: string; password: string },
  query: string,
): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`;
  const response = await fetch(`${server.url}/?wait_end_of_query=1`, {
    method: 'POST',
    body: query,
    headers: { authorization },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text.trim()}`);
  return text;
}

async function waitUntilReady(server: ServerProcess, ask: (query: string) => Promise<string>): Promise<void> {
  const until = Date.now() + startTimeoutMs;
  for (;;) {
    try {
      await ask('SELECT 1');
      return;
    } catch (error) {
      if (server.hasEnded()) throw new Error('it ended right after it was started', { cause: error });
      if (Date.now() > until) throw error;
      await sleep(pollMs);
    }
  }
}

interface Call {
  command: string;
  args: string[];
  env: Environment;
}

/** 26.7: clickhouse-local out of npm's chdb, told to listen, kept alive by a query without an end. */
function localCall({ path }: ClickHouseOptions, configFile: string): Call {
  const fromHere = createRequire(import.meta.url);
  const fromChdb = createRequire(fromHere.resolve('chdb'));
  const platform = process.platform === 'darwin' ? `darwin-${process.arch}` : `linux-${process.arch}-gnu`;
  const library = join(dirname(fromChdb.resolve(`@chdb/lib-${platform}`)), 'libchdb.so');
  const forEver = 'SELECT sleepEachRow(1) FROM system.numbers FORMAT Null SETTINGS max_block_size = 1';
  const query = `--query=SYSTEM START LISTEN HTTP; ${forEver}`;
  return {
    command: process.execPath,
    args: [join(here, 'clickhouse-child.mjs'), library, 'clickhouse', `--config-file=${configFile}`, query],
    env: minimalEnvironment(path),
  };
}

/** 25.8: the real server out of PyPI's chdb, whose library can only be loaded into a Python. */
async function serverCall({ cacheDir, path, installEnv }: ClickHouseOptions, configFile: string): Promise<Call> {
  const more = installEnv === undefined ? {} : { env: installEnv };
  const tool = await preparePythonTool({
    requirement: chdbRequirement,
    cacheDir,
    path,
    withDependencies: false,
    ...more,
  });
  const library = join(tool.sitePackages, 'chdb', '_chdb.abi3.so');
  const child = join(here, 'clickhouse-child.py');
  return {
    command: tool.python,
    args: [child, library, 'clickhouse-server', `--config-file=${configFile}`],
    env: tool.env,
  };
}
