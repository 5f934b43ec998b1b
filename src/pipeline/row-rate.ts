/** Rows that were not taken in a moment may be taken in the next one, so that the rate is met and not only kept below. */
const burstMs = 1000;
/** A read may be made to wait this long between two batches: a server forgets an idle cursor after ten minutes. */
const waitMaxSeconds = 300;

/** A bucket of rows for all workers together (RATE=). Nobody waits in it: it says how long to. */
export class RowRate {
  readonly #rowsPerSecond: number;
  readonly #nowMs: () => number;
  /** When the rows that were let through so far are paid for. */
  #paidMs: number;

  constructor(rowsPerSecond: number, nowMs: () => number) {
    this.#rowsPerSecond = rowsPerSecond;
    this.#nowMs = nowMs;
    this.#paidMs = nowMs();
  }

  /** Milliseconds until it is the turn of these rows, which come after all that were asked for before. */
  waitMs(rows: number): number {
    const now = this.#nowMs();
    const turn = Math.max(this.#paidMs, now - burstMs);
    this.#paidMs = turn + (rows / this.#rowsPerSecond) * 1000;
    return Math.max(0, turn - now);
  }
}

/** The least rate at which no worker waits too long for its turn, when each comes with `batchRows` rows. */
export function leastRate(workers: number, batchRows: number): number {
  return Math.ceil((workers * batchRows) / waitMaxSeconds);
}
