import { appendFileSync } from 'node:fs';
import { listenToSteps } from '../src/core/steps.js';
import { type Environment, positive } from './config.js';

/**
 * For the crash tests: STEPS_FILE names a file that gets the name of every step of this process, a line each, before it
 * is taken; CRASH_STEP is the number (from 1) of the one at which the process kills itself. Without STEPS_FILE nothing
 * is counted, so that a CRASH_STEP that was forgotten in an environment ends nobody's migration.
 */
export function recordSteps(env: Environment): void {
  const file = env.STEPS_FILE;
  if (!file) return;
  const last = env.CRASH_STEP ? positive(env, 'CRASH_STEP', 1) : 0;
  let number = 0;
  listenToSteps((name) => {
    number++;
    appendFileSync(file, `${name}\n`);
    if (number === last) process.kill(process.pid, 'SIGKILL');
  });
}
