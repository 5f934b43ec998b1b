import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebianPackages } from '../../stages/demo/debian-packages.js';
import { startMysqlServer } from '../../stages/demo/mysql-server.js';
import type { Environment } from '../../stages/demo/run-command.js';

export interface Mysql97 {
  /** mysql://user:password@127.0.0.1:port/ without a database. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts Oracle's MySQL (9.7 when this was written) out of the packages of Debian sid, unpacked into the cache folder
 * and run through their own dynamic loader. sid moves and needs a Debian machine, so "cannot be had" is an answer: the
 * caller skips its tests and says the reason. A server that was unpacked and then does not start is an error.
 *
 * @throws Error with the end of the server's log
 */
export async function startMysql97(options: {
  cacheDir: string;
  dataDir: string;
  path: string;
  extraArgs?: readonly string[];
  installEnv?: Environment;
}): Promise<Mysql97 | { readonly unavailable: string }> {
  const { cacheDir, dataDir, path, extraArgs = [], installEnv } = options;
  const prefix = join(cacheDir, 'debian', `mysql-sid-${process.arch}`);
  const packages = ['mysql-server-core', 'mysql-client-core'];
  const more = installEnv === undefined ? {} : { env: installEnv };
  try {
    await unpackDebianPackages({ packages, into: prefix, cacheDir, path, suite: 'sid', ...more });
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) };
  }
  const loader = findLoader(prefix);
  if (loader === undefined) return { unavailable: `there is no dynamic loader in ${prefix}` };
  const binary = join(prefix, 'usr', 'sbin', 'mysqld');
  return startMysqlServer({ binary, prefix, loader, dataDir, path, extraArgs });
}

/** ld-linux of the prefix's own C library: the machine's is older than these programs ask for. */
function findLoader(prefix: string): string | undefined {
  const lib = join(prefix, 'usr', 'lib');
  if (!existsSync(lib)) return undefined;
  for (const machine of readdirSync(lib).filter((name) => name.endsWith('-linux-gnu'))) {
    const name = readdirSync(join(lib, machine)).find((file) => file.startsWith('ld-linux-'));
    if (name !== undefined) return join(lib, machine, name);
  }
  return undefined;
}
