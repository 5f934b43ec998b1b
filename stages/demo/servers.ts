import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebianPackages } from './debian-packages.js';
import { startDockerServer } from './docker-server.js';
import { startMongoServer } from './mongo-server.js';
import { startMysqlServer } from './mysql-server.js';
import { preparePythonTool } from './python-tool.js';
import { type Environment, findOnPath } from './run-command.js';

export type DemoServerKind = 'mysql' | 'mongo';

export interface DemoServersOptions {
  /** The project's cache folder; unpacked programs stay in it. */
  cacheDir: string;
  /** A folder for the data of the servers, one folder in it for each. */
  dataDir: string;
  which: DemoServerKind[];
  /** The PATH value in which programs are looked for. */
  path: string;
  /** Told in a sentence what happens, since unpacking takes a while. */
  onLog: (line: string) => void;
  /** More environment for apt, pip and docker, such as a proxy or a certificate file. */
  installEnv?: Environment;
}

export interface DemoServers {
  mysqlUrl?: string;
  mongoUrl?: string;
  /** Ends every server that was started here, by its pid. */
  stop(): Promise<void>;
}

interface RunningServer {
  url: string;
  stop(): Promise<void>;
}

/** One way to a server; undefined where this machine does not have what the way needs. */
type Way = (options: DemoServersOptions) => Promise<RunningServer | undefined>;

const waysTo = {
  mysql: [mysqlOnPath, mariadbUnpacked, (options) => startDockerServer({ which: 'mysql', ...dockerOptions(options) })],
  mongo: [
    mongodOnPath,
    secantusdUnpacked,
    (options) => startDockerServer({ which: 'mongo', ...dockerOptions(options) }),
  ],
} satisfies Record<DemoServerKind, Way[]>;

const advice = {
  mysql: 'Install MySQL or MariaDB so that mysqld or mariadbd is on the PATH, or start Docker, or set MYSQL_URL.',
  mongo: 'Install MongoDB so that mongod is on the PATH, or python3 with pip, or start Docker, or set MONGO_URL.',
} satisfies Record<DemoServerKind, string>;

const secantusRequirement = 'secantusdb==0.7.0b3';

/**
 * Starts the servers asked for on free ports of 127.0.0.1. For each, in this order: a program on the PATH; one unpacked
 * into the cache folder (MariaDB from Debian's or Ubuntu's packages, SecantusDB from the Python package index); a
 * Docker container. A way that fails is told and the next one tried.
 *
 * @throws Error that names every way tried and says what to install; servers already started are ended before
 */
export async function startDemoServers(options: DemoServersOptions): Promise<DemoServers> {
  const settled = await Promise.allSettled(options.which.map((kind) => startOne(kind, options)));
  const running = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((server) => server.stop()));
  };
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  const urlOf = (kind: DemoServerKind): string | undefined => running.find((server) => server.kind === kind)?.url;
  const mysqlUrl = urlOf('mysql');
  const mongoUrl = urlOf('mongo');
  return {
    ...(mysqlUrl === undefined ? {} : { mysqlUrl }),
    ...(mongoUrl === undefined ? {} : { mongoUrl }),
    stop,
  };
}

async function startOne(
  kind: DemoServerKind,
  options: DemoServersOptions,
): Promise<RunningServer & { kind: DemoServerKind }> {
  const reasons: string[] = [];
  const ways: readonly Way[] = waysTo[kind];
  for (const way of ways) {
    try {
      const server = await way(options);
      if (server !== undefined) return { kind, url: server.url, stop: () => server.stop() };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      options.onLog(reason.split('\n', 1)[0] ?? reason);
      reasons.push(reason);
    }
  }
  throw new Error(`No ${kind} server can be started here. ${advice[kind]}\n${reasons.join('\n')}`.trim());
}

async function mysqlOnPath({ dataDir, path, onLog }: DemoServersOptions): Promise<RunningServer | undefined> {
  const binary = findOnPath(['mysqld', 'mariadbd'], path);
  if (binary === undefined) return undefined;
  return startMysqlServer({ binary, dataDir: join(dataDir, 'mysql'), path, onLog });
}

async function mariadbUnpacked(options: DemoServersOptions): Promise<RunningServer | undefined> {
  const { cacheDir, dataDir, path, onLog, installEnv } = options;
  if (findOnPath(['apt-get'], path) === undefined || findOnPath(['dpkg-deb'], path) === undefined) return undefined;
  const prefix = join(cacheDir, 'debian', `mariadb-${releaseName()}-${process.arch}`);
  if (!existsSync(prefix)) onLog('unpacking MariaDB from the packages of this system into the cache folder');
  const common = { into: prefix, cacheDir, path, ...(installEnv === undefined ? {} : { env: installEnv }) };
  try {
    await unpackDebianPackages({ packages: ['mariadb-server-core', 'mariadb-client-core'], ...common });
  } catch {
    // Before Debian 12 and Ubuntu 24.04 these names carry a version; the whole package brings them in.
    await unpackDebianPackages({ packages: ['mariadb-server'], ...common });
  }
  // Not the folder a mysqld would use: neither reads the other's files.
  const binary = join(prefix, 'usr', 'sbin', 'mariadbd');
  return startMysqlServer({ binary, prefix, dataDir: join(dataDir, 'mariadb'), path, onLog });
}

async function mongodOnPath({ dataDir, path, onLog }: DemoServersOptions): Promise<RunningServer | undefined> {
  const binary = findOnPath(['mongod'], path);
  if (binary === undefined) return undefined;
  return startMongoServer({ program: { kind: 'mongod', binary }, dataDir: join(dataDir, 'mongo'), path, onLog });
}

async function secantusdUnpacked(options: DemoServersOptions): Promise<RunningServer | undefined> {
  const { cacheDir, dataDir, path, onLog, installEnv } = options;
  if (findOnPath(['python3'], path) === undefined) return undefined;
  onLog('preparing SecantusDB, which speaks the protocol of MongoDB, in the cache folder');
  const more = installEnv === undefined ? {} : { env: installEnv };
  const { python, env } = await preparePythonTool({ requirement: secantusRequirement, cacheDir, path, ...more });
  const program = { kind: 'secantusd', python, env } as const;
  return startMongoServer({ program, dataDir: join(dataDir, 'secantus'), path, onLog });
}

function dockerOptions({ path, onLog, installEnv }: DemoServersOptions): {
  path: string;
  onLog: (line: string) => void;
  env?: Environment;
} {
  return { path, onLog, ...(installEnv === undefined ? {} : { env: installEnv }) };
}

/** The name of the release these packages are for, so that a cache folder on a shared disk is not mistaken. */
function releaseName(): string {
  const file = '/etc/os-release';
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return /^VERSION_CODENAME=(\w+)/m.exec(text)?.[1] ?? 'linux';
}
