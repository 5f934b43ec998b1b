import type { Event } from '../src/core/events.js';
import { cut, fitParts, flowParts, lengthOf } from './fit-line.js';
import { Pace, type Rate } from './pace.js';
import { type Basis, bytes, count, duration, percent, rough, timeLeft, usage } from './sentences.js';

interface Running {
  since: number;
  attempt: number;
  /** Rows and bytes to expect; 0 where they are not known. */
  readonly rowsExpected: number;
  readonly bytesExpected: number;
  rows: number;
  bytes: number;
  phase: string;
  /** How often it got on: what gets on once, at its end, has no rate of its own. */
  steps: number;
}

/** No unit line more than these, however high the terminal is. */
const unitLinesMax = 12;
/** Before that no rate means anything. */
const estimateFromMs = 3000;
const stalledMs = 60_000;
/** Of units that tell of themselves at their end alone the rate is that of so many, or of two a worker. */
const unitsLeast = 4;

/** What a stage has done so far, from its events; gives the lines that are drawn. Times are milliseconds. */
export class Progress {
  readonly stage: string;
  readonly #units: number;
  readonly #alreadyDone: number;
  readonly #begin: number;
  readonly #pace: Pace;
  readonly #running = new Map<string, Running>();
  readonly #attempts = new Map<string, number>();
  #expected: number;
  #done = 0;
  #failed = 0;
  #retries = 0;
  #kept = 0;
  #rows = 0;
  #bytes = 0;
  #doneExpected = 0;
  /** A unit told of itself more than once: the rate of the last minute means something. */
  #isFine = false;
  #lastWork = 0;
  #lastChange: number;
  #pause: { readonly reason: string; readonly since: number } | undefined;
  #stopping = '';
  #usage = '';

  constructor(event: Event & { event: 'stage' }, nowMs: number) {
    this.stage = event.stage;
    this.#units = event.units;
    this.#expected = event.rows;
    this.#alreadyDone = event.alreadyDone;
    this.#begin = nowMs;
    this.#lastChange = nowMs;
    this.#pace = new Pace(nowMs);
  }

  add(event: Event, nowMs: number): void {
    if (event.event === 'unit-start') {
      this.#running.set(event.unit, {
        ...{ since: nowMs, attempt: (this.#attempts.get(event.unit) ?? 0) + 1, rows: 0, bytes: 0, phase: '', steps: 0 },
        ...{ rowsExpected: event.rows, bytesExpected: event.bytes ?? 0 },
      });
    } else if (event.event === 'unit-progress') this.#progress(event);
    else if (event.event === 'unit-done') {
      this.#doneExpected += this.#end(event.unit);
      this.#done++;
      this.#rows += event.rows;
      this.#bytes += event.bytes;
      this.#pace.unitDone(nowMs, this.#rows, this.#doneWork());
    } else if (event.event === 'unit-failed') {
      // What failed is neither done nor left in this run.
      this.#expected -= this.#end(event.unit);
      this.#failed++;
    } else if (event.event === 'unit-retry') {
      this.#retries++;
      this.#attempts.set(event.unit, event.attempt);
      const unit = this.#running.get(event.unit);
      if (unit) [unit.rows, unit.bytes, unit.phase] = [0, 0, 'is tried again soon'];
    } else if (event.event === 'warning' || event.event === 'note') this.#kept++;
    else if (event.event === 'pause') this.#pause = { reason: event.reason, since: nowMs };
    else if (event.event === 'resume') this.#pause = undefined;
    else if (event.event === 'stopping') this.#stopping = event.text;
    else if (event.event === 'resources') this.#usage = usage(event);
    const work = this.#work();
    if (work !== this.#lastWork) this.#lastChange = nowMs;
    this.#lastWork = work;
    this.#pace.add(nowMs, this.#rowsNow(), work);
  }

  #progress(event: Event & { event: 'unit-progress' }): void {
    const unit = this.#running.get(event.unit);
    if (unit === undefined) return;
    if (event.rows > unit.rows) unit.steps++;
    if (unit.steps > 1) this.#isFine = true;
    [unit.rows, unit.bytes, unit.phase] = [event.rows, event.bytes, event.phase ?? unit.phase];
  }

  /** The unit runs no more; gives the rows that were expected of it. */
  #end(name: string): number {
    const expected = this.#running.get(name)?.rowsExpected ?? 0;
    this.#running.delete(name);
    this.#attempts.delete(name);
    return expected;
  }

  #rowsNow(): number {
    return [...this.#running.values()].reduce((sum, unit) => sum + unit.rows, this.#rows);
  }

  /** What there is to do: in rows to expect, or in units where nothing is known of rows. What failed is none of it. */
  #whole(): number {
    return this.#expected > 0 ? this.#expected : Math.max(1, this.#units - this.#failed);
  }

  /** Of it what units have done that are done. */
  #doneWork(): number {
    return this.#expected > 0 ? Math.min(this.#expected, this.#doneExpected) : this.#done;
  }

  /** The same with what running units have done. */
  #work(): number {
    if (this.#expected <= 0) return this.#done;
    const running = [...this.#running.values()].reduce((sum, unit) => sum + shareOf(unit) * unit.rowsExpected, 0);
    return Math.min(this.#expected, this.#doneWork() + running);
  }

  /** What is done, in parts: units, share, rows, bytes, and what went wrong. */
  #doneParts(): string[] {
    const rows = this.#rowsNow();
    const size = [...this.#running.values()].reduce((sum, unit) => sum + unit.bytes, this.#bytes);
    return [
      `${this.stage} ${count(this.#done)} of ${count(this.#units)}`,
      percent(this.#work() / this.#whole()),
      rows > 0 ? `${count(rows)} rows` : '',
      size > 0 ? bytes(size) : '',
      this.#failed > 0 ? `${count(this.#failed)} FAILED` : '',
      this.#retries > 0 ? `${count(this.#retries)} tried again` : '',
      this.#kept > 0 ? `${count(this.#kept)} notes (at the end)` : '',
      this.#alreadyDone > 0 ? `${count(this.#alreadyDone)} done before` : '',
    ];
  }

  /** How fast it goes and until when, in parts. */
  #paceParts(nowMs: number): string[] {
    if (this.#stopping !== '') return [this.#stopping];
    const waiting = this.#pause;
    if (waiting) return [`PAUSED for ${rough((nowMs - waiting.since) / 1000)}: ${waiting.reason}`];
    if (!this.#isFine) return this.#unitsParts(nowMs);
    const silentMs = nowMs - this.#lastChange;
    if (silentMs >= stalledMs) return [`nothing moved for ${rough(silentMs / 1000)}`];
    const work = this.#work();
    const recent = this.#pace.recent(nowMs, this.#rowsNow(), work);
    return this.#rateParts(nowMs, recent, this.#whole() - work, recent.seconds >= 60 ? 'minute' : 'so far');
  }

  /** The same where units tell of themselves at their end alone. */
  #unitsParts(nowMs: number): string[] {
    const wanted = Math.max(unitsLeast, 2 * this.#running.size);
    const recent = this.#pace.ofUnits(nowMs, wanted);
    if (recent === undefined) return [];
    const basis = this.#expected <= 0 ? 'units' : recent.units === wanted ? 'last' : 'so far';
    const begun = recent.sinceSeconds * recent.workPerSecond;
    return this.#rateParts(nowMs, recent, this.#whole() - this.#doneWork() - begun, basis);
  }

  #rateParts(nowMs: number, { rowsPerSecond, workPerSecond }: Rate, left: number, basis: Basis): string[] {
    const isKnown = nowMs - this.#begin >= estimateFromMs && workPerSecond > 0;
    return [
      isKnown ? timeLeft(Math.max(0, left) / workPerSecond, basis) : '',
      rowsPerSecond > 0 ? `${count(rowsPerSecond)} rows/s` : '',
    ];
  }

  /** The whole stage in one line, for a log. */
  headline(nowMs: number): string {
    const [first] = this.#running;
    const at = first === undefined || first[1].phase === '' ? '' : `${first[0]} ${first[1].phase}`;
    return [...this.#doneParts(), ...this.#paceParts(nowMs), at].filter((part) => part !== '').join(' · ');
  }

  /** What there is to say when it is over, or was broken off. */
  lastLines(nowMs: number, width: number): string[] {
    const rowsPerSecond = this.#rows / Math.max(0.001, (nowMs - this.#begin) / 1000);
    const parts = this.#doneParts().filter((part) => !/at the end|done before/.test(part));
    const rate = rowsPerSecond > 0 ? `${count(rowsPerSecond)} rows/s` : '';
    return flowParts([...parts, rate, duration((nowMs - this.#begin) / 1000)], width);
  }

  /** The lines of a screen of `width` characters and `height` lines: the whole stage, then a line a running unit. */
  frame(nowMs: number, width: number, height: number): string[] {
    const pace = flowParts(this.#paceParts(nowMs), width);
    const last = pace.at(-1);
    // What the process takes is said only where it costs no line.
    const quiet = last === undefined || this.#usage === '' ? '' : `${last} · ${this.#usage}`;
    if (quiet !== '' && lengthOf(quiet) <= width) pace[pace.length - 1] = quiet;
    const head = [...flowParts(this.#doneParts(), width), ...pace].slice(0, Math.max(1, height));
    const room = Math.min(unitLinesMax, height - head.length);
    const units = [...this.#running].map(([name, unit]) => `  ${unitLine(name, unit, nowMs, width - 2)}`);
    if (units.length <= room) return [...head, ...units];
    if (room <= 0) return head;
    return [...head, ...units.slice(0, room - 1), cut(`  and ${units.length - room + 1} more`, width)];
  }
}

/**
 * The share of a unit that is done; it is whole only when it says so itself. Bytes that were sent are no measure: a server
 * takes a Parquet file whole before it begins.
 */
const shareOf = ({ rows, rowsExpected }: Running): number =>
  rowsExpected > 0 ? Math.min(0.99, rows / rowsExpected) : 0;

/** `12.3 MB`, or `12.3 MB of 90 MB` while they are sent. */
function bytesText({ bytes: size, bytesExpected }: Running): string {
  if (size <= 0) return '';
  return size < bytesExpected ? `${bytes(size)} of ${bytes(bytesExpected)}` : bytes(size);
}

function unitLine(name: string, unit: Running, nowMs: number, width: number): string {
  const seconds = Math.max(0.001, (nowMs - unit.since) / 1000);
  const share = shareOf(unit);
  const left = share > 0 && share < 0.99 ? `${rough((seconds / share) * (1 - share))} left` : '';
  return fitParts(
    [
      { text: name, rank: 0 },
      { text: unit.attempt > 1 ? `attempt ${unit.attempt}` : '', rank: 2 },
      { text: unit.phase, rank: 1 },
      { text: unit.rows > 0 ? `${count(unit.rows)} rows` : '', rank: 4 },
      { text: unit.rows > 0 ? `${count(unit.rows / seconds)}/s` : '', rank: 6 },
      { text: bytesText(unit), rank: 5 },
      { text: left === '' ? `for ${rough(seconds)}` : left, rank: 3 },
    ],
    width,
  );
}
