import type { Dataset, Source } from '../dataset/declaration.js';
import { type CheckedColumn, checkedColumns, rejectTest } from './column-checks.js';
import { misfitTests } from './conversions.js';
import type { Engine } from './engine.js';
import { type InputFiles, identifier, type OptionValues, readFiles, readsSource, valueSql } from './relations.js';
import type { ValueTypes } from './value-types.js';

/** What a look at a shard's export files told, so that its join need not look at every row. */
export interface Survey {
  /** Sources that have one row a key in these files; those with SQL of their own (`{distinct}`): no two equal rows. */
  readonly unique: ReadonlySet<string>;
  /** Columns of which no value is beyond its declared type. */
  readonly fitting: ReadonlySet<string>;
}

/** Nothing is known: every row is looked at. */
export const noSurvey: Survey = { unique: new Set(), fitting: new Set() };

/** A query of one row: whether the source has one row a key, then for each column whether all its values fit. */
interface SurveyQuery {
  readonly source: string;
  readonly columns: readonly string[];
  readonly sql: string;
}

/**
 * One query a source: duplicates, and the least and the greatest value of every column that a comparison with both can
 * clear of rejects. That is looked up in a scan, where the join would look at every row of the widest relation there is.
 */
function surveyQueries(dataset: Dataset, files: InputFiles, options: OptionValues, types: ValueTypes): SurveyQuery[] {
  const columns = checkedColumns(dataset, types);
  return dataset.sources.flatMap((source) => {
    const paths = files.get(source.name) ?? [];
    if (paths.length === 0 || source.role === 'lookup') return [];
    if (source.reduce.rows === 'sql') {
      return source.reduce.sql.includes('{distinct}')
        ? [{ source: source.name, columns: [], sql: ascendingSql(source, paths) }]
        : [];
    }
    const cleared = columns.flatMap((checked) => {
      const test = extremesTest(dataset, source, checked, options);
      return test === undefined ? [] : [{ name: checked.column.name, test }];
    });
    const key = `${identifier(source.name)}.${identifier(source.key)}`;
    const select = [
      `count(${key}) = count(DISTINCT ${key})`,
      ...cleared.map(({ test }) => `NOT coalesce(${test}, false)`),
    ];
    // A driving row without one of this source sees NULL in all its columns, of which an expression may make anything.
    const absent = source.role === 'driving' ? '' : ` UNION ALL BY NAME SELECT NULL AS ${identifier(source.key)}`;
    const sql = `SELECT ${select.join(', ')} FROM (${readFiles(paths)}${absent}) AS ${identifier(source.name)}`;
    return [{ source: source.name, columns: cleared.map(({ name }) => name), sql }];
  });
}

/**
 * True where every row is greater than the one before it, column by column: then no two are equal, whatever order they
 * were read in. The first row has none before it, and is the one that may not be.
 */
function ascendingSql(source: Source, paths: readonly string[]): string {
  const names = Object.keys(source.columns).map(identifier);
  // Longer than the name of any column.
  const earlier = identifier(`${Object.keys(source.columns).join(' ')} before`);
  const greater = names.reduceRight(
    (rest, name) => `${name} > ${earlier}.${name} OR (${name} = ${earlier}.${name} AND (${rest}))`,
    'false',
  );
  const before = names.map((name) => `${name}: lag(${name}) OVER ()`).join(', ');
  const rows = `SELECT ${names.join(', ')}, {${before}} AS ${earlier} FROM (${readFiles(paths)})`;
  return `SELECT count(*) FILTER (WHERE NOT coalesce(${greater}, false)) <= 1 FROM (${rows})`;
}

/** SQL over a source's rows that is true where a value of the column may not fit; undefined where extremes do not tell. */
function extremesTest(
  dataset: Dataset,
  source: Source,
  checked: CheckedColumn,
  options: OptionValues,
): string | undefined {
  const { column, conversion } = checked;
  const value = valueSql(column, options);
  const others = dataset.sources.filter((other) => other !== source && readsSource(value, other));
  if (rejectTest(checked, value) === undefined || conversion.inexact !== undefined) return undefined;
  if (!readsSource(value, source) || others.length > 0) return undefined;
  const { below, above } = conversion;
  const tests = [...misfitTests({ below }, `min(${value})`), ...misfitTests({ above }, `max(${value})`)];
  return tests.join(' OR ');
}

/**
 * Looks at a shard's export files. An expression that cannot be worked out over all rows of its source (the join may never
 * meet the row that breaks it), or by itself, clears nothing.
 */
export async function surveyFiles(
  engine: Pick<Engine, 'rows'>,
  dataset: Dataset,
  files: InputFiles,
  options: OptionValues,
  types: ValueTypes,
): Promise<Survey> {
  const unique = new Set<string>();
  const fitting = new Set<string>();
  for (const { source, columns, sql } of surveyQueries(dataset, files, options, types)) {
    const [[isUnique, ...fits] = []] = await engine.rows(sql).catch((): unknown[][] => []);
    if (isUnique === true) unique.add(source);
    for (const [place, name] of columns.entries()) if (fits[place] === true) fitting.add(name);
  }
  return { unique, fitting };
}
