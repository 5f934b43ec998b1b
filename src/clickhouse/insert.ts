import { type ColumnType, parseColumnType } from '../core/column-type.js';
import { type Column, type Dataset, shardColumns } from '../dataset/declaration.js';
import { quoteName, quoteText, type Settings } from './client.js';
import { tableName } from './ddl.js';
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
  optimize_on_insert: 0,
  max_insert_threads: 1,
  max_insert_block_size: blockRows,
  min_insert_block_size_rows: blockRows,
  min_insert_block_size_bytes: 0,
  max_partitions_per_insert_block: 0,
};

/** The type under which a shard's column is read: as declared, Nullable, a day as Date32. */
function fileType(column: Column): string {
  const { type } = parseColumnType(column.type);
  if (type.base === 'array') return column.type;
  if (type.base === 'date' || type.base === 'date32' || type.base === 'datetime') return 'Nullable(Date32)';
  if (type.base === 'string') return 'Nullable(String)';
  return `Nullable(${column.type})`;
}

/** `name type, …` of the columns that an insert reads from the shard. */
export function fileStructure(columns: readonly Column[]): string {
  return columns.map((column) => `${quoteName(column.name)} ${fileType(column)}`).join(', ');
}

/**
 * The day of a Date32 as a reader of the live column sees it: midnight in the column's own zone. DateTime goes by way
 * of seconds: toDateTime(Date32, zone) wraps to 2106 in silence where midnight of 1970-01-01 is before the epoch. That
 * one day becomes the epoch itself, which every such zone shows as the same day; what is past 2106 throws.
 */
function daySql(value: string, live: ColumnType): string {
  const zone = 'zone' in live && live.zone !== undefined ? `, ${quoteText(live.zone)}` : '';
  switch (live.base) {
    case 'date':
      return `accurateCast(${value}, 'Date')`;
    case 'datetime': {
      const seconds = `greatest(toInt64(toDateTime64(${value}, 0${zone})), 0)`;
      return `toDateTime(accurateCast(${seconds}, 'UInt32')${zone})`;
    }
    case 'datetime64':
      return `toDateTime64(${value}, ${live.precision}${zone})`;
    default:
      return value;
  }
}

/** What stands for an unknown value in a column that is not Nullable (target.md's third column). */
function unknownSql(column: Column, live: ColumnType): string {
  if (column.unknown !== undefined) return column.unknown;
  switch (live.base) {
    case 'string':
      return "''";
    case 'bool':
      return 'false';
    case 'date':
    case 'date32':
    case 'datetime':
    case 'datetime64':
      return daySql("toDate32('1970-01-01')", live);
    default:
      return '0';
  }
}

/** The expression that puts a shard's value into the live column: the live table's type decides (target.md, rule 1). */
export function valueSql(column: Column, liveType: string): string {
  const name = quoteName(column.name);
  const { type, nullable } = parseColumnType(liveType);
  if (type.base === 'array') return `CAST(${name} AS ${liveType})`;
  const isDay = ['date', 'date32', 'datetime', 'datetime64'].includes(type.base);
  if (!isDay)
    return nullable
      ? `CAST(${name} AS ${liveType})`
      : `CAST(ifNull(${name}, ${unknownSql(column, type)}) AS ${liveType})`;
  // greatest() passes over NULL: an unknown day must not reach it.
  const unknown = nullable ? 'NULL' : unknownSql(column, type);
  return `CAST(if(isNull(${name}), ${unknown}, ${daySql(`assumeNotNull(${name})`, type)}) AS ${liveType})`;
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
export function insertHead(dataset: Dataset, live: LiveTable, version: number): string {
  const types = new Map(live.columns.map((column) => [column.name, column.type]));
  const columns = insertedColumns(dataset, live);
  const versionType = types.get(dataset.table.version) ?? '';
  const names = [...columns.map((column) => column.name), dataset.table.version];
  const values = [
    ...columns.map((column) => valueSql(column, types.get(column.name) ?? column.type)),
    `CAST(toDateTime(${version}, 'UTC') AS ${versionType})`,
  ];
  return `INSERT INTO ${tableName(live.database, live.table)} (${names.map(quoteName).join(', ')}) SELECT ${values.join(', ')} FROM`;
}
