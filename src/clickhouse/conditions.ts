import { messageOf, TransloadError } from '../core/errors.js';
import type { KeyRange } from '../core/ranges.js';
import type { Condition, Dataset } from '../dataset/declaration.js';
import { figureSettings } from './certificate.js';
import { type ClickHouse, isLost, quoteName } from './client.js';
import { tableName } from './ddl.js';
import { finalSettings, finalSql, withinAnySql } from './key-ranges.js';
import type { LiveTable } from './live-table.js';
import { namesIn } from './sorting-key.js';

/** Conditions of which the live table has every column that the dataset knows them by. */
export function askable(conditions: readonly Condition[], dataset: Dataset, live: LiveTable): Condition[] {
  const lacking = new Set(dataset.columns.map(({ name }) => name));
  for (const { name } of live.columns) lacking.delete(name);
  return conditions.filter(({ sql }) => [...namesIn(sql)].every((name) => !lacking.has(name)));
}

/** How many rows of the target hold what stands for unknown. */
export interface SentinelCounts {
  readonly rows: number;
  readonly counts: readonly { readonly name: string; readonly rows: number }[];
}

/** Counts rows of some ranges as a reader sees them, in one scan of the columns that are named. */
export async function countSentinels(
  client: ClickHouse,
  live: LiveTable,
  key: string,
  ranges: readonly KeyRange[],
  conditions: readonly Condition[],
  final: boolean,
): Promise<SentinelCounts> {
  const counted = conditions.map(({ sql }) => `countIf(${sql})`);
  const [row = []] = await client.rows(
    `SELECT ${['count()', ...counted].join(', ')} FROM ${tableName(live.database, live.table)}${final ? finalSql(live) : ''}
     WHERE ${withinAnySql(quoteName(key), ranges)}`,
    { ...figureSettings, ...finalSettings(live) },
  );
  const [rows, ...counts] = row.map(Number);
  return { rows: rows ?? 0, counts: conditions.map(({ name }, index) => ({ name, rows: counts[index] ?? 0 })) };
}

/** What a question costs the table, or why it cannot be asked. */
export type QueryCost =
  | {
      readonly name: string;
      readonly rows: number;
      readonly seconds: number;
      readonly rowsRead: number;
      /** What kept the server from reading all, if anything did: the sorting key, whole partitions. */
      readonly used: { readonly key: boolean; readonly partitions: boolean };
    }
  | { readonly name: string; readonly why: string };

/** Asks one question of the table and looks how the server finds its rows. */
export async function measureQuery(
  client: ClickHouse,
  live: LiveTable,
  key: string,
  { name, sql }: Condition,
): Promise<QueryCost> {
  // The greatest key makes it read rows: a count alone may be answered from the index.
  const question = `SELECT count(), max(${quoteName(key)}) FROM ${tableName(live.database, live.table)} WHERE ${sql}`;
  try {
    const plan = await client.rows(`EXPLAIN indexes = 1, json = 1 ${question}`);
    const { rows, seconds, rowsRead } = await client.measured(question);
    const used = usedIndexes(plan.map(([line]) => String(line)).join('\n'));
    return { name, rows: Number(rows[0]?.[0]), seconds, rowsRead, used };
  } catch (error) {
    if (!(error instanceof TransloadError) || isLost(error)) throw error;
    return { name, why: messageOf(error) };
  }
}

interface Index {
  readonly Type?: string;
  readonly Condition?: string;
}

/** By what the server leaves parts or granules out, from EXPLAIN's own JSON, whatever lies around it. */
function usedIndexes(json: string): { key: boolean; partitions: boolean } {
  const used = { key: false, partitions: false };
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const { Type, Condition = 'true' } = value as Index;
    if (Condition !== 'true' && Type === 'PrimaryKey') used.key = true;
    if (Condition !== 'true' && (Type === 'MinMax' || Type === 'Partition')) used.partitions = true;
    for (const one of Object.values(value)) look(one);
  };
  look(JSON.parse(json));
  return used;
}
