/** What was done up to a moment: rows, and work in the measure that the whole is known in. */
interface Sample {
  readonly ms: number;
  readonly rows: number;
  readonly work: number;
}

export interface Rate {
  readonly rowsPerSecond: number;
  readonly workPerSecond: number;
  /** Over which it was taken. */
  readonly seconds: number;
}

/** The rate of the last units that were done. */
export interface UnitsRate extends Rate {
  readonly units: number;
  /** Since the last one was done: what is done of the next ones is not known. */
  readonly sinceSeconds: number;
}

const windowMs = 60_000;
const sampleMs = 1000;
/** More units than any number of workers makes at once. */
const endsMax = 200;

/**
 * How fast a stage goes: over the last minute and not on the average since its begin, which hides for hours that it
 * became slow. Keeps a sample a second of that minute.
 */
export class Pace {
  readonly #begin: number;
  readonly #samples: Sample[] = [];
  /** States right after each unit that was done. */
  readonly #ends: Sample[] = [];

  constructor(nowMs: number) {
    this.#begin = nowMs;
  }

  add(nowMs: number, rows: number, work: number): void {
    const samples = this.#samples;
    const last = samples.at(-1);
    const second = (ms: number): number => Math.floor(ms / sampleMs);
    // Of one second the last state counts: what was done before a silence must not seem to be done after it.
    if (last !== undefined && second(last.ms) === second(nowMs)) {
      samples[samples.length - 1] = { ms: last.ms, rows, work };
    } else samples.push({ ms: nowMs, rows, work });
    while (samples[1] !== undefined && nowMs - samples[1].ms >= windowMs) samples.shift();
  }

  /** A unit was done. */
  unitDone(nowMs: number, rows: number, work: number): void {
    this.#ends.push({ ms: nowMs, rows, work });
    if (this.#ends.length > endsMax) this.#ends.shift();
  }

  /**
   * By the last `units` that were done, or all where there are fewer: for units that tell of themselves at their end
   * alone. A unit that takes longer than those before it slows the rate down. Undefined while none is done.
   */
  ofUnits(nowMs: number, units: number): UnitsRate | undefined {
    const last = this.#ends.at(-1);
    if (last === undefined) return undefined;
    const before = this.#ends.at(-1 - units) ?? { ms: this.#begin, rows: 0, work: 0 };
    const count = Math.min(units, this.#ends.length);
    const to = Math.max(last.ms, nowMs - (last.ms - before.ms) / count);
    const rate = rateOf(last.rows - before.rows, last.work - before.work, to - before.ms);
    return { ...rate, units: count, sinceSeconds: (nowMs - last.ms) / 1000 };
  }

  /** Over the last minute, by what is done now. */
  recent(nowMs: number, rows: number, work: number): Rate {
    const from = Math.max(this.#begin, nowMs - windowMs);
    const known = from > this.#begin ? this.#samples.findLast(({ ms }) => ms <= from) : undefined;
    const before = known ?? { rows: 0, work: 0 };
    return rateOf(rows - before.rows, work - before.work, nowMs - from);
  }
}

/** An attempt that begins anew takes back what it had done: nothing is done at a negative rate. */
function rateOf(rows: number, work: number, ms: number): Rate {
  const seconds = Math.max(0.001, ms / 1000);
  return { rowsPerSecond: Math.max(0, rows) / seconds, workPerSecond: Math.max(0, work) / seconds, seconds };
}
