import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, minimalEnvironment } from './run-command.js';
import { freePort, startServerProcess, waitUntilAnswers } from './server-process.js';

/** A server of the MongoDB protocol on 127.0.0.1. */
export interface MongoServer {
  /** mongodb://127.0.0.1:port/ */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
  /** SIGKILL at once, as a crash would. */
  kill(): void;
}

/** Which program serves: a mongod, or SecantusDB (WiredTiger behind the same protocol) in its Python folder. */
export type MongoProgram =
  | { readonly kind: 'mongod'; readonly binary: string }
  | { readonly kind: 'secantusd'; readonly python: string; readonly env: Environment };

const startTimeoutMs = 90_000;

/**
 * Starts the server on the data folder, without users: it listens on 127.0.0.1 only.
 *
 * @param options.dataDir a folder of its own; the data of an earlier start in it are used again
 * @param options.path the PATH value
 * @param options.extraArgs more arguments, such as --auth
 * @throws Error with the end of the server's log when it does not start
 */
export async function startMongoServer(options: {
  program: MongoProgram;
  dataDir: string;
  path: string;
  extraArgs?: readonly string[];
  onLog?: (line: string) => void;
}): Promise<MongoServer> {
  const { program, dataDir, path, extraArgs = [], onLog = () => {} } = options;
  const data = join(dataDir, 'data');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const call =
    program.kind === 'mongod' ? mongodCall(program, data, port, path) : await secantusdCall(program, dataDir, port);
  const server = await startServerProcess({
    command: call.command,
    args: [...call.args, ...extraArgs],
    env: call.env,
    cwd: dataDir,
    logFile: join(dataDir, 'mongo.log'),
  });
  try {
    await waitUntilAnswers({ port, hello: helloMessage(), hasEnded: server.hasEnded, timeoutMs: startTimeoutMs });
  } catch (cause) {
    await server.stop(0);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`the MongoDB server did not start: ${reason}. Its log ends: ${server.logEnd()}`, { cause });
  }
  onLog(`${program.kind} listens on 127.0.0.1:${port}`);
  return {
    url: `mongodb://127.0.0.1:${port}/`,
    port,
    pid: server.pid,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

interface Call {
  command: string;
  args: string[];
  env: Environment;
}

function mongodCall(program: { binary: string }, data: string, port: number, path: string): Call {
  return {
    command: program.binary,
    args: ['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1', '--nounixsocket'],
    env: minimalEnvironment(path),
  };
}

async function secantusdCall(
  program: { python: string; env: Environment },
  dataDir: string,
  port: number,
): Promise<Call> {
  // An empty file keeps it from taking one it finds on the machine.
  const config = join(dataDir, 'secantusd.toml');
  await writeFile(config, '');
  return {
    command: program.python,
    args: [
      '-c',
      'import sys; from secantus.cli import main; sys.exit(main())',
      ...['--config', config],
      ...['--host', '127.0.0.1'],
      ...['--port', String(port)],
      ...['--storage-path', join(dataDir, 'data')],
      ...['--cache-size', '256M'],
      ...['--log-level', 'WARNING'],
    ],
    env: program.env,
  };
}

/** `{hello: 1, $db: 'admin'}` as an OP_MSG: the least question of the protocol, to see whether anyone answers. */
export function helloMessage(): Uint8Array {
  const fields = Buffer.concat([
    Buffer.from('\x10hello\0\x01\0\0\0', 'latin1'),
    Buffer.from('\x02$db\0\x06\0\0\0admin\0', 'latin1'),
    Buffer.from([0]),
  ]);
  const document = Buffer.alloc(4 + fields.length);
  document.writeInt32LE(document.length);
  fields.copy(document, 4);
  const headerBytes = 21;
  const message = Buffer.alloc(headerBytes + document.length);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(1, 4);
  message.writeInt32LE(2013, 12);
  document.copy(message, headerBytes);
  return message;
}
