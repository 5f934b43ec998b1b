import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CliResult, startCli } from './cli.js';
import type { Env } from './migration.js';

/**
 * Runs a command to its end, and does something as soon as it comes to a step (src/core/steps.ts) for the n-th time.
 *
 * @throws Error where it never comes to that step
 */
export async function atStep(
  command: string,
  env: Env,
  [name, nth]: readonly [name: string, nth: number],
  work: () => unknown,
): Promise<CliResult> {
  const file = `${env.DATA_DIR}.steps`;
  rmSync(file, { force: true });
  const child = startCli(command, { ...env, STEPS_FILE: file });
  const taken = (): number =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .filter((one) => one === name).length
      : 0;
  while (taken() < nth && child.exitCode === null) await sleep(1);
  if (taken() < nth) {
    const { exit, stdout, stderr } = await child.result;
    throw new Error(`${command} ended with ${exit} before ${name}:\n${stdout}\n${stderr}`);
  }
  await work();
  return child.result;
}
