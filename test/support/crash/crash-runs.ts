import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { mustRun, runCli } from '../cli.js';
import type { Env } from '../migration.js';
import type { Place, Scenario } from './scenarios.js';

/** The steps of an undisturbed run, and what it ends with. */
export interface Recorded {
  readonly scenario: Scenario;
  readonly steps: readonly string[];
  readonly state: unknown;
}

/** A folder in memory where there is such a thing: hundreds of copies are made. */
export function crashFolder(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'transload-crash-'));
}

async function stepsOf(
  { command }: Scenario,
  env: Env,
  place: Place,
  run: (command: string, env: Env) => Promise<unknown>,
): Promise<string[]> {
  const file = `${place.folder}.steps`;
  rmSync(file, { force: true });
  await run(command, { ...env, STEPS_FILE: file });
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/** Runs a scenario undisturbed. */
export async function record(scenario: Scenario, place: Place): Promise<Recorded> {
  const env = await scenario.prepare(place);
  const steps = await stepsOf(scenario, { ...env, ...scenario.killed }, place, mustRun);
  return { scenario, steps, state: await scenario.state(env) };
}

/** States after which the command was seen to find nothing to do: equal ones are not asked again. */
const settled: unknown[] = [];

/**
 * Kills a scenario right before its n-th step (from 1), runs it again and compares. Resolves to what is wrong, or
 * undefined.
 */
export async function crashAt(
  { scenario, steps, state }: Recorded,
  n: number,
  place: Place,
): Promise<string | undefined> {
  const { command, killed, after } = scenario;
  const env = await scenario.prepare(place);
  const expected = steps.slice(0, n);
  let wrong: string | undefined;
  const taken = await stepsOf(scenario, { ...env, ...killed, CRASH_STEP: String(n) }, place, async (name, given) => {
    const { signal, exit, stderr } = await runCli(name, given);
    if (signal !== 'SIGKILL') wrong = `was not killed, but ended with ${exit}: ${stderr}`;
  });
  if (wrong !== undefined) return wrong;
  if (!isDeepStrictEqual(taken, expected))
    return `other steps than before: ${taken.slice(-3)}, not ${expected.slice(-3)}`;
  const next = await runCli(command, { ...env, ...after });
  if (next.exit !== 0) return `the run after it ended with ${next.exit}: ${next.stdout}${next.stderr}`;
  const found = await scenario.state(env);
  if (!isDeepStrictEqual(found, state)) return `other outcome: ${difference(found, state)}`;
  if (!settled.some((one) => isDeepStrictEqual(one, { command, found }))) {
    const last = await runCli(command, env);
    if (last.exit !== 0 || !last.stdout.includes('nothing to do')) return `was not done: ${last.stdout}${last.stderr}`;
    settled.push({ command, found });
  }
  return undefined;
}

/** The parts that differ, so that a person sees which. */
function difference(found: unknown, expected: unknown): string {
  if (typeof found !== 'object' || found === null || typeof expected !== 'object' || expected === null) {
    return `${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
  }
  const names = new Set([...Object.keys(found), ...Object.keys(expected)]);
  const parts = [...names].flatMap((name) => {
    const [a, b] = [(found as Record<string, unknown>)[name], (expected as Record<string, unknown>)[name]];
    return isDeepStrictEqual(a, b) ? [] : [`${name}: ${difference(a, b)}`];
  });
  return parts.join('; ').slice(0, 1000);
}
