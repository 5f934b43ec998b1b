import { type Dataset, drivingSource } from '../dataset/declaration.js';
import {
  type CheckedColumn,
  checkedColumns,
  jsonSql,
  policyTest,
  rejectTest,
  shownSql,
  textSql,
} from './column-checks.js';
import {
  fromJoined,
  type InputFiles,
  identifier,
  literal,
  type OptionValues,
  overRaw,
  readFiles,
  readsSource,
  valueSql,
  wideSql,
  withSources,
} from './relations.js';
import { noSurvey, type Survey } from './survey.js';
import type { ValueTypes } from './value-types.js';

/** Rows of a row group in a shard. */
const groupRows = 122_880;

export interface JoinQuery {
  /** Writes the rows that fit, in key order, every column cast to its declared type. */
  readonly copy: string;
  /** Gives one row a misfit: key, column, value, reason, the whole row as JSON. */
  readonly rejects: string;
  /** The rejects written to a Parquet file. */
  readonly copyRejects: string;
  /** Name → a query giving count and an example's key. */
  readonly oddities: ReadonlyMap<string, string>;
  /** Column → its type in the shard's file, in the file's order. */
  readonly shard: ReadonlyMap<string, string>;
}

/** Column → its type in the shards, in their order; throws where a value has no way into its declared type. */
export function shardTypes(dataset: Dataset, types: ValueTypes): ReadonlyMap<string, string> {
  return new Map(checkedColumns(dataset, types).map(({ column, conversion }) => [column.name, conversion.shard]));
}

/** Builds the join of one shard from its export files; pure. */
export function buildJoin(
  dataset: Dataset,
  files: InputFiles,
  options: OptionValues,
  types: ValueTypes,
  out: string,
  rejectsOut: string,
  survey: Survey = noSurvey,
): JoinQuery {
  const columns = checkedColumns(dataset, types);
  const { unique, fitting } = survey;
  const wide = `WITH wide AS (${wideSql(dataset, files, options, unique)})`;
  const found = rejectTests(columns, fitting);
  const shown = columns.map((checked) => {
    const name = identifier(checked.column.name);
    return `${shownSql(checked, name)} AS ${name}`;
  });
  const key = identifier(dataset.key.name);
  const select = `${wide} SELECT ${shown.join(', ')} FROM wide WHERE NOT ${found.bad} ORDER BY ${key}`;
  const missing = missingKeys(dataset, files, out);
  const few = `WITH missing AS (${missing}), wide AS (${wideSql(dataset, files, options, unique, 'missing')})`;
  const rejects = rejectsSql(columns, found, few, key);
  const format = `(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`;
  return {
    copy: `COPY (${select}) TO ${literal(out)} ${format}`,
    rejects,
    copyRejects: `COPY (${rejects}) TO ${literal(rejectsOut)} ${format}`,
    oddities: oddityQueries(dataset, files, options, columns, unique),
    shard: shardTypes(dataset, types),
  };
}

/** Keys of the driving source that the shard lacks: the rejects are found among them, without a second whole join. */
function missingKeys(dataset: Dataset, files: InputFiles, shard: string): string {
  const driving = drivingSource(dataset);
  const key = identifier(driving.key);
  const all = readFiles(files.get(driving.name) ?? []);
  const name = identifier(dataset.key.name);
  // One NULL among them would make NOT IN true of no key.
  const there = `SELECT ${name} FROM read_parquet(${literal(shard)}) WHERE ${name} IS NOT NULL`;
  return `SELECT ${key} FROM (${all}) WHERE ${key} NOT IN (${there})`;
}

/** What makes a row a reject: a condition a column, and all of them together. */
export interface RejectTests {
  readonly tests: readonly { readonly checked: CheckedColumn; readonly test: string }[];
  readonly bad: string;
}

/** The tests of all columns but those in `fitting`, of which it is known that every value fits. */
export function rejectTests(columns: readonly CheckedColumn[], fitting: ReadonlySet<string>): RejectTests {
  const tests = columns.flatMap((checked) => {
    if (fitting.has(checked.column.name)) return [];
    const test = rejectTest(checked, identifier(checked.column.name));
    return test === undefined ? [] : [{ checked, test }];
  });
  // A test of NULL is NULL, and means no.
  const bad = tests.length === 0 ? 'false' : `coalesce(${tests.map(({ test }) => test).join('\n OR ')}, false)`;
  return { tests, bad };
}

/** One line a misfit of the relation `wide`, whose CTE is given: key, column, value, reason, the whole row as JSON. */
export function rejectsSql(
  columns: readonly CheckedColumn[],
  { tests, bad }: RejectTests,
  wide: string,
  key: string,
): string {
  const lines = tests.map(({ checked, test }) => {
    const { name, type } = checked.column;
    const value = textSql(checked, identifier(name));
    return `CASE WHEN ${test} THEN {'column': ${literal(name)}, 'value': ${value}, 'reason': ${literal(`does not fit ${type}`)}} END`;
  });
  const row = columns.map((checked) => {
    const { name } = checked.column;
    return `${literal(name)}: ${jsonSql(checked, identifier(name))}`;
  });
  return `${wide} SELECT ${key} AS "key", bad."column", bad."value", bad.reason, "row" FROM (
      SELECT ${key}, to_json({${row.join(', ')}}) AS "row", unnest(list_filter([${lines.join(',\n') || 'NULL'}], lambda one: one IS NOT NULL)) AS bad
      FROM wide WHERE ${bad}) ORDER BY 1, 2`;
}

/** Target.md, rule 11: what follows from the sources, then what the dataset declares. */
function oddityQueries(
  dataset: Dataset,
  files: InputFiles,
  options: OptionValues,
  columns: readonly CheckedColumn[],
  unique: ReadonlySet<string>,
): Map<string, string> {
  const sources = withSources(dataset, files, unique);
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
      if (source.reduce.rows !== 'sql' && !unique.has(source.name)) {
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
  for (const checked of columns) {
    const { column } = checked;
    const value = valueSql(column, options);
    const test = policyTest(checked, `(${value})`);
    if (test === undefined) continue;
    const from = fromJoined(dataset, (source) => readsSource(value, source));
    queries.set(
      `${column.misfit === 'clamp' ? 'clamped' : 'out_of_range'}:${column.name}`,
      `${sources} SELECT count(*), min(${drivingName}.${identifier(driving.key)}) ${from} WHERE ${test}`,
    );
  }
  for (const { name, sql } of dataset.oddities) queries.set(name, `${sources} ${overRaw(dataset, sql)}`);
  return queries;
}
