import type { Uncompared } from '../clickhouse/certified-columns.js';
import { type KeyRange, overlaps } from '../core/ranges.js';
import { drivingSource, type JoinedDataset } from '../dataset/declaration.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { readExports } from '../manifest/manifest.js';
import type { Plan } from '../manifest/plan-file.js';
import type { ColumnFinding } from './certificate-check.js';
import type { Context, ParquetTools } from './context.js';
import type { JoinWork } from './join-plan.js';
import { shardRange } from './load-plan.js';
import type { DeepCheck } from './verify-deep.js';
import { type Damage, isMember, verifyFiles } from './verify-files.js';
import type { RangeDifference, SourceCheck } from './verify-sources.js';
import { type TargetSide, verifyTarget } from './verify-target.js';

/** What is wrong with a shard, at one of its places. */
export type Problem =
  | ({ readonly kind: 'damage' } & Damage)
  /** The source has other rows than were exported, in these planned ranges. */
  | { readonly kind: 'source'; readonly source: string; readonly ranges: readonly RangeDifference[] }
  /** The shard was made of another number of rows than the export files of its driving source hold now. */
  | { readonly kind: 'files'; readonly files: number; readonly driving: number }
  /** A reader of the target sees another number of rows. */
  | { readonly kind: 'rows'; readonly expected: number; readonly read: number }
  /** Rows that no reader sees with FINAL, and everyone else does. */
  | { readonly kind: 'older'; readonly rows: number }
  /** As many rows, of other keys. */
  | { readonly kind: 'keys' }
  | { readonly kind: 'foreign'; readonly rows: number; readonly example: string }
  | { readonly kind: 'columns'; readonly columns: readonly ColumnFinding[] }
  /** Found by reading every value back. */
  | { readonly kind: 'values'; readonly deep: DeepCheck };

/** One line of the comparison: a shard, and its rows at every place; null where a place was not looked at. */
export interface ShardCheck {
  readonly shard: ShardEntry;
  readonly range: KeyRange;
  readonly source: number | null;
  readonly files: number | null;
  readonly stored: number | null;
  readonly read: number | null;
  readonly problems: readonly Problem[];
  /** Columns of which the certificate cannot tell. */
  readonly unsure: readonly ColumnFinding[];
}

export interface Verification {
  readonly shards: readonly ShardCheck[];
  /** Columns whose certificates were compared, and those that were not. */
  readonly columns: number;
  readonly uncompared: readonly Uncompared[];
  /** Export files that were removed after the join. */
  readonly removed: number;
}

export interface Sides {
  readonly parquet: ParquetTools;
  readonly plan: Plan | undefined;
  readonly sources: readonly SourceCheck[];
  readonly target: TargetSide | undefined;
  /** Planned shards that a join would make now. */
  readonly unjoined: readonly Unjoined[];
}

/** Compares each shard with its driving rows at the source, its export files, its own file, and the target. */
export async function verifyShards(
  context: Context,
  dataset: JoinedDataset,
  shards: readonly ShardEntry[],
  { parquet, plan, sources, target, unjoined }: Sides,
): Promise<Verification> {
  const exports = [...(await readExports(context.layout)).values()];
  const looked = { what: new Map<string, string>(), removed: new Set<string>() };
  const damage: Damage[][] = [];
  const stale = new Set(unjoined.map(({ range }) => String(range.from)));
  for (const shard of shards) {
    damage.push(await verifyFiles(context, parquet, exports, shard, !stale.has(shard.first), looked));
  }
  const found = target ? await verifyTarget(target, dataset, shards) : undefined;
  const name = drivingSource(dataset).name;
  const driving = plan?.sources.some((source) => source.name === name) ? name : undefined;
  const checks = shards.map((shard, index): ShardCheck => {
    const range = shardRange(shard);
    const there = found?.shards[index];
    const files = driving === undefined ? null : exportedRows(exports, driving, range);
    const columns = there?.columns ?? [];
    const differing = columns.filter(({ kind }) => kind === 'differs');
    const problems: Problem[] = [
      ...(damage[index] ?? []).map((one) => ({ kind: 'damage' as const, ...one })),
      ...sources.flatMap((source) => sourceProblem(source, range)),
      ...(files !== null && files !== shard.driving ? [{ kind: 'files' as const, files, driving: shard.driving }] : []),
    ];
    if (there !== undefined) {
      const { stored, read, otherKeys } = there;
      if (read !== shard.rows) problems.push({ kind: 'rows', expected: shard.rows, read });
      if (stored !== read) problems.push({ kind: 'older', rows: stored - read });
      if (read === shard.rows && otherKeys) problems.push({ kind: 'keys' });
      if (there.foreign !== undefined) problems.push({ kind: 'foreign', ...there.foreign });
      if (differing.length > 0) problems.push({ kind: 'columns', columns: differing });
    }
    return {
      ...{ shard, range, files, problems },
      source: sources.find((source) => source.source === name)?.shards.get(String(range.from)) ?? null,
      ...{ stored: there?.stored ?? null, read: there?.read ?? null },
      unsure: columns.filter(({ kind }) => kind === 'unsure'),
    };
  });
  const { columns = 0, uncompared = [] } = found ?? {};
  return { shards: checks, columns, uncompared, removed: looked.removed.size };
}

function sourceProblem({ source, ranges }: SourceCheck, range: KeyRange): Problem[] {
  const inside = ranges.filter((one) => overlaps(range, one.range));
  return inside.length === 0 ? [] : [{ kind: 'source', source, ranges: inside }];
}

/** Rows of a source in the export files that lie in a range. */
function exportedRows(exports: readonly ExportEntry[], name: string, range: KeyRange): number {
  const inside = exports.filter((entry) => entry.source === name && isMember(entry, range));
  return inside.reduce((sum, { rows }) => sum + rows, 0);
}

/** What was read back value by value belongs to the problems of its shard. */
export function withDeep(checks: readonly ShardCheck[], deep: readonly DeepCheck[]): ShardCheck[] {
  const byFile = new Map(deep.map((one) => [one.shard.file, one]));
  return checks.map((check) => {
    const found = byFile.get(check.shard.file);
    if (found === undefined) return check;
    // Nothing is unsure any more: the values themselves were compared.
    const whole = { ...check, unsure: [] };
    return found.differs ? { ...whole, problems: [...check.problems, { kind: 'values', deep: found }] } : whole;
  });
}

/** A planned shard that was not compared, and why: its files are not all there, or it is no longer current. */
export interface Unjoined {
  readonly range: KeyRange;
  readonly why: 'not exported' | 'not joined' | 'changed';
}

/**
 * Planned shards that are not there, or no longer what a join would make now: their rows were not compared. `shards` are
 * all that there are, by file.
 */
export function verifyPlanned(work: JoinWork, shards: ReadonlyMap<string, ShardEntry>): Unjoined[] {
  return [
    ...work.shards.map(({ shard, file }): Unjoined => {
      return { range: shard.range, why: shards.has(file) ? 'changed' : 'not joined' };
    }),
    ...work.waiting.map(({ shard }): Unjoined => ({ range: shard.range, why: 'not exported' })),
  ];
}
