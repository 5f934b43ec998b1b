import type { ClickHouse } from '../clickhouse/client.js';
import { countFinal, countRanges } from '../clickhouse/counts.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { inclusiveRange, type KeyRange, overlaps, showRange } from '../core/ranges.js';
import { type Dataset, drivingSource, sourceNamed } from '../dataset/declaration.js';
import { sha256OfFile, sizeOf } from '../manifest/atomic-file.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { inRoot, inShards } from '../manifest/layout.js';
import { readExports } from '../manifest/manifest.js';
import { type Plan, type PlannedSource, plannedShards } from '../manifest/plan-file.js';
import type { Context, ParquetTools, Servers } from './context.js';
import type { JoinWork } from './join-plan.js';
import { shardRange } from './load-plan.js';
import { againText, exportAgainText } from './make-again.js';
import { serverOf } from './resolve-sources.js';

/** One line of the comparison: a shard, and its rows at every place; null where a place was not looked at. */
export interface ShardCheck {
  readonly range: KeyRange;
  readonly source: number | null;
  readonly files: number | null;
  readonly shard: number;
  readonly rejected: number;
  readonly stored: number | null;
  readonly read: number | null;
  readonly problems: readonly string[];
}

/** Rows of one source: at its server and in its export files. */
export interface SourceCheck {
  readonly source: string;
  readonly server: number;
  readonly files: number;
}

/** Counts each source at its server against its export files; what is counted differently is read again by range. */
export async function verifySources(context: Context, servers: Servers, plan: Plan): Promise<SourceCheck[]> {
  const entries = [...(await readExports(context.layout)).values()];
  const end = plannedShards(plan).at(-1)?.range.to ?? 0n;
  const begin = plannedShards(plan)[0]?.range.from ?? 0n;
  const checks: SourceCheck[] = [];
  for (const planned of plan.sources) {
    const files = entries.filter(({ source }) => source === planned.name).reduce((sum, { rows }) => sum + rows, 0);
    const range = planned.role === 'lookup' ? undefined : { from: begin, to: end };
    const server = await countAtServer(context, servers, planned, range);
    checks.push({ source: planned.name, server, files });
  }
  return checks;
}

function countAtServer(
  context: Context,
  servers: Servers,
  planned: PlannedSource,
  range: KeyRange | undefined,
): Promise<number> {
  return serverOf(servers, planned).count(sourceNamed(context.dataset, planned.name), planned.table, range);
}

export interface TargetSide {
  readonly client: ClickHouse;
  readonly live: LiveTable;
}

/** Compares each shard with its driving rows at the source, its export files, its own file, and the target. */
export async function verifyShards(
  context: Context,
  dataset: Dataset,
  shards: readonly ShardEntry[],
  parquet: ParquetTools,
  plan: Plan | undefined,
  servers: Servers | undefined,
  target: TargetSide | undefined,
): Promise<ShardCheck[]> {
  const ranges = shards.map(shardRange);
  const { key, table } = dataset;
  const stored = target ? await countRanges(target.client, target.live, key.name, table.version, ranges) : [];
  const read = target ? await countFinal(target.client, target.live, key.name, ranges) : [];
  const exports = [...(await readExports(context.layout)).values()];
  // A lookup belongs to every shard, and is read once.
  const checkedFiles = new Map<string, string>();
  const checks: ShardCheck[] = [];
  for (const [index, shard] of shards.entries()) {
    const range = shardRange(shard);
    const driving = plan?.sources.find(({ name }) => name === drivingSource(dataset).name);
    const source = servers && driving ? await countAtServer(context, servers, driving, range) : null;
    const files = driving ? drivingRows(exports, driving.name, range) : null;
    const sum = target ? [...(stored[index]?.values() ?? [])].reduce((total, { rows }) => total + rows, 0) : null;
    const seen = read[index] ?? null;
    const problems = [
      ...(await damage(context, parquet, exports, shard, checkedFiles)),
      ...(source !== null && source !== shard.driving ? [`source has ${source - shard.driving} more rows`] : []),
      ...(files !== null && files !== shard.driving ? ['export files and shard differ'] : []),
      ...(seen !== null && seen !== shard.rows ? [`a reader of the target sees ${seen}`] : []),
      ...(sum !== null && sum !== seen ? [`${sum - (seen ?? 0)} older rows are stored`] : []),
    ];
    checks.push({
      range,
      source,
      files,
      shard: shard.rows,
      rejected: shard.rejects.rows,
      stored: sum,
      read: seen,
      problems,
    });
  }
  return checks;
}

function drivingRows(exports: readonly ExportEntry[], name: string, range: KeyRange): number {
  return exports
    .filter(
      ({ source, first, last }) =>
        source === name &&
        first !== null &&
        last !== null &&
        overlaps(range, inclusiveRange(BigInt(first), BigInt(last))),
    )
    .reduce((sum, { rows }) => sum + rows, 0);
}

/** Files that are cut, changed or missing, by name, each with the one command that makes it again (fault 22). */
async function damage(
  context: Context,
  parquet: ParquetTools,
  exports: readonly ExportEntry[],
  shard: ShardEntry,
  checked: Map<string, string>,
): Promise<string[]> {
  const range = shardRange(shard);
  const { layout } = context;
  const members = exports.filter(
    ({ first, last }) =>
      first === null || last === null || overlaps(range, inclusiveRange(BigInt(first), BigInt(last))),
  );
  const { rejects } = shard;
  const again = againText('join', [`RANGE=${shard.first}-${shard.last}`]);
  const files = [
    { path: inShards(layout, shard.file), sha256: shard.sha256, rows: shard.rows, again },
    { path: inShards(layout, rejects.file ?? ''), sha256: rejects.sha256, rows: rejects.values, again },
    ...members.map((entry) => ({
      path: inRoot(layout, entry.file),
      sha256: entry.sha256,
      rows: entry.rows,
      again: exportAgainText(entry),
    })),
  ];
  const problems: string[] = [];
  for (const { path, sha256, rows, again } of files.filter((file) => file.rows > 0)) {
    let problem = checked.get(path);
    if (problem === undefined) {
      if ((await sizeOf(path)) === undefined) problem = `${path} is missing: ${again}`;
      else if ((await sha256OfFile(path)) !== sha256) problem = `${path} is damaged: ${again}`;
      else if ((await parquet.rows(path)) !== rows) problem = `${path} does not hold ${rows} rows: ${again}`;
      else problem = '';
      checked.set(path, problem);
    }
    if (problem !== '') problems.push(problem);
  }
  return problems;
}

/** The words of a check for people: `1-1000000: …`. */
export function problemText(check: ShardCheck): string {
  return `${showRange(check.range)}: ${check.problems.join('; ')}`;
}

/** Planned shards that are not there, or no longer what a join would make now: their rows were not compared. */
export function verifyPlanned(work: JoinWork, shards: readonly ShardEntry[]): { range: KeyRange; problem: string }[] {
  const known = new Set(shards.map(({ file }) => file));
  return [
    ...work.shards.map(({ shard, file }) => ({
      range: shard.range,
      problem: known.has(file)
        ? 'its export files or its declaration changed since: make join'
        : 'not joined yet: make join',
    })),
    ...work.waiting.map(({ shard }) => ({ range: shard.range, problem: 'not exported whole yet: make export' })),
  ];
}
