import { insertedColumns } from '../clickhouse/insert.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { parseColumnType } from '../core/column-type.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import type { ShardEntry } from '../manifest/entries.js';

export interface UnknownCount {
  readonly column: string;
  readonly values: number;
}

/**
 * Where the live column cannot be NULL, its unknown-value went in for each NULL of the shard (target.md, rule 1): how
 * often, by column, the most frequent first. From the manifest's facts, nothing is read.
 */
export function unknownCounts(dataset: JoinedDataset, live: LiveTable, shards: readonly ShardEntry[]): UnknownCount[] {
  const types = new Map(live.columns.map(({ name, type }) => [name, parseColumnType(type)]));
  const counts = insertedColumns(dataset, live).flatMap(({ name }) => {
    if (types.get(name)?.nullable !== false) return [];
    const values = shards.reduce(
      (sum, shard) => sum + (shard.columns.find((facts) => facts.name === name)?.nulls ?? 0),
      0,
    );
    return values === 0 ? [] : [{ column: name, values }];
  });
  return counts.sort((a, b) => b.values - a.values || (a.column < b.column ? -1 : 1));
}

/** `12,345 in 3 columns (gender_id 9,000, …)`, or undefined where there is none. */
export function unknownText(counts: readonly UnknownCount[]): string | undefined {
  if (counts.length === 0) return undefined;
  const number = new Intl.NumberFormat('en-US');
  const all = number.format(counts.reduce((sum, { values }) => sum + values, 0));
  const shown = counts.slice(0, 2).map(({ column, values }) => `${column} ${number.format(values)}`);
  const more = counts.length > shown.length ? ', …' : '';
  return `unknown-values put in for NULL: ${all} in ${counts.length} columns (${shown.join(', ')}${more})`;
}
