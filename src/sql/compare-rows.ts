import type { ReadForm } from '../core/read-form.js';
import { identifier, literal } from './relations.js';
import { parseValueType, type ValueType } from './value-types.js';

/** A column as it is compared: its name and type in the shard, and the form in which the target's values came. */
export interface ComparedColumn {
  readonly name: string;
  /** In the engine's words. */
  readonly type: string;
  readonly form: ReadForm;
}

/** What is compared: rows of the shard against rows of the target by key. */
export interface Comparison {
  /** The shard's file; undefined where the range has no rows. */
  readonly shard: string | undefined;
  readonly key: string;
  /** What came from the target: `k`, and `c0`, `c1`, … in the order of the columns. */
  readonly found: string;
  /** One row with what stands for NULL, under the same names. */
  readonly unknown: string;
  /** First and last key of the shard, both included: the target's file may hold the rows of several. */
  readonly first: bigint;
  readonly last: bigint;
}

const power = (digits: number): string => String(10n ** BigInt(Math.abs(digits)));

/** A decimal's text without zeros that say nothing: `-0012.500` is -12.5, `-0` and `.0` are 0. */
function plainDigits(text: string): string {
  const body = `ltrim(${text}, '-+')`;
  const whole = `ltrim(split_part(${body}, '.', 1), '0')`;
  const rest = `rtrim(split_part(${body}, '.', 2), '0')`;
  const shown = `(CASE ${whole} WHEN '' THEN '0' ELSE ${whole} END || CASE ${rest} WHEN '' THEN '' ELSE '.' || ${rest} END)`;
  return `(CASE WHEN starts_with(${text}, '-') AND ${shown} <> '0' THEN '-' ELSE '' END || ${shown})`;
}

/** Pairs of hex digits, without those at the end that are NUL. */
const withoutNuls = (hex: string): string => `regexp_replace(${hex}, '(00)+$', '')`;

/** The shard's value in the form; NULL stays NULL. */
function expectedSql(value: string, type: ValueType, form: ReadForm): string {
  switch (form.form) {
    case 'number':
      return type.family === 'bool' ? `CAST(${value} AS UTINYINT)` : value;
    case 'bits':
      return `CAST(${value} AS DOUBLE)::BIT::UBIGINT`;
    case 'digits':
      return plainDigits(`CAST(${type.family === 'bool' ? `CAST(${value} AS UTINYINT)` : value} AS VARCHAR)`);
    case 'clock':
      return clockUnits(value, type, form.digits);
    case 'bytes':
      return type.family === 'text' ? `encode(${value})` : value;
    case 'padded':
      return withoutNuls(`hex(${type.family === 'text' ? `encode(${value})` : value})`);
    case 'list': {
      const element = type.family === 'list' ? type.element : type;
      return `list_transform(${value}, lambda e: ${expectedSql('e', element, form.element)})`;
    }
  }
}

function clockUnits(value: string, { family }: ValueType, digits: number): string {
  if (family === 'date') return `date_diff('day', DATE '1970-01-01', ${value})::HUGEINT * 86400 * ${power(digits)}`;
  const micros = `epoch_us(${value})::HUGEINT`;
  // A shard has no more digits than its declared type: nothing is lost.
  return digits >= 6 ? `${micros} * ${power(digits - 6)}` : `${micros} // ${power(6 - digits)}`;
}

/** The target's value as it came, in the form. */
function foundSql(value: string, form: ReadForm): string {
  switch (form.form) {
    case 'digits':
      return plainDigits(`decode(${value})`);
    case 'clock':
      return `${value}::HUGEINT`;
    case 'padded':
      return withoutNuls(`decode(${value})`);
    case 'list':
      return `list_transform(${value}, lambda e: ${foundSql('e', form.element)})`;
    default:
      return value;
  }
}

/** Bytes as text where they are UTF-8, else as hex digits. */
const readable = (bytes: string): string => `coalesce(TRY(decode(${bytes})), '\\x' || hex(${bytes}))`;

/** A value in its form as people read it. */
function shownSql(value: string, type: ValueType, form: ReadForm): string {
  switch (form.form) {
    case 'number': {
      const text = `CAST(${value} AS VARCHAR)`;
      return type.family === 'bool' ? `CASE ${value} WHEN 0 THEN 'false' WHEN 1 THEN 'true' ELSE ${text} END` : text;
    }
    case 'bits': {
      const double = `CAST(CAST(${value} AS BIT) AS DOUBLE)`;
      if (type.family !== 'float') return `CAST(${double} AS VARCHAR)`;
      const float = `TRY_CAST(${double} AS FLOAT)`;
      return `CASE WHEN ${float}::DOUBLE = ${double} THEN CAST(${float} AS VARCHAR) ELSE CAST(${double} AS VARCHAR) END`;
    }
    case 'clock': {
      const micros = form.digits > 6 ? `${value} // ${power(form.digits - 6)}` : `${value} * ${power(6 - form.digits)}`;
      const text = `CAST(make_timestamp((${micros})::BIGINT) AS VARCHAR)`;
      return type.family === 'date' ? `regexp_replace(${text}, ' 00:00:00$', '')` : text;
    }
    case 'bytes':
      return readable(value);
    case 'padded':
      return readable(`unhex(${value})`);
    case 'list': {
      const element = type.family === 'list' ? type.element : type;
      return `CAST(list_transform(${value}, lambda e: ${shownSql('e', element, form.element)}) AS VARCHAR)`;
    }
    default:
      return value;
  }
}

/** The shard's rows as `e` (k, e0, …), the target's as `f` (k, f0, …), the unknown-values as `u` (u0, …). */
function relations(of: Comparison, columns: readonly Numbered[]): string {
  const expected = columns.map(({ name, type, form, index }) => {
    return `${expectedSql(`shard.${identifier(name)}`, parseValueType(type), form)} AS e${index}`;
  });
  const nothing = columns.map(({ index }) => `c${index} AS e${index}`);
  const shard =
    of.shard === undefined
      ? `SELECT ${['k', ...nothing].join(', ')} FROM read_parquet(${literal(of.found)}) WHERE false`
      : `SELECT ${[`CAST(shard.${identifier(of.key)} AS UBIGINT) AS k`, ...expected].join(', ')} FROM read_parquet(${literal(of.shard)}) AS shard`;
  const from = (prefix: string): string[] =>
    columns.map(({ form, index }) => `${foundSql(`c${index}`, form)} AS ${prefix}${index}`);
  const within = `WHERE k BETWEEN ${of.first} AND ${of.last}`;
  return `WITH e AS (${shard}),
    f AS (SELECT ${['k', ...from('f')].join(', ')} FROM read_parquet(${literal(of.found)}) ${within}),
    u AS (SELECT ${['1 AS one', ...from('u')].join(', ')} FROM read_parquet(${literal(of.unknown)}))`;
}

type Numbered = ComparedColumn & { readonly index: number };

const numbered = (columns: readonly ComparedColumn[], from: number): Numbered[] =>
  columns.map((column, at) => ({ ...column, index: from + at }));

/** One row: for each of the columns, which begin at number `from`, how many rows hold another value at the target. */
export function countDifferencesSql(of: Comparison, columns: readonly ComparedColumn[], from: number): string {
  const counts = numbered(columns, from).map(
    ({ index }) => `count(*) FILTER (WHERE coalesce(e${index}, u${index}) IS DISTINCT FROM f${index})`,
  );
  return `${relations(of, numbered(columns, from))} SELECT ${counts.join(', ')} FROM e JOIN f USING (k) CROSS JOIN u`;
}

/** Rows of key, expected and found text (null for NULL) where a column's values differ, the least keys first. */
export function differencesSql(of: Comparison, column: ComparedColumn, index: number, most: number): string {
  const type = parseValueType(column.type);
  const texts = ['expected', 'found'].map((value) => shownSql(value, type, column.form));
  // Digits that are not shown: the forms themselves, then.
  const shown = ['expected', 'found'].map((value, side) => {
    return `CASE WHEN (${texts[0]}) = (${texts[1]}) THEN CAST(${value} AS VARCHAR) ELSE ${texts[side]} END`;
  });
  return `${relations(of, [{ ...column, index }])}
    SELECT CAST(k AS VARCHAR), ${shown.join(', ')}
    FROM (SELECT k, coalesce(e${index}, u${index}) AS expected, f${index} AS found FROM e JOIN f USING (k) CROSS JOIN u)
    WHERE expected IS DISTINCT FROM found ORDER BY k LIMIT ${most}`;
}

/** Keys that the target lacks, that it holds without the shard, and that it holds more than once. */
export const rowFaults = ['missing', 'extra', 'double'] as const;
export type RowFault = (typeof rowFaults)[number];

/** Rows of key and how many there are in all; the least keys first. */
export function rowFaultSql(of: Comparison, fault: RowFault, most: number): string {
  const keys = {
    missing: 'SELECT k FROM e ANTI JOIN f USING (k)',
    extra: 'SELECT k FROM f ANTI JOIN e USING (k)',
    double: 'SELECT k FROM f GROUP BY k HAVING count(*) > 1',
  } as const;
  return `${relations(of, [])} SELECT CAST(k AS VARCHAR), count(*) OVER () FROM (${keys[fault]}) ORDER BY k LIMIT ${most}`;
}
