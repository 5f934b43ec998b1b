import { parseColumnType } from '../core/column-type.js';
import { type Dataset, shardColumns } from '../dataset/declaration.js';
import type { ShardEntry } from '../manifest/entries.js';
import { inShards, type Layout } from '../manifest/layout.js';
import type { PartitionFacts, RejectFacts } from '../report/facts.js';
import type { Engine } from '../sql/engine.js';
import { identifier, readFiles } from '../sql/relations.js';
import { sumRejects } from './counted.js';

/** What the page shows of the files of rejects. */
const kindsMost = 50;
/** Characters that are read of a rejected value: it may be a document. */
const valueCharsMax = 200;

/** Sums of the manifest, and from the files that are there the most frequent kinds with the least key of each. */
export async function rejectFacts(
  layout: Layout,
  shards: readonly ShardEntry[],
  isThere: (file: string) => boolean,
  engine: () => Promise<Engine>,
): Promise<RejectFacts> {
  const { rows, values, columns } = sumRejects(shards);
  const files = shards.flatMap(({ rejects }) => (rejects.file === null ? [] : [rejects.file]));
  const there = files.filter(isThere);
  const found =
    there.length === 0 ? [] : await (await engine()).rows(kindsSql(there.map((file) => inShards(layout, file))));
  const missing = files.length - there.length;
  const notes = [
    ...(missing > 0 ? [`${missing} of ${files.length} files of rejects are not in shards/rejects/.`] : []),
    ...(found.length > kindsMost ? [`The ${kindsMost} most frequent kinds.`] : []),
  ];
  return {
    ...{ rows, values },
    columns: Object.entries(columns)
      .map(([name, found]) => ({ name, values: found }))
      .sort((a, b) => b.values - a.values || (a.name < b.name ? -1 : 1)),
    kinds: found.slice(0, kindsMost).map(([column, reason, values, key, value]) => ({
      column: String(column),
      reason: String(reason),
      values: Number(values),
      key: String(key),
      value: value === null ? 'NULL' : String(value),
    })),
    note: notes.join(' '),
  };
}

function kindsSql(paths: readonly string[]): string {
  return `SELECT "column", reason, count(*) AS found, CAST(min("key") AS VARCHAR),
      left(CAST(arg_min("value", "key") AS VARCHAR), ${valueCharsMax})
    FROM (${readFiles(paths)}) GROUP BY "column", reason ORDER BY found DESC, "column", reason LIMIT ${kindsMost + 1}`;
}

/**
 * The column whose months make up the table's partitions, or undefined: the first of the shard's days and moments that
 * the partition key names.
 */
function monthColumn(dataset: Dataset): string | undefined {
  const names = new Set(dataset.table.partitionBy.match(/\w+/g) ?? []);
  const bases = ['date', 'date32', 'datetime', 'datetime64'];
  return shardColumns(dataset).find(
    ({ name, type }) => names.has(name) && bases.includes(parseColumnType(type).type.base),
  )?.name;
}

/** Rows by month of the shards that are there: one column of them is read. */
export async function monthFacts(
  layout: Layout,
  dataset: Dataset,
  shards: readonly ShardEntry[],
  isThere: (file: string) => boolean,
  engine: () => Promise<Engine>,
): Promise<PartitionFacts> {
  const column = monthColumn(dataset);
  const nowhere = (note: string): PartitionFacts => ({ from: 'nowhere', by: column ?? '', note, groups: [] });
  if (column === undefined) return nowhere('The dataset declares no partitions by a day or a moment.');
  const filled = shards.filter(({ rows }) => rows > 0);
  const there = filled.filter(({ file }) => isThere(file));
  if (there.length === 0) return nowhere('No shard is in the folder.');
  const day = `CAST(${identifier(column)} AS DATE)`;
  const found = await (await engine()).rows(
    `SELECT CASE WHEN ${identifier(column)} IS NULL THEN 'NULL' ELSE strftime(${day}, '%Y-%m') END AS month, count(*)
     FROM (SELECT ${identifier(column)} FROM (${readFiles(there.map(({ file }) => inShards(layout, file)))})) GROUP BY month ORDER BY month`,
  );
  const missing = filled.length - there.length;
  return {
    from: 'shards',
    by: column,
    note:
      missing > 0
        ? `${missing} of ${filled.length} shards are not in the folder: their rows are not counted here.`
        : '',
    groups: found.map(([name, rows]) => ({ name: String(name), rows: Number(rows), parts: null, bytes: null })),
  };
}
