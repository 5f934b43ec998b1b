import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The whole environment of a child process: nothing is inherited that is not named here. */
export type Environment = Record<string, string>;

/** Debian keeps servers here, and leaves these folders out of an ordinary user's PATH. */
const serverFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

const outputCharsMax = 4_000_000;
const complaintCharsMax = 2_000;

/**
 * The smallest environment the programs here work in.
 *
 * @param path the PATH value
 * @param extra more variables, such as a proxy or a certificate file that an installer needs
 */
export function minimalEnvironment(path: string, extra: Environment = {}): Environment {
  return { PATH: path, HOME: homedir(), LC_ALL: 'C.UTF-8', ...extra };
}

/** The first of `names` that is an executable file in a folder of `path` or in a folder for servers. */
export function findOnPath(names: readonly string[], path: string): string | undefined {
  const folders = [...path.split(delimiter).filter((folder) => folder !== ''), ...serverFolders];
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end and returns what it wrote to its standard output.
 *
 * @throws Error with the end of what it wrote when it cannot be started, fails, or takes longer than `timeoutMs`
 */
export function runCommand(options: {
  command: string;
  args: readonly string[];
  env: Environment;
  cwd?: string;
  timeoutMs: number;
}): Promise<string> {
  const { command, args, env, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let output = '';
    let complaint = '';
    const keepEnd = (chunk: string): void => {
      complaint = (complaint + chunk).slice(-complaintCharsMax);
    };
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (output.length < outputCharsMax) output += chunk;
      keepEnd(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', keepEnd);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(new Error(`${command} cannot be started: ${cause.message}`, { cause }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve(output);
      const how = late ? `took longer than ${timeoutMs} ms` : `ended with ${signal ?? `exit code ${code}`}`;
      reject(new Error(`${[command, ...args.slice(0, 3)].join(' ')} ${how}: ${complaint.trim()}`));
    });
  });
}
