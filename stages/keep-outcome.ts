import { hostname } from 'node:os';
import { messageOf, TransloadError } from '../src/core/errors.js';
import { writeLastRun } from '../src/manifest/last-run.js';
import type { Session } from './session.js';

/** Writes down how a run ended, under the lock's name; others that take the same lock (plan, optimize) are not it. */
export async function keepOutcome(
  { command, layout, abort }: Pick<Session, 'command' | 'layout' | 'abort'>,
  stage: string,
  begin: string,
  failures: Session['failures'],
  thrown: unknown,
): Promise<void> {
  if (command !== 'demo' && command !== stage.split('-')[0]) return;
  const own = abort.signal.aborted ? abort.signal.reason : thrown;
  const units = failures.map(({ unit, error: { code, message, hint } }) => ({ unit, code, message, hint }));
  const errors = own === undefined ? units : [errorOfRun(own), ...units];
  const outcome = errors[0]?.code === 'INTERRUPTED' ? 'interrupted' : errors.length > 0 ? 'failed' : 'done';
  const end = new Date().toISOString();
  await writeLastRun(layout, stage, { host: hostname(), begin, end, outcome, errors, errorCount: errors.length });
}

function errorOfRun(error: unknown): { unit: null; code: string; message: string; hint: string } {
  const { code, hint } = error instanceof TransloadError ? error : { code: 'BUG', hint: '' };
  return { unit: null, code, message: messageOf(error), hint };
}
