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
  /** Bytes to expect, where progress is told in bytes alone. */
  readonly bytes?: number;
  run(progress: UnitProgress): Promise<Amount>;
}

/** Tells how far a unit is: what is left out is as it was. */
export type UnitProgress = (now: Partial<Amount> & { readonly phase?: string }) => void;

export interface StagePlan {
  readonly stage: StageName;
  readonly units: readonly Unit[];
  readonly alreadyDone: number;
  readonly note: string;
  /** Waited for before a unit is begun, or begun again. Resolves also when the signal is aborted. */
  readonly ready?: (signal: AbortSignal) => Promise<void>;
}

export interface StageResult extends Amount {
  readonly done: number;
  readonly failed: readonly TransloadError[];
  /** True where the stage gave up before all units were tried: three in a row failed for one cause. */
  readonly stopped: boolean;
  readonly seconds: number;
}

/** Attempts of one unit while nothing else comes to its end either: the server is gone, or the unit breaks it. */
const attemptsMax = 3;
/** Attempts of one unit in all: a server that others get through to is tried longer, but not for ever. */
const attemptsInAllMax = 10;
const firstDelayMs = 500;
const delayMaxMs = 10_000;
/** A unit that gets on is told of so often; that it is at something else, at once. */
const progressMs = 500;
/** After this many units in a row failed for one cause the stage stops: 1,300 ranges must not each fail three times. */
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
 * Runs the units of a stage, `workers` at a time: retries with growing pauses what may succeed later, goes on after a
 * failed unit, stops after three in a row that failed for one cause and after what no other unit can escape (wrong
 * usage, a changed schema, a bug). Reports every step; throws only when the run was interrupted.
 */
export async function runStage(context: Context, plan: StagePlan): Promise<StageResult> {
  const { report, signal, workers } = context;
  const { stage, units, alreadyDone, note, ready } = plan;
  const begin = performance.now();
  const total = { rows: 0, bytes: 0, done: 0 };
  const failed: TransloadError[] = [];
  /** How often each cause made a unit fail since one last came to its end. */
  const causes = new Map<string, number>();
  /** Ends the pauses of other units too when the stage gives up. */
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  report({
    event: 'stage',
    stage,
    units: units.length,
    alreadyDone,
    rows: units.reduce((sum, unit) => sum + unit.rows, 0),
    note,
  });

  const attempt = (unit: Unit): Promise<Amount> => {
    let inVain = 0;
    let doneBefore = total.done;
    let last: TransloadError | undefined;
    let result: Amount | undefined;
    return pRetry(
      async () => {
        if (last !== undefined) {
          await ready?.(ended);
          ended.throwIfAborted();
        }
        const bytes = unit.bytes === undefined ? {} : { bytes: unit.bytes };
        report({ event: 'unit-start', stage, unit: unit.name, rows: unit.rows, ...bytes });
        result = await unit.run(progressOf(report, stage, unit));
        return result;
      },
      {
        retries: attemptsInAllMax - 1,
        minTimeout: firstDelayMs,
        maxTimeout: delayMaxMs,
        factor: 3,
        signal: ended,
        shouldRetry: ({ error, attemptNumber }) => {
          if (!(error instanceof TransloadError) || !error.retryable || ended.aborted) return false;
          // Another unit that came to its end since the last failure shows that the server can be reached.
          inVain = total.done > doneBefore ? 1 : inVain + 1;
          doneBefore = total.done;
          last = error;
          if (inVain >= attemptsMax) return false;
          report({ event: 'unit-retry', stage, unit: unit.name, attempt: attemptNumber, error });
          return true;
        },
      },
    ).catch((error: unknown) => {
      // A unit in flight when the stage gave up is done all the same; one in its pause failed for what came before.
      if (stop.signal.aborted && result !== undefined) return result;
      throw stop.signal.aborted && last !== undefined ? last : error;
    });
  };

  const work = async (unit: Unit): Promise<void> => {
    await ready?.(ended);
    if (ended.aborted) return;
    const unitBegin = performance.now();
    try {
      const amount = await attempt(unit);
      total.rows += amount.rows;
      total.bytes += amount.bytes;
      total.done++;
      causes.clear();
      report({ event: 'unit-done', stage, unit: unit.name, seconds: secondsSince(unitBegin), ...amount });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asTransloadError(thrown);
      failed.push(error);
      report({ event: 'unit-failed', stage, unit: unit.name, error });
      // A damaged file is its own cause: the others are whole (fault 22).
      const same = error.exit === exits.damaged ? 0 : (causes.get(error.code) ?? 0) + 1;
      causes.set(error.code, same);
      if (same >= sameCauseMax || error.exit === exits.bug || error.exit === exits.usage) stop.abort();
    }
  };
  const limit = pLimit(Math.max(1, workers));
  await Promise.all(units.map((unit) => limit(() => work(unit))));

  const reason = interrupted(signal);
  if (reason) throw reason;
  return { ...total, failed, stopped: stop.signal.aborted, seconds: secondsSince(begin) };
}

/** Reports what a unit tells, but not each of thousands of batches. */
function progressOf(report: Context['report'], stage: StageName, unit: Unit): UnitProgress {
  let now: Amount & { readonly phase?: string } = { rows: 0, bytes: 0 };
  let lastMs = Number.NEGATIVE_INFINITY;
  return (told) => {
    const isOther = told.phase !== undefined && told.phase !== now.phase;
    now = { ...now, ...told };
    if (!isOther && performance.now() - lastMs < progressMs) return;
    lastMs = performance.now();
    report({ event: 'unit-progress', stage, unit: unit.name, ...now });
  };
}

/** Seconds since a `performance.now()`, to the millisecond. */
export function secondsSince(beginMs: number): number {
  return Math.round(performance.now() - beginMs) / 1000;
}

/**
 * The exit code of a stage: that of the failures where they all have the same, 13 where a file was damaged, else 3; 12
 * where the stage gave up after three units (interface.md).
 */
export function exitOf({ failed, stopped }: Pick<StageResult, 'failed' | 'stopped'>): Exit {
  const [first] = failed;
  if (first === undefined) return exits.done;
  const found = (exit: Exit): boolean => failed.some((error) => error.exit === exit);
  for (const exit of [exits.bug, exits.usage]) if (found(exit)) return exit;
  if (stopped) return exits.unreachable;
  if (found(exits.damaged)) return exits.damaged;
  return failed.every(({ exit }) => exit === exits.unreachable) ? exits.unreachable : exits.failed;
}
