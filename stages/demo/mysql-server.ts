import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Environment, findOnPath, minimalEnvironment, runCommand } from './run-command.js';
import { freePort, type ServerProcess, startServerProcess, waitUntilAnswers } from './server-process.js';

/** A MySQL or MariaDB server on 127.0.0.1. */
export interface MysqlServer {
  /** mysql://user:password@127.0.0.1:port/ without a database; the user may do everything. */
  readonly url: string;
  readonly port: number;
  readonly socket: string;
  readonly pid: number;
  stop(): Promise<void>;
  /** SIGKILL at once, as a crash would. */
  kill(): void;
}

export interface MysqlServerOptions {
  /** The server program: mysqld or mariadbd. */
  binary: string;
  /** The folder its packages were unpacked into; without it the program finds its own files. */
  prefix?: string;
  /** The dynamic loader of the prefix, for programs of another release than the machine's. */
  loader?: string;
  /** A folder of its own; the data of an earlier start in it are used again. */
  dataDir: string;
  /** The PATH value. */
  path: string;
  extraArgs?: readonly string[];
  /** A free port and a new password where they are left out: to start a server again where it was. */
  port?: number;
  password?: string;
  onLog?: (line: string) => void;
}

const initializeTimeoutMs = 120_000;
const startTimeoutMs = 90_000;
const user = 'transload';

/**
 * Makes the data folder where there is none, and starts the server with a user `transload` and a new password.
 *
 * @throws Error with the end of the server's log when it does not start
 */
export async function startMysqlServer(options: MysqlServerOptions): Promise<MysqlServer> {
  const { dataDir, extraArgs = [], onLog = () => {} } = options;
  const launch = launcher(options);
  const isMariadb = await saysMariadb(launch);
  const data = join(dataDir, 'data');
  const tmp = join(dataDir, 'tmp');
  await mkdir(tmp, { recursive: true, mode: 0o700 });
  if (!existsSync(data)) {
    onLog('making the data folder of the MySQL server');
    const unfinished = `${data}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await initialize(options, launch, isMariadb, unfinished);
    await rename(unfinished, data);
  }
  const { port = await freePort(), password = randomBytes(18).toString('base64url') } = options;
  const initFile = join(dataDir, 'init.sql');
  await writeFile(initFile, accountsSql(password), { mode: 0o600 });
  const server = await startServerProcess({
    command: launch.command,
    args: [
      ...launch.args,
      '--no-defaults',
      ...launch.folderArgs,
      ...runAsArgs(),
      `--datadir=${data}`,
      `--tmpdir=${tmp}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      // Relative to the data folder: the path of a socket may have no more than 107 bytes.
      '--socket=mysql.sock',
      '--pid-file=mysql.pid',
      `--init-file=${initFile}`,
      '--skip-name-resolve',
      '--skip-log-bin',
      '--loose-mysqlx=OFF',
      // Else MySQL wants a folder of the system; MariaDB does not know the word.
      ...(isMariadb ? [] : ['--secure-file-priv=NULL']),
      '--performance-schema=OFF',
      '--character-set-server=utf8mb4',
      '--innodb-buffer-pool-size=256M',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-allowed-packet=128M',
      '--local-infile=1',
      ...extraArgs,
    ],
    env: launch.env,
    cwd: dataDir,
    logFile: join(dataDir, 'mysql.log'),
  });
  await waitForStart(server, port);
  await rm(initFile, { force: true });
  onLog(`${basename(options.binary)} listens on 127.0.0.1:${port}`);
  return {
    url: `mysql://${user}:${password}@127.0.0.1:${port}/`,
    port,
    socket: join(data, 'mysql.sock'),
    pid: server.pid,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

async function waitForStart(server: ServerProcess, port: number): Promise<void> {
  try {
    await waitUntilAnswers({ port, hasEnded: server.hasEnded, timeoutMs: startTimeoutMs });
  } catch (cause) {
    await server.stop(0);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the MySQL server did not start: ${reason}. Its log ends: ${server.logEnd()}`, { cause });
  }
}

interface Launcher {
  command: string;
  args: string[];
  folderArgs: string[];
  env: Environment;
}

/** How the program is called: as it is, on the libraries of its prefix, or through the loader of its prefix. */
function launcher({ binary, prefix, loader, path }: MysqlServerOptions): Launcher {
  if (prefix === undefined) return { command: binary, args: [], folderArgs: [], env: minimalEnvironment(path) };
  const share = join(prefix, 'usr', 'share', 'mysql');
  const folderArgs = [
    `--basedir=${join(prefix, 'usr')}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    `--plugin-dir=${join(prefix, 'usr', 'lib', 'mysql', 'plugin')}`,
  ];
  const libraries = libraryFolders(prefix).join(':');
  if (loader === undefined) {
    return { command: binary, args: [], folderArgs, env: minimalEnvironment(path, { LD_LIBRARY_PATH: libraries }) };
  }
  // The machine's own programs would not survive these libraries, so they are named for this program alone.
  return { command: loader, args: ['--library-path', libraries, binary], folderArgs, env: minimalEnvironment(path) };
}

function libraryFolders(prefix: string): string[] {
  return ['usr/lib', 'lib'].flatMap((name) => {
    const folder = join(prefix, name);
    if (!existsSync(folder)) return [];
    const byMachine = readdirSync(folder).filter((entry) => entry.endsWith('-linux-gnu'));
    return [...byMachine.map((entry) => join(folder, entry)), folder];
  });
}

/** A program named mysqld is MariaDB's on many systems. */
async function saysMariadb({ command, args, env }: Launcher): Promise<boolean> {
  const version = await runCommand({ command, args: [...args, '--version'], env, timeoutMs: initializeTimeoutMs });
  return version.includes('MariaDB');
}

async function initialize(
  options: MysqlServerOptions,
  launch: Launcher,
  isMariadb: boolean,
  data: string,
): Promise<void> {
  const { binary, prefix, path } = options;
  const { command, args, env } = launch;
  if (!isMariadb) {
    const flags = ['--no-defaults', ...launch.folderArgs, ...runAsArgs(), '--initialize-insecure', `--datadir=${data}`];
    await runCommand({ command, args: [...args, ...flags], env, timeoutMs: initializeTimeoutMs });
    return;
  }
  const beside = [join(dirname(binary), '..', 'bin'), dirname(binary), path].join(':');
  const script = findOnPath(['mariadb-install-db', 'mysql_install_db'], beside);
  if (script === undefined) throw new Error(`mariadb-install-db is missing beside ${binary}`);
  // The script takes a space in a path for an end, so it gets links in a folder without one.
  const links = await mkdtemp(join(tmpdir(), 'transload-'));
  try {
    await symlink(dirname(data), join(links, 'parent'));
    if (prefix !== undefined) await symlink(prefix, join(links, 'prefix'));
    const flags = [
      '--no-defaults',
      ...(prefix === undefined ? [] : [`--basedir=${join(links, 'prefix', 'usr')}`]),
      ...runAsArgs(),
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      `--datadir=${join(links, 'parent', basename(data))}`,
    ];
    // A server that starts clears its temporary folder of what others have there: each has one of its own.
    await runCommand({
      command: script,
      args: flags,
      env: { ...env, TMPDIR: links },
      timeoutMs: initializeTimeoutMs,
    });
  } finally {
    await rm(links, { recursive: true, force: true });
  }
}

/** Either server refuses to run as root unless told to. */
function runAsArgs(): string[] {
  return process.getuid?.() === 0 ? [`--user=${userInfo().username}`] : [];
}

/** Run by the server before it lets anyone in; one statement a line. Nobody gets in without the password. */
function accountsSql(password: string): string {
  const account = `'${user}'@'127.0.0.1'`;
  const rootPassword = randomBytes(18).toString('base64url');
  return [
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}';`,
    `ALTER USER ${account} IDENTIFIED BY '${password}';`,
    `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION;`,
    `ALTER USER 'root'@'localhost' IDENTIFIED BY '${rootPassword}';`,
    "DROP USER IF EXISTS 'root'@'127.0.0.1';",
    "DROP USER IF EXISTS 'root'@'::1';",
    '',
  ].join('\n');
}
