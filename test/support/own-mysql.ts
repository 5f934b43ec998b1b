import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type MysqlServer, startMysqlServer } from '../../stages/demo/mysql-server.js';
import { findOnPath } from '../../stages/demo/run-command.js';
import { cacheDir, searchPath } from './servers.js';

/**
 * A MySQL or MariaDB server beside that of the test process, to be killed and started again where it was, or with
 * arguments of its own: the program is the one that the demo uses, from the PATH or unpacked before.
 */
export function startOwnMysql(
  dataDir: string,
  again?: { port: number; password: string },
  extraArgs: readonly string[] = [],
): Promise<MysqlServer> {
  const common = { dataDir, path: searchPath, extraArgs, ...again };
  const binary = findOnPath(['mysqld', 'mariadbd'], searchPath);
  if (binary !== undefined) return startMysqlServer({ ...common, binary });
  const debian = join(cacheDir, 'debian');
  const name = readdirSync(debian).find((one) => one.startsWith('mariadb-')) ?? 'mariadb';
  const prefix = join(debian, name);
  return startMysqlServer({ ...common, prefix, binary: join(prefix, 'usr', 'sbin', 'mariadbd') });
}
