import { duckdbType, parseKind } from '../core/kinds.js';
import { type Column, type Dataset, drivingSource, type Source, shardColumns } from '../dataset/declaration.js';

/** Export files by source name; an absent source or an empty range has none. */
export type InputFiles = ReadonlyMap<string, readonly string[]>;

/** Where a source's rows are: in export files, or what a query gives, typed as the files would be. */
export type Input = readonly string[] | string;
export type Inputs = ReadonlyMap<string, Input>;

/** Values of the dataset's join options, by name. */
export type OptionValues = Readonly<Record<string, string>>;

/** Quotes an SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Quotes an SQL string. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A query over Parquet files, or over another query. */
export function readFiles(files: Input): string {
  if (typeof files === 'string') return `SELECT * FROM (${files})`;
  return `SELECT * FROM read_parquet([${files.map(literal).join(', ')}])`;
}

const rawName = (source: string): string => identifier(`${source}$raw`);

/**
 * All rows of a source as they were exported, or those of the keys of a relation `only`; typed and empty where there
 * are no files. A lookup is always whole.
 */
function rawSql(source: Source, files: Input, only: string | undefined): string {
  if (files.length > 0) {
    const isWhole = only === undefined || source.role === 'lookup';
    return isWhole ? readFiles(files) : `${readFiles(files)} WHERE ${identifier(source.key)} IN (FROM ${only})`;
  }
  const columns = Object.entries(source.columns).map(
    ([name, kind]) => `CAST(NULL AS ${duckdbType(parseKind(kind))}) AS ${identifier(name)}`,
  );
  return `SELECT ${columns.join(', ')} WHERE false`;
}

/** One row a key (target.md, rule 2), so that nothing can fan out in the join. */
function reducedSql(source: Source, isUnique: boolean): string {
  const raw = rawName(source.name);
  const key = identifier(source.key);
  const rest = Object.keys(source.columns).filter((name) => name !== source.key);
  if (isUnique && source.reduce.rows !== 'sql') return `SELECT * FROM ${raw}`;
  switch (source.reduce.rows) {
    case 'one':
      return `SELECT * FROM ${raw}`;
    case 'best': {
      const ties = rest.map((name) => `${identifier(name)} ASC NULLS LAST`).join(', ');
      const order = `${source.reduce.order}, ${ties}`;
      return `SELECT * FROM ${raw} QUALIFY row_number() OVER (PARTITION BY ${key} ORDER BY ${order}) = 1`;
    }
    case 'any':
      return `SELECT ${key}, ${rest.map((name) => `bool_or(${identifier(name)}) AS ${identifier(name)}`).join(', ')}
        FROM ${raw} GROUP BY ${key}`;
    case 'sql':
      return source.reduce.sql
        .replaceAll('{distinct}', isUnique ? raw : `(SELECT DISTINCT * FROM ${raw})`)
        .replaceAll('{input}', raw);
  }
}

/** Lookups first: the queries of other sources may read them. */
function inOrder(dataset: Dataset): Source[] {
  const lookups = dataset.sources.filter((source) => source.role === 'lookup');
  return [...lookups, ...dataset.sources.filter((source) => source.role !== 'lookup')];
}

/**
 * `WITH …`: for every source its rows as exported (`name$raw`) and its rows reduced to one a key (`name`);
 * those in `unique` are known to have one, or, where SQL of their own makes one row of several, no two equal rows.
 */
export function withSources(dataset: Dataset, files: Inputs, unique: ReadonlySet<string>, only?: string): string {
  const parts = inOrder(dataset).flatMap((source) => [
    `${rawName(source.name)} AS (${rawSql(source, files.get(source.name) ?? [], only)})`,
    `${identifier(source.name)} AS (${reducedSql(source, unique.has(source.name))})`,
  ]);
  return `WITH ${parts.join(',\n')}`;
}

/** Replaces `{source}` by the source's rows as exported. */
export function overRaw(dataset: Dataset, sql: string): string {
  return dataset.sources.reduce((text, source) => text.replaceAll(`{${source.name}}`, rawName(source.name)), sql);
}

/**
 * The driving source with every other one hung on it: one row a driving row. Aggregates come last: they may hold lists,
 * and a list that is carried through the joins behind it makes each of them several times slower (measured: 8 times).
 */
export function fromJoined(dataset: Dataset, wanted: (source: Source) => boolean = () => true): string {
  const driving = drivingSource(dataset);
  const others = dataset.sources.filter((source) => source !== driving && wanted(source));
  const isAggregate = ({ role, reduce }: Source): boolean => role === 'keyed' && reduce.rows === 'sql';
  const ordered = [...others.filter((source) => !isAggregate(source)), ...others.filter(isAggregate)];
  const joins = ordered.flatMap((source) => {
    const name = identifier(source.name);
    if (source.role === 'keyed') {
      return `LEFT JOIN ${name} ON ${name}.${identifier(source.key)} = ${identifier(driving.name)}.${identifier(driving.key)}`;
    }
    return source.on === undefined ? [] : `LEFT JOIN ${name} ON ${name}.${identifier(source.key)} = ${source.on}`;
  });
  return `FROM ${identifier(driving.name)} ${joins.join('\n')}`;
}

/** True where an expression over the joined sources reads that source. */
export const readsSource = (sql: string, { name }: Source): boolean =>
  sql.includes(`${name}.`) || sql.includes(`"${name}".`);

/** A column's value over the joined sources, with the join options filled in. */
export function valueSql(column: Column, options: OptionValues): string {
  return Object.entries(options).reduce(
    (sql, [name, value]) => sql.replaceAll(`{${name}}`, literal(value)),
    column.sql,
  );
}

/**
 * One row a driving row with the columns' values as they are, before any check or cast; of all keys, or of those of the
 * relation `only`.
 */
export function wideSql(
  dataset: Dataset,
  files: Inputs,
  options: OptionValues,
  unique: ReadonlySet<string> = new Set(),
  only?: string,
): string {
  const values = shardColumns(dataset).map((column) => `${valueSql(column, options)} AS ${identifier(column.name)}`);
  return `${withSources(dataset, files, unique, only)} SELECT ${values.join(',\n')}\n${fromJoined(dataset)}`;
}
