import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { crashAt, crashFolder, type Recorded, record } from '../support/crash/crash-runs.js';
import { finishStages, type Scenario, scenariosOf } from '../support/crash/scenarios.js';
import { fillSmall } from '../support/crash/small-dataset.js';

// A few steps of the matrix, each of another name; all of them: make test-crash.
const perScenario: Readonly<Record<string, number>> = { export: 2, 'export again': 1, join: 2, load: 2 };
const seed = Number(process.env.TRANSLOAD_SEED?.split(':')[0] || Math.floor(Math.random() * 2 ** 31));
const folder = crashFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let scenarios: Scenario[];
beforeAll(async () => {
  console.info(`crash steps from TRANSLOAD_SEED=${seed}`);
  const env = await fillSmall('k_crash', folder);
  scenarios = scenariosOf(await finishStages(env, folder));
});

/** Numbers of some steps, at random but for the seed, no name twice among all scenarios. */
const names = new Set<string>();
function chosen({ steps, scenario }: Recorded, count: number): number[] {
  let state = seed + scenario.name.length;
  const order = steps
    .map((name, index) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return { name, number: index + 1, rank: state };
    })
    .sort((a, b) => a.rank - b.rank);
  const picked: number[] = [];
  for (const { name, number } of order) {
    if (picked.length === count || names.has(name)) continue;
    names.add(name);
    picked.push(number);
  }
  return picked;
}

it.each(Object.keys(perScenario))('%s: killed at some steps, run again, equal to an undisturbed run', async (name) => {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const place = { folder: join(folder, 'run'), database: 'k_crash_run' };
  const recorded = await record(scenario, place);
  for (const n of chosen(recorded, perScenario[name] ?? 0)) {
    const wrong = await crashAt(recorded, n, place);
    expect(wrong, `step ${n} of ${name} (${recorded.steps[n - 1]}), TRANSLOAD_SEED=${seed}`).toBeUndefined();
  }
});
