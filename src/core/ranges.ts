import { assert, usageError } from './errors.js';

/** A half-open interval of keys: `from` ≤ key < `to`. Keys are bigint, never a double (faults 2 and 12). */
export interface KeyRange {
  readonly from: bigint;
  readonly to: bigint;
}

/** Makes a range of the half-open interval [from, to); it must hold at least one key. */
export function keyRange(from: bigint, to: bigint): KeyRange {
  assert(from >= 0n && to > from, `range ${from} to ${to} is not empty and not negative`);
  return { from, to };
}

/** Makes a range of a first and a last key, both inclusive, as names and screens show it. */
export function inclusiveRange(first: bigint, last: bigint): KeyRange {
  return keyRange(first, last + 1n);
}

/** The last key that belongs to the range. */
export function lastKey(range: KeyRange): bigint {
  return range.to - 1n;
}

/** True where the two ranges have at least one key in common. */
export function overlaps(a: KeyRange, b: KeyRange): boolean {
  return a.from < b.to && b.from < a.to;
}

/** True where `outer` holds every key of `inner`. */
export function covers(outer: KeyRange, inner: KeyRange): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}

/** `0000000001-0000100000`: first and last key inclusive, zero-padded to `digits`; the stem of a file's name. */
export function rangeName(range: KeyRange, digits: number): string {
  return `${String(range.from).padStart(digits, '0')}-${String(lastKey(range)).padStart(digits, '0')}`;
}

/** `1-100000`: first and last key inclusive, for people. */
export function showRange(range: KeyRange): string {
  return `${range.from}-${lastKey(range)}`;
}

/** Reads `first-last` (inclusive; digits only, `1_000_000` allowed) as a person types it in RANGE=. */
export function parseRange(text: string): KeyRange {
  const match = /^\s*(\d[\d_]*)\s*-\s*(\d[\d_]*)\s*$/.exec(text);
  const hint = 'write first-last, both included, such as RANGE=1-1000000';
  if (!match?.[1] || !match[2]) throw usageError('RANGE_SYNTAX', `RANGE=${text} is not a range`, hint);
  const first = BigInt(match[1].replaceAll('_', ''));
  const last = BigInt(match[2].replaceAll('_', ''));
  if (last < first) throw usageError('RANGE_EMPTY', `RANGE=${text} ends before it begins`, hint);
  return inclusiveRange(first, last);
}

/** The ranges that touch `wanted`; all of them where nothing is wanted. */
export function touching<T extends { range: KeyRange }>(all: readonly T[], wanted: KeyRange | undefined): T[] {
  return wanted === undefined ? [...all] : all.filter((one) => overlaps(one.range, wanted));
}

/** The ranges in key order, those that meet put together. */
export function mergeNeighbours(ranges: readonly KeyRange[]): KeyRange[] {
  const merged: KeyRange[] = [];
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged.at(-1);
    if (last?.to === range.from) merged[merged.length - 1] = { from: last.from, to: range.to };
    else merged.push(range);
  }
  return merged;
}

/** Splits the id space into consecutive ranges that begin at `bounds` and end before `end`: every key lies in one. */
export function rangesFromBounds(bounds: readonly bigint[], end: bigint): KeyRange[] {
  return bounds.map((from, index) => keyRange(from, bounds[index + 1] ?? end));
}

/** One part of a job that several machines share: `PART=3/8`. */
export interface Part {
  readonly index: number;
  readonly count: number;
}

/** Reads `3/8`: the third of eight parts. */
export function parsePart(text: string): Part {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text.trim());
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (!match || count < 1 || index < 1 || index > count) {
    throw usageError('PART_SYNTAX', `PART=${text} is not a part`, 'write PART=3/8 for the third of eight machines');
  }
  return { index, count };
}

/** True where item number `position` (from 0) is `part`'s share; neighbours go to different parts. */
export function inPart(position: number, part: Part | undefined): boolean {
  return part === undefined || position % part.count === part.index - 1;
}
