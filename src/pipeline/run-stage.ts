import pLimit from 'p-limit';
import pRetry from 'p-retry';
import { type Exit, exits, messageOf, TransloadError } from '../core/errors.js';
import type { Amount, StageName } from '../core/events.js';
import type { Context } from './context.js';

/** One piece of work that is done whole or not at all: a range, a lookup, a shard. */
export interface Unit {
  readonly name: string;
  /** Rows to expect, 0 where unknown. */
  readonly rows: number;
  run(progress: (amount: Amount) => void): Promise<Amount>;
}

export interface StagePlan {
  readonly stage: StageName;
  readonly units: readonly Unit[];
  readonly alreadyDone: number;
  readonly note: string;
}

export interface StageResult extends Amount {
  readonly done: number;
  readonly failed: readonly TransloadError[];
  readonly seconds: number;
}

const attemptsMax = 3;
const firstDelayMs = 500;
/** After this many units failed for one cause the stage stops: 1,300 ranges must not each fail three times. */
const sameCauseMax = 3;

/** Anything thrown as a TransloadError; what is none already is a bug and stays one (exit 1, with its stack). */
function asTransloadError(error: unknown): TransloadError {
  if (error instanceof TransloadError) return error;
  return new TransloadError(exits.bug, 'BUG', messageOf(error), 'please report this with its stack', { cause: error });
}

function interrupted(signal: AbortSignal): TransloadError | undefined {
  return signal.aborted ? asTransloadError(signal.reason) : undefined;
}

/**
 * Runs the units of a stage, `workers` at a time: retries what may succeed later, goes on after a failed unit, stops
 * after three failures for one cause. Reports every step; throws only when the run was interrupted.
 */
export async function runStage(context: Context, plan: StagePlan): Promise<StageResult> {
  const { report, signal, workers } = context;
  const { stage, units, alreadyDone, note } = plan;
  const begin = performance.now();
  const total = { rows: 0, bytes: 0, done: 0 };
  const failed: TransloadError[] = [];
  const causes = new Map<string, number>();
  let stopped = false;
  report({
    event: 'stage',
    stage,
    units: units.length,
    alreadyDone,
    rows: units.reduce((sum, unit) => sum + unit.rows, 0),
    note,
  });

  const attempt = (unit: Unit): Promise<Amount> =>
    pRetry(
      () => {
        report({ event: 'unit-start', stage, unit: unit.name, rows: unit.rows });
        return unit.run((amount) => report({ event: 'unit-progress', stage, unit: unit.name, ...amount }));
      },
      {
        retries: attemptsMax - 1,
        minTimeout: firstDelayMs,
        factor: 3,
        signal,
        shouldRetry: ({ error }) => error instanceof TransloadError && error.retryable && !signal.aborted,
        onFailedAttempt: ({ error, retriesLeft }) => {
          if (retriesLeft > 0 && error instanceof TransloadError && error.retryable && !signal.aborted) {
            report({ event: 'note', text: `${unit.name}: ${error.message}; trying again` });
          }
        },
      },
    );

  const work = async (unit: Unit): Promise<void> => {
    if (stopped || signal.aborted) return;
    const unitBegin = performance.now();
    try {
      const amount = await attempt(unit);
      total.rows += amount.rows;
      total.bytes += amount.bytes;
      total.done++;
      report({ event: 'unit-done', stage, unit: unit.name, seconds: secondsSince(unitBegin), ...amount });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asTransloadError(thrown);
      failed.push(error);
      report({ event: 'unit-failed', stage, unit: unit.name, error });
      const same = (causes.get(error.code) ?? 0) + 1;
      causes.set(error.code, same);
      if (same >= sameCauseMax || error.exit === exits.bug) stopped = true;
    }
  };
  const limit = pLimit(Math.max(1, workers));
  await Promise.all(units.map((unit) => limit(() => work(unit))));

  const stop = interrupted(signal);
  if (stop) throw stop;
  return { ...total, failed, seconds: secondsSince(begin) };
}

/** Seconds since a `performance.now()`, to the millisecond. */
export function secondsSince(beginMs: number): number {
  return Math.round(performance.now() - beginMs) / 1000;
}

/** The exit code of a stage: 12 after three failures of one unreachable server, else 3 where units failed. */
export function exitOf(failed: readonly TransloadError[]): Exit {
  const [first] = failed;
  if (first === undefined) return exits.done;
  const bug = failed.find((error) => error.exit === exits.bug);
  if (bug) return exits.bug;
  const same = failed.every((error) => error.exit === first.exit);
  if (same && (first.exit === exits.damaged || first.exit === exits.unreachable || first.exit === exits.usage))
    return first.exit;
  return failed.some((error) => error.exit === exits.damaged) ? exits.damaged : exits.failed;
}
