import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { mustRun, runCli } from '../cli.js';
import type { Env } from '../migration.js';
import type { After, Place, Scenario } from './scenarios.js';
import { runStageHere, type StageCommand } from './stage-run.js';

/** The steps of an undisturbed run, and what it ends with. */
export interface Recorded {
  readonly scenario: Scenario;
  readonly steps: readonly string[];
  /** One for each of the runs after a kill. */
  readonly states: readonly unknown[];
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
  return { scenario, steps, states: await Promise.all(scenario.after.map(({ state }) => state(env))) };
}

/** States after which the command was seen to find nothing to do: equal ones are not asked again. */
const settled: unknown[] = [];

/**
 * Kills a scenario right before its n-th step (from 1), runs it again and compares. Resolves to what is wrong, or
 * undefined.
 */
export async function crashAt(recorded: Recorded, n: number, place: Place): Promise<string | undefined> {
  const { scenario, steps } = recorded;
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
  const copies = after.slice(1).map((_, index) => `${place.folder}-${index + 1}`);
  for (const copy of copies) {
    rmSync(copy, { recursive: true, force: true });
    cpSync(place.folder, copy, { recursive: true });
  }
  for (const [index, one] of after.entries()) {
    const there = { ...env, DATA_DIR: copies[index - 1] ?? place.folder };
    const what = await runAfter(command, there, one, recorded.states[index]).catch(String);
    if (what !== undefined) return `${Object.keys(one.env).join()} after it: ${what}`;
  }
  return undefined;
}

async function runAfter(
  command: StageCommand,
  env: Env,
  { env: more, state }: After,
  expected: unknown,
): Promise<string | undefined> {
  await runStageHere(command, { ...env, ...more });
  const found = await state(env);
  if (!isDeepStrictEqual(found, expected)) return `other outcome: ${difference(found, expected)}`;
  if (settled.some((one) => isDeepStrictEqual(one, { command, found }))) return undefined;
  const last = await runStageHere(command, env);
  if (!last.includes('nothing to do')) return `was not done: ${last}`;
  settled.push({ command, found });
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
