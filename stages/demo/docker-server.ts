import { randomBytes } from 'node:crypto';
import { helloMessage } from './mongo-server.js';
import { type Environment, findOnPath, minimalEnvironment, runCommand } from './run-command.js';
import { freePort, waitUntilAnswers } from './server-process.js';

const dockerTimeoutMs = 20_000;
const pullTimeoutMs = 900_000;
const startTimeoutMs = 180_000;
const mysqlFlags = [
  '--skip-name-resolve',
  '--local-infile=1',
  '--character-set-server=utf8mb4',
  '--innodb-buffer-pool-size=256M',
  '--max-allowed-packet=128M',
];

/**
 * Starts MySQL 8.4 or MongoDB 8 in a container that is removed when it is stopped. Untried: it was written on machines
 * without a Docker daemon.
 *
 * @throws Error when Docker is missing, its daemon does not answer, or the server does not start
 */
export async function startDockerServer(options: {
  which: 'mysql' | 'mongo';
  path: string;
  env?: Environment;
  onLog: (line: string) => void;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const { which, path, onLog } = options;
  const binary = findOnPath(['docker'], path);
  if (binary === undefined) throw new Error('docker is not installed');
  const env = minimalEnvironment(path, options.env);
  const docker = (args: readonly string[], timeoutMs: number): Promise<string> =>
    runCommand({ command: binary, args, env, timeoutMs });
  await docker(['version', '--format', '{{.Server.Version}}'], dockerTimeoutMs);

  const port = await freePort();
  const password = randomBytes(18).toString('base64url');
  const name = `transload-demo-${which}-${port}`;
  const image = which === 'mysql' ? 'mysql:8.4' : 'mongo:8';
  const settings =
    which === 'mysql'
      ? ['-p', `127.0.0.1:${port}:3306`, '-e', `MYSQL_ROOT_PASSWORD=${password}`, image, ...mysqlFlags]
      : ['-p', `127.0.0.1:${port}:27017`, image];
  onLog(`starting ${image} with Docker`);
  await docker(['run', '-d', '--rm', '--name', name, ...settings], pullTimeoutMs);
  const stop = async (): Promise<void> => {
    await docker(['rm', '-f', '-v', name], dockerTimeoutMs);
  };
  try {
    const hello = which === 'mongo' ? { hello: helloMessage() } : {};
    await waitUntilAnswers({ port, ...hello, hasEnded: () => false, timeoutMs: startTimeoutMs });
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  const url = which === 'mysql' ? `mysql://root:${password}@127.0.0.1:${port}/` : `mongodb://127.0.0.1:${port}/`;
  return { url, stop };
}
