import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { crashAt, crashFolder, type Recorded, record } from '../support/crash/crash-runs.js';
import { finishStages, scenariosOf } from '../support/crash/scenarios.js';
import { fillSmall } from '../support/crash/small-dataset.js';

// Fault 6: SIGKILL at every numbered step of every stage, the same command again, the outcome of an undisturbed run.
// CRASH_STEP=n (or n-m) does one step (or some) alone; the numbers count over all scenarios, a failure names its own.
const [first = 1, last = first] = process.env.CRASH_STEP
  ? process.env.CRASH_STEP.split('-').map(Number)
  : [1, Infinity];
const lanes = Math.min(2, availableParallelism());
const folder = crashFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every step of the matrix, numbered from 1. */
let matrix: { readonly recorded: Recorded; readonly step: number }[];

beforeAll(async () => {
  const env = await fillSmall('k_crash', folder);
  const scenarios = scenariosOf(await finishStages(env, folder));
  matrix = [];
  for (const scenario of scenarios) {
    const recorded = await record(scenario, { folder: join(folder, 'record'), database: 'k_crash_record' });
    console.info(`${scenario.name}: steps ${matrix.length + 1} to ${matrix.length + recorded.steps.length}`);
    matrix.push(...recorded.steps.map((_, index) => ({ recorded, step: index + 1 })));
  }
});

it('killed at every step and run again, all is as if nothing had been', { timeout: 5_400_000 }, async () => {
  const free = Array.from({ length: lanes }, (_, lane) => ({
    folder: join(folder, `lane${lane}`),
    database: `k_crash_lane${lane}`,
  }));
  const limit = pLimit(lanes);
  const outcomes = await Promise.all(
    matrix.map(({ recorded, step }, index) =>
      limit(async () => {
        if (index + 1 < first || index + 1 > last) return [];
        const place = free.pop();
        if (place === undefined) throw new Error('more runs than places');
        const wrong = await crashAt(recorded, step, place);
        free.push(place);
        const { scenario, steps } = recorded;
        if (wrong !== undefined)
          console.error(`CRASH_STEP=${index + 1} ${scenario.name}, ${steps[step - 1]}: ${wrong}`);
        return wrong === undefined ? [] : [`CRASH_STEP=${index + 1} (${scenario.name}, ${steps[step - 1]}): ${wrong}`];
      }),
    ),
  );
  expect(outcomes.flat()).toEqual([]);
  expect(matrix.length).toBeGreaterThan(400);
});
