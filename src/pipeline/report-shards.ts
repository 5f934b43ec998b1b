import { insertedColumns } from '../clickhouse/insert.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { parseColumnType } from '../core/column-type.js';
import { type Dataset, type JoinedDataset, shardColumns, tableColumns } from '../dataset/declaration.js';
import type { Counted, ShardEntry } from '../manifest/entries.js';
import type { ColumnShare, OddityFacts, ShardsFacts } from '../report/facts.js';
import { sumOddities } from './counted.js';

/**
 * Sums over the shards, by column too. Without a live table the declaration says which columns the target has, and which
 * of them can be NULL.
 */
export function shardsFacts(
  joined: JoinedDataset,
  live: LiveTable | undefined,
  shards: readonly ShardEntry[],
): ShardsFacts {
  const declared = new Map(tableColumns(joined).map(({ name, type }) => [name, type]));
  const types = live === undefined ? declared : new Map(live.columns.map(({ name, type }) => [name, type]));
  const inserted = live === undefined ? undefined : new Set(insertedColumns(joined, live).map(({ name }) => name));
  const sums = new Map<string, { nulls: number; rows: number }>();
  for (const { rows, columns } of shards) {
    for (const { name, nulls } of columns) {
      const known = sums.get(name) ?? { nulls: 0, rows: 0 };
      sums.set(name, { nulls: known.nulls + nulls, rows: known.rows + rows });
    }
  }
  const becomes = (name: string): ColumnShare['becomes'] => {
    const type = types.get(name);
    if (type === undefined || inserted?.has(name) === false) return 'absent';
    return parseColumnType(type).nullable ? 'null' : 'unknown';
  };
  const columns = shardColumns(joined).flatMap(({ name, type }) => {
    const sum = sums.get(name);
    return sum === undefined ? [] : [{ name, type, ...sum, becomes: becomes(name) }];
  });
  const total = (of: (shard: ShardEntry) => number): number => shards.reduce((sum, shard) => sum + of(shard), 0);
  return {
    shards: shards.length,
    rows: total(({ rows }) => rows),
    bytes: total(({ bytes }) => bytes),
    driving: total(({ driving }) => driving),
    columns,
  };
}

/** What was counted, over all files; `words` gives an oddity's words. */
export function oddityFacts(
  dataset: Dataset,
  words: (name: string) => string,
  entries: readonly { readonly oddities: Readonly<Record<string, Counted>> }[],
): OddityFacts[] {
  return [...sumOddities(dataset, entries)]
    .map(([name, { count, example }]) => ({ name, what: words(name), count, example }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
