import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { unpackDebianPackages } from '../../stages/demo/debian-packages.js';
import { runCommand } from '../../stages/demo/run-command.js';
import { freePort, startServerProcess, waitUntilAnswers } from '../../stages/demo/server-process.js';
import { cacheDir, installEnv, searchPath } from './servers.js';

export interface SshServer {
  /** `user@127.0.0.1`. */
  readonly host: string;
  /** The account's home folder. */
  readonly home: string;
  /** What SHIP_SSH_OPTIONS has to hold. */
  readonly options: string;
  /** A PATH with an rsync before the machine's own. */
  readonly rsyncPath: string;
  stop(): Promise<void>;
}

/**
 * An ssh server out of Debian's packages, on loopback, for a key of its own. As root it runs in a mount namespace of
 * its own, in which the account that sshd asks for exists and the home is ours: nothing of the machine is changed.
 * Resolves to the reason where it cannot be had: the caller skips its tests and says it.
 */
export async function startSshServer(folder: string): Promise<SshServer | { readonly unavailable: string }> {
  const prefix = join(cacheDir, 'debian', `ssh-${process.arch}`);
  const packages = ['openssh-server', 'openssh-sftp-server', 'rsync'];
  try {
    await unpackDebianPackages({ packages, into: prefix, cacheDir, path: searchPath, env: installEnv });
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) };
  }
  rmSync(folder, { recursive: true, force: true });
  const [home, bin, empty] = [join(folder, 'home'), join(folder, 'bin'), join(folder, 'run-sshd')];
  for (const one of [home, bin, empty]) mkdirSync(one, { recursive: true });
  const env = { PATH: searchPath };
  for (const key of ['host', 'client']) {
    const args = ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(folder, key)];
    await runCommand({ command: 'ssh-keygen', args, env, timeoutMs: 30_000 });
  }
  const libraries = join(prefix, 'usr', 'lib');
  const machine = readdirSync(libraries).find((name) => name.endsWith('-linux-gnu')) ?? '.';
  const libraryPath = join(libraries, machine);
  const rsync = join(bin, 'rsync');
  writeFileSync(rsync, `#!/bin/sh\nLD_LIBRARY_PATH='${libraryPath}' exec '${join(prefix, 'usr/bin/rsync')}' "$@"\n`);
  chmodSync(rsync, 0o755);

  const port = await freePort();
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'client.pub')}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'StrictModes no',
    'UsePAM no',
    'PidFile none',
    `SetEnv PATH=${bin}:/usr/bin:/bin`,
    `Subsystem sftp ${join(prefix, 'usr/lib/openssh/sftp-server')}`,
  ];
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
  const sshd = [join(prefix, 'usr/sbin/sshd'), '-D', '-e', '-f', join(folder, 'sshd_config')];
  const { username, uid, gid } = userInfo();
  const passwd = readFileSync('/etc/passwd', 'utf8').split('\n');
  const others = passwd.filter((line) => !line.startsWith(`${username}:`) && !line.startsWith('sshd:'));
  const own = [`${username}:*:${uid}:${gid}::${home}:/bin/sh`, `sshd:*:65534:65534::${empty}:/bin/false`];
  writeFileSync(join(folder, 'passwd'), [...own, ...others].join('\n'));
  const script = `mount --bind '${join(folder, 'passwd')}' /etc/passwd && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec "$@"`;
  const [command = '', ...args] = uid === 0 ? ['unshare', '-m', 'sh', '-c', script, 'sh', ...sshd] : sshd;
  const server = await startServerProcess({
    command,
    args,
    env: { ...env, LD_LIBRARY_PATH: libraryPath },
    cwd: folder,
    logFile: join(folder, 'sshd.log'),
  });
  await waitUntilAnswers({ port, hasEnded: server.hasEnded, timeoutMs: 20_000 }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${server.logEnd()}`);
  });
  const hostKey = readFileSync(join(folder, 'host.pub'), 'utf8').trim();
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${hostKey}\n`);
  const options = [
    `Port=${port}`,
    `IdentityFile=${join(folder, 'client')}`,
    `UserKnownHostsFile=${join(folder, 'known_hosts')}`,
    'IdentitiesOnly=yes',
  ].join(' ');
  return { host: `${username}@127.0.0.1`, home, options, rsyncPath: `${bin}:${searchPath}`, stop: () => server.stop() };
}
