import type { StageWork } from './facts.js';

/** A time in which a stage was at work, in milliseconds since 1970. */
export interface Stretch {
  readonly begin: number;
  readonly end: number;
  readonly units: number;
  readonly rows: number;
  readonly bytes: number;
}

/** A pause that is longer parts two stretches: servers that are waited for and merges take less. */
export const pauseSeconds = 120;
/** More stretches than this cannot be told apart in a picture: then only longer pauses part them. */
const stretchesMost = 30;

type Unit = StageWork['units'][number];

const beginOf = (unit: Unit): number => Date.parse(unit.end) - unit.seconds * 1000;

/**
 * When a stage was at work: units that overlap, or follow each other within `pause` seconds, are one stretch; there are
 * at most 30 of them.
 */
export function stretchesOf(units: readonly Unit[], pause = pauseSeconds): Stretch[] {
  const known = units.filter(({ end }) => !Number.isNaN(Date.parse(end)));
  const sorted = [...known].sort((a, b) => beginOf(a) - beginOf(b));
  const stretches: { begin: number; end: number; units: number; rows: number; bytes: number }[] = [];
  for (const unit of sorted) {
    const [begin, end] = [beginOf(unit), Date.parse(unit.end)];
    const last = stretches.at(-1);
    if (last !== undefined && begin <= last.end + pause * 1000) {
      last.end = Math.max(last.end, end);
      last.units += 1;
      last.rows += unit.rows;
      last.bytes += unit.bytes;
    } else stretches.push({ begin, end, units: 1, rows: unit.rows, bytes: unit.bytes });
  }
  return stretches.length > stretchesMost ? stretchesOf(units, pause * 2) : stretches;
}

/** Milliseconds of work in all. */
export const busyMs = (stretches: readonly Stretch[]): number =>
  stretches.reduce((sum, { begin, end }) => sum + (end - begin), 0);

/** Milliseconds of work before a moment: the pauses between the stretches do not count. */
function busyBefore(stretches: readonly Stretch[], moment: number): number {
  return stretches.reduce((sum, { begin, end }) => sum + Math.max(0, Math.min(moment, end) - begin), 0);
}

/** The moment at which so many milliseconds of work were done. */
export function momentOf(stretches: readonly Stretch[], busy: number): number {
  let left = busy;
  for (const { begin, end } of stretches) {
    if (left <= end - begin) return begin + left;
    left -= end - begin;
  }
  return stretches.at(-1)?.end ?? 0;
}

/**
 * Rows a second in so many equal slices of the time of work: a unit's rows are spread evenly over the time it took.
 */
export function ratesOf(units: readonly Unit[], stretches: readonly Stretch[], slices: number): number[] {
  const sliceMs = Math.max(1, busyMs(stretches)) / slices;
  const rows = new Array<number>(slices).fill(0);
  for (const unit of units) {
    if (Number.isNaN(Date.parse(unit.end))) continue;
    const from = busyBefore(stretches, beginOf(unit)) / sliceMs;
    const to = Math.max(from, busyBefore(stretches, Date.parse(unit.end)) / sliceMs);
    const first = Math.min(slices - 1, Math.floor(from));
    const last = Math.min(slices - 1, Math.ceil(to) - 1);
    if (last <= first) {
      rows[first] = (rows[first] ?? 0) + unit.rows;
      continue;
    }
    for (let at = first; at <= last; at++) {
      const share = (Math.min(to, at + 1) - Math.max(from, at)) / (to - from);
      rows[at] = (rows[at] ?? 0) + unit.rows * share;
    }
  }
  return rows.map((sum) => (sum / sliceMs) * 1000);
}
