import { type Dataset, tableColumns } from '../dataset/declaration.js';
import { quoteName, type Settings } from './client.js';

/** Types that a server takes for a mistake unless it is told otherwise: a live table may have them all the same. */
export const oddTypes: Settings = { allow_suspicious_low_cardinality_types: 1, allow_suspicious_fixed_string_types: 1 };

/** `database.table`, quoted. */
export const tableName = (database: string, table: string): string => `${quoteName(database)}.${quoteName(table)}`;

/**
 * What a query that reads the table calls its rows. No short name: where a column `t` can be NULL, `t.null` is whether it
 * is, and not the column `null` of a table that is called `t`.
 */
export const rowName = quoteName('row of the target');

/** CREATE TABLE of the dataset's target, with the columns of target.md in their order. */
export function createTableSql(dataset: Dataset, database: string, table: string): string {
  const { engine, version, partitionBy, orderBy, settings } = dataset.table;
  const columns = tableColumns(dataset).map((column) => `  ${quoteName(column.name)} ${column.type}`);
  const set = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return [
    `CREATE TABLE IF NOT EXISTS ${tableName(database, table)} (\n${columns.join(',\n')}\n)`,
    `ENGINE = ${engine}(${quoteName(version)})`,
    ...(partitionBy === '' ? [] : [`PARTITION BY ${partitionBy}`]),
    `ORDER BY (${orderBy.map(quoteName).join(', ')})`,
    ...(set.length === 0 ? [] : [`SETTINGS ${set.join(', ')}`]),
  ].join('\n');
}
