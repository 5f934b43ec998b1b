import { exits, TransloadError } from '../core/errors.js';
import { inPart, overlaps } from '../core/ranges.js';
import { type Dataset, shardColumns } from '../dataset/declaration.js';
import { hashOf } from '../manifest/atomic-file.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { exportFile, shardFile } from '../manifest/layout.js';
import { type Plan, type PlannedShard, plannedShards } from '../manifest/plan-file.js';
import type { OptionValues } from '../sql/relations.js';
import type { Context } from './context.js';
import { isExported } from './export-plan.js';

/** Counts up when shards of the same declaration would hold something else than before. */
const shardFormat = 2;

/** A shard with the export files it is made of; a range without rows has an entry but no file. */
export interface ShardWork {
  readonly shard: PlannedShard;
  readonly file: string;
  readonly inputs: readonly ExportEntry[];
  /** One hash over all inputs: the shard is made again when any of them changed. */
  readonly inputsHash: string;
}

export interface JoinWork {
  readonly shards: readonly ShardWork[];
  readonly done: number;
  /** Shards whose export is not complete yet, with what they wait for. */
  readonly waiting: readonly { readonly shard: PlannedShard; readonly missing: readonly string[] }[];
}

/** Decides about the shards: what the join makes of the same export files. */
export function joinHash(dataset: Dataset, options: OptionValues): string {
  const sources = dataset.sources.map(({ name, role, key, columns, reduce, on }) => ({
    name,
    role,
    key,
    columns,
    reduce,
    on,
  }));
  const columns = shardColumns(dataset).map(({ name, type, sql, misfit }) => ({ name, type, sql, misfit }));
  return hashOf({ shardFormat, key: dataset.key, sources, columns, options });
}

/** The join options in force: what was asked for, or the default; without its source an option has its other value. */
export function optionsInForce(dataset: Dataset, plan: Plan, asked: OptionValues): OptionValues {
  const planned = new Set(plan.sources.map(({ name }) => name));
  return Object.fromEntries(
    dataset.options.map(({ name, values, needs, otherwise }) => {
      const value = asked[name] ?? values[0] ?? '';
      if (!values.includes(value)) {
        throw new TransloadError(
          exits.usage,
          'OPTION_VALUE',
          `${name.toUpperCase()}=${value} is none of ${values.join(', ')}`,
          `leave it out for ${values[0]}`,
        );
      }
      return [name, planned.has(needs) ? value : otherwise];
    }),
  );
}

/** Which shards are to be made, within RANGE= (rounded out to whole shards) and PART=. */
export function planJoin(
  context: Pick<Context, 'layout' | 'range' | 'part' | 'again' | 'dataset'>,
  plan: Plan,
  exports: ReadonlyMap<string, ExportEntry>,
  shards: ReadonlyMap<string, ShardEntry>,
  presentShards: ReadonlySet<string>,
  options: OptionValues,
): JoinWork {
  const { layout, range: wanted, part, again, dataset } = context;
  const hash = joinHash(dataset, options);
  const chosen = plannedShards(plan)
    .filter(({ range }) => wanted === undefined || overlaps(range, wanted))
    .filter((_, index) => inPart(index, part));
  const work: ShardWork[] = [];
  const waiting: JoinWork['waiting'][number][] = [];
  let done = 0;
  for (const shard of chosen) {
    const { inputs, missing } = inputsOf(layout, plan, shard, exports);
    if (missing.length > 0) {
      waiting.push({ shard, missing });
      continue;
    }
    const file = shardFile(layout, shard.range);
    const inputsHash = hashOf(inputs.map(({ source, file: name, sha256, rows }) => [source, name, sha256, rows]));
    const entry = shards.get(file);
    const isCurrent =
      entry?.hash === hash && entry.inputs === inputsHash && (entry.rows === 0 || presentShards.has(file));
    if (isCurrent && !again) done++;
    else work.push({ shard, file, inputs, inputsHash });
  }
  return { shards: work, done, waiting };
}

/**
 * Export files of shards that are current: who needs the room may remove them, and nothing misses them. A lookup's file
 * is of all shards.
 */
export function joinedExports(layout: Context['layout'], plan: Plan, { shards, waiting }: JoinWork): Set<string> {
  const open = new Set([...shards, ...waiting].map(({ shard }) => shard.range.from));
  const current = plannedShards(plan).filter(({ range }) => !open.has(range.from));
  const files = plan.sources.flatMap(({ name, role }) => {
    if (role === 'lookup') return open.size === 0 ? [exportFile(layout, name, undefined)] : [];
    return current.flatMap(({ ranges }) => ranges.map((range) => exportFile(layout, name, range)));
  });
  return new Set(files);
}

function inputsOf(
  layout: Context['layout'],
  plan: Plan,
  shard: PlannedShard,
  exports: ReadonlyMap<string, ExportEntry>,
): { inputs: ExportEntry[]; missing: string[] } {
  const inputs: ExportEntry[] = [];
  const missing: string[] = [];
  for (const source of plan.sources) {
    for (const range of source.role === 'lookup' ? [undefined] : shard.ranges) {
      const file = exportFile(layout, source.name, range);
      const entry = exports.get(file);
      if (entry !== undefined && isExported(entry, source)) inputs.push(entry);
      else missing.push(file);
    }
  }
  return { inputs, missing };
}
