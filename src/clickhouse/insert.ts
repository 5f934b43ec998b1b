import { type Column, type Dataset, type JoinedDataset, shardColumns } from '../dataset/declaration.js';
import { carriedType, fileType } from './carried.js';
import { quoteName, type Settings } from './client.js';
import { oddTypes, tableName } from './ddl.js';
import { valueSql } from './insert-values.js';
import type { LiveTable } from './live-table.js';

/** Rows that one insert block may hold: a whole shard becomes one part a partition (target.md, rule 9). */
const blockRows = 2_000_000;

/**
 * Set on every insert, since defaults differ between versions and profiles (target.md, rule 10). One thread and one
 * block: the number of parts is that of the partitions, not of the blocks.
 */
export const insertSettings: Settings = {
  async_insert: 0,
  wait_end_of_query: 1,
  input_format_null_as_default: 0,
  date_time_overflow_behavior: 'throw',
  insert_deduplicate: 0,
  insert_deduplication_token: '',
  optimize_on_insert: 0,
  max_insert_threads: 1,
  max_insert_block_size: blockRows,
  min_insert_block_size_rows: blockRows,
  min_insert_block_size_bytes: 0,
  max_partitions_per_insert_block: 0,
  ...oddTypes,
};

/** `name type, …` of the columns that an insert reads from the shard: what the file holds, Nullable. */
export function fileStructure(dataset: JoinedDataset, columns: readonly Column[]): string {
  return columns.map((column) => `${quoteName(column.name)} ${fileType(carriedType(dataset, column))}`).join(', ');
}

/** Columns of the shard that this live table takes. */
export function insertedColumns(dataset: Dataset, live: LiveTable): Column[] {
  const names = new Set(live.columns.map((column) => column.name));
  return shardColumns(dataset).filter(({ place, name }) => place === 'target' || (place === 'live' && names.has(name)));
}

/**
 * `INSERT INTO … SELECT … FROM`, columns by name, unknown-values and the version applied here and not by the server.
 * `version` is in seconds since 1970, UTC.
 */
export function insertHead(dataset: JoinedDataset, live: LiveTable, version: number): string {
  const types = new Map(live.columns.map((column) => [column.name, column.type]));
  const columns = insertedColumns(dataset, live);
  const versionType = types.get(dataset.table.version) ?? '';
  const names = [...columns.map((column) => column.name), dataset.table.version];
  const values = [
    ...columns.map((column) => valueSql(column, types.get(column.name) ?? column.type, carriedType(dataset, column))),
    `CAST(toDateTime(${version}, 'UTC') AS ${versionType})`,
  ];
  return `INSERT INTO ${tableName(live.database, live.table)} (${names.map(quoteName).join(', ')}) SELECT ${values.join(', ')} FROM`;
}
