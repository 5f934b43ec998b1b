import { type KeyRange, overlaps } from '../core/ranges.js';
import { sourceNamed } from '../dataset/declaration.js';
import type { ExportEntry } from '../manifest/entries.js';
import { exportFile } from '../manifest/layout.js';
import { readExports } from '../manifest/manifest.js';
import { type Plan, type PlannedShard, type PlannedSource, plannedShards } from '../manifest/plan-file.js';
import type { Context, Servers } from './context.js';
import { serverOf } from './resolve-sources.js';

/** Rows of a planned range at the source and in its export file, where the two differ. */
export interface RangeDifference {
  readonly range: KeyRange;
  readonly server: number;
  readonly files: number;
}

/** Rows of one source: at its server and in its export files. */
export interface SourceCheck {
  readonly source: string;
  readonly role: PlannedSource['role'];
  readonly server: number;
  readonly files: number;
  /** Rows at the server by planned shard (its first key); empty where the source is counted as a whole only. */
  readonly shards: ReadonlyMap<string, number>;
  /** The planned ranges that differ; none where it is counted as a whole only, or not exported there yet. */
  readonly ranges: readonly RangeDifference[];
}

/**
 * Counts each source at its server against its export files: shard by shard, and range by range in those shards that
 * differ. A lookup, and a source that no index finds ranges in, is counted as a whole, where all of it was asked for.
 */
export async function verifySources(context: Context, servers: Servers, plan: Plan): Promise<SourceCheck[]> {
  const exports = await readExports(context.layout);
  const all = plannedShards(plan);
  const wanted = all.filter(({ range }) => context.range === undefined || overlaps(range, context.range));
  const checks: SourceCheck[] = [];
  for (const planned of plan.sources) {
    context.signal.throwIfAborted();
    const { name, role, access, index } = planned;
    const count = (range: KeyRange | undefined): Promise<number> =>
      serverOf(servers, planned).count(sourceNamed(context.dataset, name), planned.table, range);
    const byRange = access === 'range' || (role !== 'lookup' && index !== null);
    if (byRange) {
      checks.push(await verifyByRange(context, planned, exports, wanted, count));
    } else if (context.range === undefined) {
      const [first, last] = [all[0]?.range.from ?? 0n, all.at(-1)?.range.to ?? 0n];
      const server = await count(role === 'lookup' ? undefined : { from: first, to: last });
      const files = sum([...exports.values()].filter(({ source }) => source === name).map(({ rows }) => rows));
      checks.push({ source: name, role, server, files, shards: new Map(), ranges: [] });
    }
  }
  return checks;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

async function verifyByRange(
  { layout, signal }: Context,
  { name, role }: PlannedSource,
  exports: ReadonlyMap<string, ExportEntry>,
  shards: readonly PlannedShard[],
  count: (range: KeyRange) => Promise<number>,
): Promise<SourceCheck> {
  const entryOf = (range: KeyRange): ExportEntry | undefined => exports.get(exportFile(layout, name, range));
  const found = new Map<string, number>();
  const ranges: RangeDifference[] = [];
  let files = 0;
  for (const shard of shards) {
    signal.throwIfAborted();
    const server = await count(shard.range);
    const inFiles = sum(shard.ranges.map((range) => entryOf(range)?.rows ?? 0));
    found.set(String(shard.range.from), server);
    files += inFiles;
    if (server === inFiles) continue;
    for (const range of shard.ranges) {
      const entry = entryOf(range);
      const there = entry === undefined ? 0 : await count(range);
      if (entry !== undefined && there !== entry.rows) ranges.push({ range, server: there, files: entry.rows });
    }
  }
  return { source: name, role, server: sum([...found.values()]), files, shards: found, ranges };
}
