import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from './run-command.js';

/** A server that runs as a child of this process and does not outlive it. */
export interface ServerProcess {
  readonly pid: number;
  hasEnded(): boolean;
  /** The last lines it wrote, for an error message. */
  logEnd(): string;
  /** SIGTERM, a wait of `graceMs`, SIGKILL. Returns when the process is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL at once. */
  kill(): void;
}

const graceMsDefault = 20_000;
const pollMs = 50;
const logEndChars = 1_500;

/**
 * Waits until the parent is gone (its end of the pipe closes, whatever ended it), then ends the server by its pid.
 * $0 is the pid. Without this a SIGKILL of the parent would leave the server running for ever.
 */
const guardScript =
  'cat >/dev/null; kill -TERM "$0" 2>/dev/null; n=0; while kill -0 "$0" 2>/dev/null && [ $n -lt 20 ]; ' +
  'do sleep 1; n=$((n+1)); done; kill -KILL "$0" 2>/dev/null';

/**
 * Starts a server; what it writes goes to `logFile`. It gets a session of its own, so that Ctrl-C reaches this process
 * alone, which then ends the server in order.
 *
 * @throws Error when the program cannot be started
 */
export async function startServerProcess(options: {
  command: string;
  args: readonly string[];
  env: Environment;
  cwd: string;
  logFile: string;
}): Promise<ServerProcess> {
  const { command, args, env, cwd, logFile } = options;
  const log = openSync(logFile, 'a', 0o600);
  let child: ChildProcess;
  try {
    child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', log, log] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (cause) => reject(new Error(`${command} cannot be started: ${cause.message}`, { cause })));
    });
  } finally {
    closeSync(log);
  }
  const pid = child.pid as number;
  const guard = spawn('/bin/sh', ['-c', guardScript, String(pid)], {
    env: { PATH: '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => {});
  let ended = false;
  child.once('exit', () => {
    ended = true;
    // The guard must go first: a pid that is free again may soon be someone else's.
    guard.kill('SIGKILL');
  });
  // A forgotten stop() must not keep this process alive; the guard then ends the server.
  child.unref();
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();

  const waitForEnd = async (withinMs: number): Promise<boolean> => {
    for (let waitedMs = 0; !ended && waitedMs < withinMs; waitedMs += pollMs) await sleep(pollMs);
    return ended;
  };
  const signal = (name: 'SIGTERM' | 'SIGKILL'): void => {
    if (!ended) child.kill(name);
  };
  return {
    pid,
    hasEnded: () => ended,
    logEnd: () => (existsSync(logFile) ? readFileSync(logFile, 'utf8').slice(-logEndChars).trim() : ''),
    stop: async (graceMs = graceMsDefault) => {
      signal('SIGTERM');
      if (await waitForEnd(graceMs)) return;
      signal('SIGKILL');
      await waitForEnd(graceMsDefault);
    },
    kill: () => signal('SIGKILL'),
  };
}

/** A TCP port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/**
 * Waits until a server answers with at least one byte; a connection alone proves nothing (Docker accepts one before the
 * server is there).
 *
 * @param options.hello what to send first, for a protocol in which the client speaks first
 * @param options.hasEnded says that the server will never answer
 * @throws Error when it has ended, or has not answered within `timeoutMs`
 */
export async function waitUntilAnswers(options: {
  port: number;
  hello?: Uint8Array;
  hasEnded: () => boolean;
  timeoutMs: number;
}): Promise<void> {
  const until = Date.now() + options.timeoutMs;
  while (!(await answersOnce(options.port, options.hello))) {
    if (options.hasEnded()) throw new Error('it ended right after it was started');
    if (Date.now() > until) throw new Error(`it did not answer on port ${options.port} in ${options.timeoutMs} ms`);
    await sleep(pollMs);
  }
}

function answersOnce(port: number, hello: Uint8Array | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 2_000 });
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => hello !== undefined && socket.write(hello));
    socket.once('data', () => finish(true));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('timeout', () => finish(false));
  });
}
