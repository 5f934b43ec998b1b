import type { PlanStatus, SourceStatus, StageStatus, VerifiedStatus, Work } from '../core/status-report.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { type LedgerEntry, shardStates } from '../manifest/ledger.js';
import { type Plan, type PlannedSource, plannedRanges, plannedShards } from '../manifest/plan-file.js';
import type { Verified } from '../manifest/verified.js';
import { type ExportWork, isExported } from './export-plan.js';
import { freshShards } from './freshness.js';
import type { JoinWork } from './join-plan.js';
import { loadSpans } from './load-spans.js';

/** What a stage has done and what is left of it, by the files of the data folder alone. */
export type StageWork = Omit<StageStatus, 'running' | 'lastRun' | 'verified'>;

/** A stretch of time in milliseconds. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * Seconds in which at least one of them was being made: several at once, on one machine or on many, are no longer than
 * one. Pauses between runs do not count.
 */
export function busySeconds(stretches: readonly Stretch[]): number {
  let [seconds, end] = [0, Number.NEGATIVE_INFINITY];
  for (const { from, to } of [...stretches].sort((a, b) => a.from - b.from)) {
    if (to > end) seconds += (to - Math.max(from, end)) / 1000;
    end = Math.max(end, to);
  }
  return seconds;
}

const stretchOf = ({ time, seconds }: { time: string; seconds: number }): Stretch => {
  const to = Date.parse(time);
  return { from: to - seconds * 1000, to };
};

/** Rows by the time they took; null where that was too short to mean anything. */
function rateOf(rows: number, stretches: readonly Stretch[]): number | null {
  const seconds = busySeconds(stretches);
  return rows === 0 || seconds < 0.001 ? null : rows / seconds;
}

const latest = (times: readonly string[]): string | null =>
  times.reduce<string | null>((last, time) => (last === null || time > last ? time : last), null);

function workOf(entries: readonly (ExportEntry | ShardEntry)[], left: number): Work {
  const rows = entries.reduce((sum, entry) => sum + entry.rows, 0);
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const last = latest(entries.map(({ time }) => time));
  return { done: entries.length, left, rows, bytes, rowsPerSecond: rateOf(rows, entries.map(stretchOf)), last };
}

/** Time for so many rows; null where no rate was measured or the rows are not known. */
function secondsFor(left: number, rowsLeft: number | null, rowsPerSecond: number | null): number | null {
  if (left === 0) return 0;
  return rowsLeft === null || rowsPerSecond === null ? null : rowsLeft / rowsPerSecond;
}

/** What is planned: ranges by generation. */
export function planStatus(plan: Plan): PlanStatus {
  const { rangeRows, shardRows, sample } = plan;
  return {
    ...{ rangeRows, shardRows, sample, ranges: plannedRanges(plan).length, shards: plannedShards(plan).length },
    generations: plan.generations.map(({ generation, planned, bounds, end, rows, estimated = false }) => ({
      ...{ generation, planned, ranges: bounds.length, rows, estimated },
      ...{ first: bounds[0] ?? '', last: String(BigInt(end) - 1n) },
    })),
  };
}

/** Each planned source, in the plan's order: its files, which are one a range, or one in all of a lookup. */
export function sourceStatus(
  plan: Plan,
  exports: ReadonlyMap<string, ExportEntry>,
  work: ExportWork,
): (SourceStatus & { readonly rowsLeft: number | null })[] {
  const bySource = new Map<string, ExportEntry[]>();
  const planned = new Map(plan.sources.map((source) => [source.name, source]));
  for (const entry of exports.values()) {
    const source = planned.get(entry.source);
    if (source === undefined || !isExported(entry, source)) continue;
    const known = bySource.get(entry.source);
    if (known) known.push(entry);
    else bySource.set(entry.source, [entry]);
  }
  const left = filesLeft(work);
  const ranges = plannedRanges(plan).length;
  return plan.sources.map((source) => {
    const { name, table, access } = source;
    const done = workOf(bySource.get(name) ?? [], left.get(name) ?? 0);
    // A file that was removed has its line, and is to be made again.
    const total = access === 'lookup' ? 1 : ranges;
    const rowsLeft = expectedRows(source, done, total);
    return { source: name, table, access, ...done, done: total - done.left, rowsLeft };
  });
}

function filesLeft({ lookups, onePass, ranges }: ExportWork): Map<string, number> {
  const left = new Map<string, number>();
  const add = (name: string, files: number): void => void left.set(name, (left.get(name) ?? 0) + files);
  for (const { name } of lookups) add(name, 1);
  for (const { source, ranges: missing } of onePass) add(source.name, missing.length);
  for (const { sources } of ranges) for (const { name } of sources) add(name, 1);
  return left;
}

/** Rows to come: by those of the files that are there, else by the catalogue's estimate. */
function expectedRows({ estimate }: PlannedSource, { left, rows }: Work, total: number): number | null {
  const done = total - left;
  if (done > 0) return (rows / done) * left;
  return estimate;
}

/** The export as a whole. */
export function exportStatus(
  plan: Plan,
  exports: ReadonlyMap<string, ExportEntry>,
  sources: ReturnType<typeof sourceStatus>,
): StageWork {
  const planned = new Map(plan.sources.map((source) => [source.name, source]));
  const current = [...exports.values()].filter((entry) => {
    const source = planned.get(entry.source);
    return source !== undefined && isExported(entry, source);
  });
  const left = sources.reduce((sum, source) => sum + source.left, 0);
  const done = sources.reduce((sum, source) => sum + source.done, 0);
  const rowsLeft = sources.some((source) => source.left > 0 && source.rowsLeft === null)
    ? null
    : sources.reduce((sum, source) => sum + (source.rowsLeft ?? 0), 0);
  const work = { ...workOf(current, left), done };
  const secondsLeft = secondsFor(left, rowsLeft, work.rowsPerSecond);
  return { stage: 'export', target: null, ...work, secondsLeft };
}

/** The join: shards that are current. Those that wait for the export are left too. */
export function joinStatus(plan: Plan, shards: ReadonlyMap<string, ShardEntry>, work: JoinWork): StageWork {
  const toMake = new Set(work.shards.map(({ file }) => file));
  const waiting = new Set(work.waiting.map(({ shard }) => String(shard.range.from)));
  const current = [...shards.values()].filter(({ file, first }) => !toMake.has(file) && !waiting.has(first));
  const left = work.shards.length + work.waiting.length;
  const done = { ...workOf(current, left), done: work.done };
  const driving = current.reduce((sum, shard) => sum + shard.driving, 0);
  const planned = plan.generations.reduce((sum, { rows }) => sum + rows, 0);
  const rowsLeft = done.done > 0 ? (driving / done.done) * left : planned;
  return { stage: 'join', target: null, ...done, secondsLeft: secondsFor(left, rowsLeft, done.rowsPerSecond) };
}

/** A load into one target, by its ledger: shards of the table that it names last, as they are now. */
export function loadStatus(
  target: string,
  shards: ReadonlyMap<string, ShardEntry>,
  ledger: readonly LedgerEntry[],
): StageWork {
  const uuid = ledger.at(-1)?.uuid ?? '';
  const inserted = [...shardStates(ledger, uuid).values()].filter(({ kind }) => kind !== 'started');
  const current = inserted.filter(({ shard, sha256 }) => shards.get(shard)?.sha256 === sha256);
  const loadable = [...shards.values()].filter(({ rows }) => rows > 0);
  const done = new Set(current.map(({ shard }) => shard));
  const rows = current.reduce((sum, entry) => sum + entry.rows, 0);
  const bytes = current.reduce((sum, { shard }) => sum + (shards.get(shard)?.bytes ?? 0), 0);
  const spans = loadSpans(ledger);
  const loaded = spans.reduce((sum, span) => sum + span.rows, 0);
  const rowsPerSecond = rateOf(loaded, spans);
  const left = loadable.filter(({ file }) => !done.has(file));
  const rowsLeft = left.reduce((sum, shard) => sum + shard.rows, 0);
  return {
    ...{ stage: 'load', target, done: current.length, left: left.length, rows, bytes, rowsPerSecond },
    last: latest(inserted.map(({ time }) => time)),
    secondsLeft: secondsFor(left.length, rowsLeft, rowsPerSecond),
  };
}

/** The last verify of a target: of its present table, and what of it still holds. Null where there is none. */
export function verifiedStatus(
  record: Verified | undefined,
  shards: ReadonlyMap<string, ShardEntry>,
  ledger: readonly LedgerEntry[],
): VerifiedStatus | null {
  const uuid = ledger.at(-1)?.uuid;
  if (record === undefined || uuid === undefined || record.uuid !== uuid) return null;
  const fresh = freshShards(record, shards, uuid, shardStates(ledger, uuid));
  const different = fresh.filter(({ problems }) => problems.length > 0).length;
  return { time: record.time, whole: fresh.length - different, different, shards: shards.size };
}
