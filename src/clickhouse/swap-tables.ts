import { usageError } from '../core/errors.js';
import { allowed, type ClickHouse, quoteName, quoteText } from './client.js';
import { tableName } from './ddl.js';
import type { LiveTable } from './live-table.js';

/** Names of the tables beside a target: the one being loaded, and the one that was there before (target.md, rule 8). */
export interface SwapNames {
  readonly table: string;
  readonly next: string;
  readonly previous: string;
}

/** The target's name with those beside it. */
export const swapNames = (table: string): SwapNames => ({
  table,
  next: `${table}_next`,
  previous: `${table}_previous`,
});

/** A new empty table with all that the live one has: columns, keys, partitions, settings. */
export async function createLike(client: ClickHouse, live: LiveTable, name: string): Promise<void> {
  const [made, like] = [tableName(live.database, name), tableName(live.database, live.table)];
  await client.command(`CREATE TABLE ${made} AS ${like}`);
}

/** Both names change hands at once: no reader ever sees neither table. */
export async function exchangeTables(client: ClickHouse, database: string, a: string, b: string): Promise<void> {
  await client.command(`EXCHANGE TABLES ${tableName(database, a)} AND ${tableName(database, b)}`);
}

/** Gives a table another name, which nobody has. */
export async function renameTable(client: ClickHouse, database: string, from: string, to: string): Promise<void> {
  await client.command(`RENAME TABLE ${tableName(database, from)} TO ${tableName(database, to)}`);
}

/** Removes a table of any size: it is one that a swap kept or began. */
export async function dropTable(client: ClickHouse, database: string, name: string): Promise<void> {
  await client.command(`DROP TABLE IF EXISTS ${tableName(database, name)} SYNC`, { max_table_size_to_drop: 0 });
}

/** Throws SWAP_UNSUPPORTED where names cannot be exchanged at one stroke for all who read. */
export async function checkExchange(client: ClickHouse, live: LiveTable): Promise<void> {
  const [row] = await client.rows(`SELECT engine FROM system.databases WHERE name = ${quoteText(live.database)}`);
  const engine = String(row?.[0]);
  const hint = 'leave SWAP=1 out: older rows are then removed after the load';
  if (!['Atomic', 'Replicated', 'Shared'].includes(engine)) {
    const text = `tables of database ${live.database} (${engine}) cannot be exchanged`;
    throw usageError('SWAP_UNSUPPORTED', text, hint);
  }
  if (!live.engine.startsWith('Replicated') || engine !== 'Atomic') return;
  const sql = `SELECT max(total_replicas) FROM system.replicas WHERE database = ${quoteText(live.database)} AND table = ${quoteText(live.table)}`;
  const replicas = Number((await allowed(() => client.rows(sql)))?.[0]?.[0] ?? 1);
  if (replicas <= 1) return;
  const text = `${live.database}.${live.table} has ${replicas} replicas, and its database exchanges names on one of them only`;
  throw usageError('SWAP_UNSUPPORTED', text, hint);
}

/** Views that are filled by inserts into the table: they do not see what is loaded beside it. */
export async function dependentViews(client: ClickHouse, live: LiveTable): Promise<string[]> {
  const rows = await client.rows(
    `SELECT arrayJoin(arrayMap((d, t) -> concat(d, '.', t), dependencies_database, dependencies_table))
     FROM system.tables WHERE database = ${quoteText(live.database)} AND name = ${quoteText(live.table)}`,
  );
  return rows.map(([name]) => String(name));
}

/** All rows of a table, and those whose key lies in none of the ranges, with one such key as an example. */
export async function rowsOutside(
  client: ClickHouse,
  live: LiveTable,
  key: string,
  ranges: readonly { readonly first: bigint; readonly last: bigint }[],
): Promise<{ rows: number; outside: number; example: string }> {
  const name = quoteName(key);
  const within = ranges.map(({ first, last }) => `(${name} >= ${first} AND ${name} <= ${last})`).join(' OR ') || '0';
  const [row] = await client.rows(
    `SELECT count(), countIf(NOT (${within})), toString(minIf(${name}, NOT (${within}))) FROM ${tableName(live.database, live.table)}`,
  );
  return { rows: Number(row?.[0]), outside: Number(row?.[1]), example: String(row?.[2]) };
}
