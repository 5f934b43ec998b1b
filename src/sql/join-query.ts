import { parseColumnType, shardType } from '../core/column-type.js';
import { type Column, type Dataset, drivingSource, shardColumns } from '../dataset/declaration.js';
import { fromJoined, type InputFiles, identifier, literal, overRaw, withSources } from './relations.js';

/** Values of the dataset's join options, by name. */
export type OptionValues = Readonly<Record<string, string>>;

/** Rows of a row group in a shard. */
const groupRows = 122_880;

/** Bounds of the days that a ClickHouse type holds. */
const dayBounds: Record<string, readonly [string, string]> = {
  date: ['1970-01-01', '2149-06-06'],
  date32: ['1900-01-01', '2299-12-31'],
  datetime: ['1970-01-01', '2106-02-07'],
};

/** A column's value over the joined sources, with the join options filled in. */
function valueSql(column: Column, options: OptionValues): string {
  return Object.entries(options).reduce(
    (sql, [name, value]) => sql.replaceAll(`{${name}}`, literal(value)),
    column.sql,
  );
}

/** True where a value does not fit the declared type exactly: ClickHouse would wrap, clamp or round it in silence. */
function misfitSql(column: Column, value: string): string | undefined {
  const { type } = parseColumnType(column.type);
  if (type.base === 'string') return undefined;
  if (type.base === 'bool') return `coalesce(TRY_CAST(${value} AS INTEGER) NOT BETWEEN 0 AND 1, ${value} IS NOT NULL)`;
  const bounds = dayBounds[type.base];
  if (bounds) return `coalesce(${value} NOT BETWEEN DATE '${bounds[0]}' AND DATE '${bounds[1]}', false)`;
  return `(${value} IS DISTINCT FROM TRY_CAST(${value} AS ${shardType(type)}))`;
}

const castSql = (column: Column, value: string): string =>
  `TRY_CAST(${value} AS ${shardType(parseColumnType(column.type).type)})`;

function wideSql(dataset: Dataset, options: OptionValues): string {
  const values = shardColumns(dataset).map((column) => `${valueSql(column, options)} AS ${identifier(column.name)}`);
  return `SELECT ${values.join(',\n')}\n${fromJoined(dataset)}`;
}

/** Columns whose misfit rejects the whole row, with the test for it. */
function rejecting(dataset: Dataset): { column: Column; test: string }[] {
  return shardColumns(dataset).flatMap((column) => {
    const test = column.misfit === 'reject' ? misfitSql(column, identifier(column.name)) : undefined;
    return test === undefined ? [] : [{ column, test }];
  });
}

export interface JoinQuery {
  /** Writes the rows that fit, in key order, every column cast to its declared type. */
  readonly copy: string;
  /** Gives one row a misfit: key, column, value, reason, the whole row as JSON. */
  readonly rejects: string;
  /** The rejects written to a Parquet file. */
  readonly copyRejects: string;
  /** Name → a query giving count and an example's key. */
  readonly oddities: ReadonlyMap<string, string>;
}

/** Builds the join of one shard from its export files; pure. */
export function buildJoin(
  dataset: Dataset,
  files: InputFiles,
  options: OptionValues,
  out: string,
  rejectsOut: string,
): JoinQuery {
  const columns = shardColumns(dataset);
  const sources = `${withSources(dataset, files)},\nwide AS (${wideSql(dataset, options)})`;
  const tests = rejecting(dataset);
  const bad = tests.map(({ test }) => test).join('\n OR ') || 'false';
  const shown = columns.map((column) => {
    const name = identifier(column.name);
    const misfit = column.misfit === 'unknown' ? misfitSql(column, name) : undefined;
    const cast = castSql(column, name);
    return `${misfit === undefined ? cast : `CASE WHEN ${misfit} THEN NULL ELSE ${cast} END`} AS ${name}`;
  });
  const key = identifier(dataset.key.name);
  const select = `${sources} SELECT ${shown.join(', ')} FROM wide WHERE NOT (${bad}) ORDER BY ${key}`;
  const lines = tests.map(
    ({ column, test }) =>
      `CASE WHEN ${test} THEN {'column': ${literal(column.name)}, 'value': CAST(${identifier(column.name)} AS VARCHAR), 'reason': ${literal(`does not fit ${column.type}`)}} END`,
  );
  const rejects = `${sources} SELECT ${key} AS "key", bad."column", bad."value", bad.reason, "row" FROM (
      SELECT ${key}, to_json(wide) AS "row", unnest(list_filter([${lines.join(',\n') || 'NULL'}], lambda one: one IS NOT NULL)) AS bad
      FROM wide WHERE ${bad}) ORDER BY 1, 2`;
  const format = `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`;
  return {
    copy: `COPY (${select}) TO ${literal(out)} ${format}`,
    rejects,
    copyRejects: `COPY (${rejects}) TO ${literal(rejectsOut)} ${format}`,
    oddities: oddityQueries(dataset, files, options),
  };
}

/** Target.md, rule 11: what follows from the sources, then what the dataset declares. */
function oddityQueries(dataset: Dataset, files: InputFiles, options: OptionValues): Map<string, string> {
  const sources = withSources(dataset, files);
  const driving = drivingSource(dataset);
  const drivingName = identifier(driving.name);
  const queries = new Map<string, string>();
  const has = (name: string): boolean => (files.get(name)?.length ?? 0) > 0;
  for (const source of dataset.sources) {
    const key = identifier(source.key);
    const raw = overRaw(dataset, `{${source.name}}`);
    if (source.role === 'keyed' && has(source.name)) {
      queries.set(
        `no_row_in_${driving.name}:${source.name}`,
        `${sources} SELECT count(*), min(${key}) FROM ${raw} WHERE ${key} NOT IN (SELECT ${identifier(driving.key)} FROM ${drivingName})`,
      );
      if (source.reduce.rows !== 'sql') {
        queries.set(
          `duplicates:${source.name}`,
          `${sources} SELECT coalesce(sum(n - 1), 0), min(${key}) FROM (SELECT ${key}, count(*) AS n FROM ${raw} GROUP BY ${key} HAVING n > 1)`,
        );
      }
    }
    if (source.role === 'lookup' && source.on !== undefined) {
      queries.set(
        `no_lookup_row:${source.name}`,
        `${sources} SELECT count(*), min(${drivingName}.${identifier(driving.key)}) FROM ${drivingName}
         WHERE ${source.on} IS NOT NULL AND ${source.on} NOT IN (SELECT ${key} FROM ${identifier(source.name)})`,
      );
    }
  }
  for (const column of shardColumns(dataset)) {
    const value = valueSql(column, options);
    const test = column.misfit === 'unknown' ? misfitSql(column, `(${value})`) : undefined;
    if (test === undefined) continue;
    const from = fromJoined(
      dataset,
      (source) => value.includes(`${source.name}.`) || value.includes(`"${source.name}".`),
    );
    queries.set(
      `out_of_range:${column.name}`,
      `${sources} SELECT count(*), min(${drivingName}.${identifier(driving.key)}) ${from} WHERE ${test}`,
    );
  }
  for (const { name, sql } of dataset.oddities) queries.set(name, `${sources} ${overRaw(dataset, sql)}`);
  return queries;
}
