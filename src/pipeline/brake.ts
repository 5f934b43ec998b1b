import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '../core/batch.js';
import { messageOf, type TransloadError } from '../core/errors.js';
import type { Excess, Gauge, LoadLimits } from '../sources/source.js';
import type { Context, Servers } from './context.js';
import { RowRate } from './row-rate.js';
import type { Unit } from './run-stage.js';

/** What export spares a production server (MAX_LOAD, MAX_LAG, RATE). */
export interface ExportLimits extends LoadLimits {
  readonly rowsPerSecond: number | undefined;
}

/** Time as the brake sees it, in milliseconds. A sleep ends early, and rejects nothing, when the signal is aborted. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
};

const lookMs = 1000;
/** A server that does not tell its load in this time is busy enough. */
const answerMs = 5000;
/** So many looks in a row may fail: whoever set a limit does not want to go on without it. */
const failuresMax = 10;
const stepMs = 200;
/** MongoDB forgets an idle cursor after ten minutes; and a paused read keeps a server from cleaning up behind it. */
const pauseMs = 5 * 60_000;
/** Below the session's net_write_timeout (sources/mysql-session.ts), after which the server hangs up. */
const pauseMaxMs = 50 * 60_000;

/** A read that was paused for so long that it is given up: its unit begins again when export goes on. */
class PausedTooLong extends Error {}

/**
 * Holds export back: no unit is begun and no rows are taken while something is above its limit, and never more rows
 * a second than RATE. The server waits meanwhile, since nobody reads what it sends.
 */
export class Brake {
  readonly #context: Pick<Context, 'report' | 'signal' | 'stop'>;
  readonly #gauge: Gauge | undefined;
  readonly #clock: Clock;
  readonly #rate: RowRate | undefined;
  readonly #closed = new AbortController();
  #above: readonly Excess[] = [];
  #failures = 0;
  #pauses = 0;
  #pausedMs = 0;
  #sinceMs = 0;

  constructor(
    context: Pick<Context, 'report' | 'signal' | 'stop'>,
    gauge?: Gauge,
    rowsPerSecond?: number,
    clock: Clock = systemClock,
  ) {
    this.#context = context;
    this.#gauge = gauge;
    this.#clock = clock;
    this.#rate = rowsPerSecond === undefined ? undefined : new RowRate(rowsPerSecond, () => clock.now());
  }

  /** How often and how long everything stood still. */
  get paused(): { readonly times: number; readonly seconds: number } {
    const running = this.#isAbove ? this.#clock.now() - this.#sinceMs : 0;
    return { times: this.#pauses, seconds: (this.#pausedMs + running) / 1000 };
  }

  /** Looks once, then every second until `close`. */
  async start(): Promise<void> {
    if (this.#gauge === undefined) return;
    await this.look();
    void (async () => {
      const ended = AbortSignal.any([this.#closed.signal, this.#context.signal]);
      while (!ended.aborted) {
        await this.#clock.sleep(lookMs, ended);
        if (!ended.aborted) await this.look();
      }
    })();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#gauge?.close();
  }

  /** Asks the server once; reports where it is from now on above its limits, or below them again. */
  async look(): Promise<void> {
    if (this.#gauge === undefined) return;
    const answered = new AbortController();
    const answer = this.#gauge.read().then(
      (above) => this.#found(above),
      (error: TransloadError) => this.#failed(error),
    );
    const late = this.#clock.sleep(answerMs, answered.signal).then(() => {
      const text = `the server has not told its load for ${answerMs / 1000} s`;
      if (!answered.signal.aborted) this.#set([{ name: 'late', text }]);
    });
    await answer;
    answered.abort();
    await late;
  }

  /** Resolves when a unit may be begun, or the signal is aborted. */
  async ready(signal: AbortSignal = this.#context.signal): Promise<void> {
    while (this.#isAbove && !signal.aborted) await this.#clock.sleep(stepMs, signal);
  }

  /**
   * Passes batches on, with what pauses there have to be between them. A read of MySQL may be paused for as long as it
   * has worked, and for five minutes in any case; then it is given up, which throws PausedTooLong.
   */
  async *over(batches: AsyncIterable<Batch>, engine: 'mysql' | 'mongo'): AsyncGenerator<Batch> {
    const { signal } = this.#context;
    const begin = this.#clock.now();
    let waited = await this.#hold(pauseMs);
    for await (const batch of batches) {
      const turnMs = this.#rate?.waitMs(batch.rows) ?? 0;
      if (turnMs > 0) await this.#clock.sleep(turnMs, signal);
      if (signal.aborted) throw signal.reason;
      yield batch;
      const worked = this.#clock.now() - begin - waited;
      waited += await this.#hold(engine === 'mongo' ? pauseMs : Math.min(Math.max(pauseMs, worked), pauseMaxMs));
    }
  }

  /** The unit as one that begins again where its read was given up in a pause. */
  around<T extends Unit>(unit: T): T {
    const run: Unit['run'] = async (progress) => {
      for (;;) {
        try {
          return await unit.run(progress);
        } catch (error) {
          if (!(error instanceof PausedTooLong)) throw error;
          const text = `${unit.name}: given up in a long pause, to keep nothing open at the server; it begins again`;
          this.#context.report({ event: 'note', text });
        }
        await this.ready();
        if (this.#context.signal.aborted) throw this.#context.signal.reason;
      }
    };
    return { ...unit, run };
  }

  get #isAbove(): boolean {
    return this.#above.length > 0;
  }

  /** Waits while something is above its limit, `mostMs` at most; gives how long that was. */
  async #hold(mostMs: number): Promise<number> {
    const { signal } = this.#context;
    const begin = this.#clock.now();
    while (this.#isAbove && !signal.aborted) {
      if (this.#clock.now() - begin > mostMs) throw new PausedTooLong('paused for too long');
      await this.#clock.sleep(stepMs, signal);
    }
    if (signal.aborted) throw signal.reason;
    return this.#clock.now() - begin;
  }

  #found(above: readonly Excess[]): void {
    this.#failures = 0;
    this.#set(above);
  }

  #failed(error: TransloadError): void {
    if (this.#closed.signal.aborted) return;
    this.#failures++;
    this.#set([{ name: 'failed', text: messageOf(error) }]);
    if (this.#failures >= failuresMax || !error.retryable) this.#context.stop(error);
  }

  /** Values move with every look: only what else is above its limit is news. */
  #set(above: readonly Excess[]): void {
    const names = (list: readonly Excess[]): string => list.map(({ name }) => name).join();
    const before = this.#above;
    if (names(before) === names(above)) return;
    const now = this.#clock.now();
    this.#above = above;
    if (before.length === 0) [this.#pauses, this.#sinceMs] = [this.#pauses + 1, now];
    if (above.length > 0) {
      this.#context.report({ event: 'pause', reason: above.map(({ text }) => text).join('; ') });
      return;
    }
    this.#pausedMs += now - this.#sinceMs;
    this.#context.report({ event: 'resume' });
  }
}

/** A brake by the limits, looking at the MySQL server already where one of them needs that; to be closed. */
export async function openBrake(context: Context, servers: Servers, limits: ExportLimits): Promise<Brake> {
  const needsGauge = !context.dryRun && (limits.status.length > 0 || limits.lagSeconds !== undefined);
  const gauge = needsGauge ? await servers.mysql?.gauge?.(limits) : undefined;
  const brake = new Brake(context, gauge, limits.rowsPerSecond);
  await brake.start();
  return brake;
}
