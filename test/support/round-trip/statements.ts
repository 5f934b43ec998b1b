import type { Schema } from './schema.js';

const mysqlName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const clickhouseName = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
const sqlName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** The session that writes and reads at the source: in UTC, and values that do not fit are errors. */
export const sourceSession =
  "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES', character_set_results = utf8mb4";

/** CREATE TABLE at the source. */
export function createTable({ key, columns }: Schema): string {
  const lines = columns.map(
    ({ name, mysql, notNull }) => `${mysqlName(name)} ${mysql} ${notNull ? 'NOT NULL' : 'NULL'}`,
  );
  return `CREATE TABLE t (\n  ${[`${mysqlName(key)} BIGINT UNSIGNED PRIMARY KEY`, ...lines].join(',\n  ')}\n) CHARACTER SET utf8mb4`;
}

const statementChars = 4 << 20;

/** INSERT statements of some megabytes each. */
export function* insertRows({ rows }: Schema): Generator<string> {
  let values: string[] = [];
  let size = 0;
  for (const { key, literals } of rows) {
    const row = `(${[key, ...literals].join(', ')})`;
    values.push(row);
    size += row.length;
    if (size < statementChars) continue;
    yield `INSERT INTO t VALUES ${values.join(', ')}`;
    [values, size] = [[], 0];
  }
  if (values.length > 0) yield `INSERT INTO t VALUES ${values.join(', ')}`;
}

/** What the source holds: the key, then each column as its text. */
export function sourceSelect({ key, columns }: Schema): string {
  const texts = columns.map(({ name, text }) => text(mysqlName(name)));
  return `SELECT ${[`CAST(${mysqlName(key)} AS CHAR)`, ...texts].join(',\n')} FROM t ORDER BY ${mysqlName(key)}`;
}

/** What the target holds, in the same readings. */
export function targetSelect({ key, columns }: Schema, table: string): string {
  const readings = columns.map(({ name, way }) => {
    const column = clickhouseName(name);
    return `if(isNull(${column}), NULL, ${way.found(`assumeNotNull(${column})`)})`;
  });
  const list = [`toString(${clickhouseName(key)})`, ...readings].join(',\n');
  return `SELECT ${list} FROM ${table} ORDER BY ${clickhouseName(key)} FORMAT JSONCompactEachRow`;
}

/** The dataset: one driving source, joined to nothing, every column as it is. */
export function datasetJson({ key, columns }: Schema): string {
  const kinds = Object.fromEntries([[key, 'bigint unsigned'], ...columns.map(({ name, kind }) => [name, kind])]);
  const source = { name: 't', engine: 'mysql', role: 'driving', table: 't', aliases: [], optional: false };
  const common = { place: 'target', misfit: 'reject' };
  const declared = columns.map(({ name, target, way, forNull }) => ({
    ...{ name, type: target, sql: `"t".${sqlName(name)}`, ...common },
    ...(way.declared === undefined || forNull === null ? {} : { unknown: way.declared }),
  }));
  return JSON.stringify({
    ...{ format: 1, name: 'round_trip', key: { name: key, digits: 20 } },
    sources: [{ ...source, key, columns: kinds, reduce: { rows: 'one' } }],
    columns: [
      { name: key, type: 'UInt64', sql: `"t".${sqlName(key)}`, ...common },
      ...declared,
      { name: 'written', type: 'DateTime', sql: '', place: 'version', misfit: 'reject' },
    ],
    ...{ options: [], oddities: [] },
    table: {
      ...{ name: 't', engine: 'ReplacingMergeTree', version: 'written', partitionBy: '', orderBy: [key], settings: {} },
    },
  });
}
