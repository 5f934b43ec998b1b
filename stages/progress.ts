import type { Event } from '../src/core/events.js';
import { bytes, count, duration } from './sentences.js';

interface Running {
  readonly since: number;
  readonly expected: number;
  rows: number;
  bytes: number;
}

/** What a stage has done so far, from its events; gives the lines that are drawn. Times are milliseconds. */
export class Progress {
  readonly stage: string;
  readonly #units: number;
  readonly #expected: number;
  readonly #alreadyDone: number;
  readonly #begin: number;
  readonly #running = new Map<string, Running>();
  #done = 0;
  #failed = 0;
  #rows = 0;
  #bytes = 0;
  #doneExpected = 0;

  constructor(event: Event & { event: 'stage' }, nowMs: number) {
    this.stage = event.stage;
    this.#units = event.units;
    this.#expected = event.rows;
    this.#alreadyDone = event.alreadyDone;
    this.#begin = nowMs;
  }

  add(event: Event, nowMs: number): void {
    if (event.event === 'unit-start') {
      this.#running.set(event.unit, { since: nowMs, expected: event.rows, rows: 0, bytes: 0 });
    } else if (event.event === 'unit-progress') {
      const unit = this.#running.get(event.unit);
      if (unit) [unit.rows, unit.bytes] = [event.rows, event.bytes];
    } else if (event.event === 'unit-done') {
      this.#doneExpected += this.#running.get(event.unit)?.expected ?? 0;
      this.#running.delete(event.unit);
      this.#done++;
      this.#rows += event.rows;
      this.#bytes += event.bytes;
    } else if (event.event === 'unit-failed') {
      this.#running.delete(event.unit);
      this.#failed++;
    }
  }

  /** The whole stage in one line: done of all, rows, rate, bytes, time left. */
  headline(nowMs: number): string {
    const running = [...this.#running.values()];
    const rows = this.#rows + running.reduce((sum, unit) => sum + unit.rows, 0);
    const size = this.#bytes + running.reduce((sum, unit) => sum + unit.bytes, 0);
    const seconds = Math.max(0.001, (nowMs - this.#begin) / 1000);
    const parts = [
      `${this.stage} ${this.#done}/${this.#units}`,
      `${count(rows)} rows`,
      `${count(rows / seconds)}/s`,
      bytes(size),
    ];
    const left = this.#secondsLeft(seconds, running);
    if (left !== undefined) parts.push(`${duration(left)} left`);
    if (this.#failed > 0) parts.push(`${this.#failed} failed`);
    if (this.#alreadyDone > 0) parts.push(`${this.#alreadyDone} done before`);
    return parts.join(' · ');
  }

  /** By expected rows: those of finished units and the share that running ones have read, against all. */
  #secondsLeft(seconds: number, running: readonly Running[]): number | undefined {
    const share = (unit: Running): number => Math.min(unit.rows, unit.expected * 0.99);
    const known = this.#expected > 0;
    const done = known ? this.#doneExpected + running.reduce((sum, unit) => sum + share(unit), 0) : this.#done;
    const all = known ? this.#expected : this.#units;
    return done <= 0 || all <= 0 ? undefined : (seconds / done) * Math.max(0, all - done);
  }

  /** A line for each running unit. */
  unitLines(nowMs: number): string[] {
    return [...this.#running].map(([name, unit]) => {
      const seconds = Math.max(0.001, (nowMs - unit.since) / 1000);
      const rate = unit.rows / seconds;
      const left =
        unit.rows > 0 && unit.expected > unit.rows ? ` · ${duration((unit.expected - unit.rows) / rate)} left` : '';
      return `${name} · ${count(unit.rows)} rows · ${count(rate)}/s · ${bytes(unit.bytes)}${left}`;
    });
  }
}
