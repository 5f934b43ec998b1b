import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectDir, searchPath } from './servers.js';

export interface CliResult {
  readonly exit: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

const entry = join(projectDir, 'dist', 'stages', 'main.js');

/** Starts a command as people do: knobs in the environment, nothing of this process's own environment but PATH. */
export function startCli(
  command: string,
  env: Readonly<Record<string, string>>,
): ChildProcess & { result: Promise<CliResult> } {
  const begin = performance.now();
  const child = spawn(process.execPath, [entry, command], {
    cwd: env.CWD ?? join(projectDir, '.cache'),
    env: { PATH: searchPath, HOME: process.env.HOME ?? '/', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    text.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text.stderr += chunk.toString();
  });
  const result = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit, signal) =>
      resolve({ exit, signal, ...text, seconds: (performance.now() - begin) / 1000 }),
    );
  });
  return Object.assign(child, { result });
}

/** Runs a command to its end. */
export function runCli(command: string, env: Readonly<Record<string, string>>): Promise<CliResult> {
  return startCli(command, env).result;
}

/** Runs a command that has to end with 0, and gives its output. */
export async function mustRun(command: string, env: Readonly<Record<string, string>>): Promise<string> {
  const result = await runCli(command, env);
  if (result.exit !== 0) throw new Error(`${command} ended with ${result.exit}:\n${result.stdout}\n${result.stderr}`);
  return result.stdout;
}

/** Runs a command and kills it as soon as its output matches; true where it was still running then. */
export async function killWhen(
  command: string,
  env: Readonly<Record<string, string>>,
  pattern: RegExp,
): Promise<boolean> {
  const child = startCli(command, env);
  let seen = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    seen += chunk.toString();
    if (pattern.test(seen)) child.kill('SIGKILL');
  });
  return (await child.result).signal === 'SIGKILL';
}
