import type { ColumnType } from '../core/column-type.js';
import type { KeyRange } from '../core/ranges.js';
import type { ReadForm } from '../core/read-form.js';
import type { Carried } from './carried.js';
import { type CertifiedColumn, emptyRowSql, storedSql } from './certified-columns.js';
import { quoteName, type Settings } from './client.js';
import { oddTypes, rowName, tableName } from './ddl.js';
import { daySql } from './insert-values.js';
import { finalSql, withinAnySql } from './key-ranges.js';
import type { LiveTable } from './live-table.js';
import { dayOf } from './value-texts.js';

/** The form of a stored value, and the expression that gives it. `value` is never NULL. */
export interface Formed {
  readonly form: ReadForm;
  readonly sql: string;
}

const clock = (sql: string, digits: number): Formed => ({ form: { form: 'clock', digits }, sql });

/** Units since 1970, UTC. */
function unitsOf(value: string, live: ColumnType): Formed | undefined {
  if (live.base === 'datetime') return clock(`toInt64(toUInt32(${value}))`, 0);
  return live.base === 'datetime64' ? clock(`reinterpretAsInt64(${value})`, live.precision) : undefined;
}

/** The day's own midnight is its first unit, wherever that lies; what is stored beside it stays to be seen. */
function dayUnits(value: string, live: ColumnType): Formed | undefined {
  const day = `toInt64(toInt32(${dayOf(value)})) * 86400`;
  if (live.base === 'date' || live.base === 'date32') return clock(day, 0);
  const [there, begin] = [unitsOf(value, live), unitsOf(daySql(dayOf(value), live), live)];
  if (there === undefined || begin === undefined || there.form.form !== 'clock') return undefined;
  const { digits } = there.form;
  return clock(`${day} * ${10 ** digits} + (${there.sql} - ${begin.sql})`, digits);
}

function textForm(value: string, live: ColumnType): Formed | undefined {
  switch (live.base) {
    case 'string':
    case 'enum':
    case 'uuid':
      return { form: { form: 'bytes' }, sql: `toString(${value})` };
    case 'fixedstring':
      return { form: { form: 'padded' }, sql: `hex(${value})` };
    default:
      return undefined;
  }
}

const digits = (value: string): Formed => ({ form: { form: 'digits' }, sql: `toString(${value})` });
const number = (sql: string): Formed => ({ form: { form: 'number' }, sql });

/** The form in which a stored value is compared with what the shard carries; undefined where there is none. */
export function formOf(value: string, live: ColumnType, carried: Carried): Formed | undefined {
  switch (carried.family) {
    case 'bool':
    case 'int':
      if (live.base === 'bool') return number(`toUInt8(${value})`);
      if (live.base !== 'int') return undefined;
      // No file has integers of more than 64 bits.
      return live.bits > 64 ? digits(value) : number(value);
    case 'float':
    case 'double':
      if (live.base !== 'float32' && live.base !== 'float64') return undefined;
      return { form: { form: 'bits' }, sql: `reinterpretAsUInt64(toFloat64(${value}))` };
    case 'decimal':
      if (live.base !== 'decimal') return undefined;
      return live.precision === carried.precision && live.scale === carried.scale ? number(value) : digits(value);
    case 'digits':
      return live.base === 'decimal' ? digits(value) : undefined;
    case 'date':
      return dayUnits(value, live);
    case 'clock':
    case 'instant':
      return unitsOf(value, live);
    case 'text':
    case 'bytes':
      return textForm(value, live);
    case 'list':
      return live.base === 'array' ? listForm(value, live, carried.element) : undefined;
    default:
      return undefined;
  }
}

function listForm(value: string, live: ColumnType & { base: 'array' }, carried: Carried): Formed | undefined {
  const element = formOf(live.nullableElements ? 'assumeNotNull(x)' : 'x', live.element, carried);
  if (element === undefined) return undefined;
  const sql = live.nullableElements ? `if(isNull(x), NULL, ${element.sql})` : element.sql;
  return { form: { form: 'list', element: element.form }, sql: `arrayMap(x -> ${sql}, ${value})` };
}

/** A column as it is read back; NULL stays NULL. */
function readSql(one: CertifiedColumn, name: string): string {
  const { sql = 'NULL' } = formOf(storedSql(one, name), one.live, one.carried) ?? {};
  return one.nullable ? `if(isNull(${name}), NULL, ${sql})` : sql;
}

/** Settings of the statements below. Text travels as bytes: what is at the target need not be UTF-8. */
export const readBackSettings: Settings = {
  ...oddTypes,
  date_time_overflow_behavior: 'ignore',
  prefer_column_name_to_alias: 0,
  cast_keep_nullable: 0,
  short_circuit_function_evaluation: 'enable',
  output_format_parquet_string_as_string: 0,
  output_format_parquet_fixed_string_as_fixed_byte_array: 0,
  output_format_parquet_compression_method: 'lz4',
  // What the server keeps of the answer before it sends it.
  output_format_parquet_row_group_size: 65_536,
};

/**
 * The rows of some ranges in the forms of their columns: the key as `k`, the columns as `c` and their number. In no
 * order: sorting a shard's rows would take the server's memory.
 */
export function readBackSql(
  live: LiveTable,
  key: string,
  ranges: readonly KeyRange[],
  columns: readonly CertifiedColumn[],
  final: boolean,
): string {
  const keyName = `${rowName}.${quoteName(key)}`;
  const values = columns.map(
    (one, index) => `${readSql(one, `${rowName}.${quoteName(one.column.name)}`)} AS c${index}`,
  );
  return `SELECT ${[`toUInt64(${keyName}) AS k`, ...values].join(',\n')}
    FROM ${tableName(live.database, live.table)} AS ${rowName}${final ? finalSql(live) : ''} WHERE ${withinAnySql(keyName, ranges)}`;
}

/** One row with what a load puts in for NULL, in the same forms and under the same names. */
export function unknownRowSql(columns: readonly CertifiedColumn[]): string {
  const { prefix, relation } = emptyRowSql(columns);
  const values = columns.map((one, index) => `${readSql(one, `${prefix}${index}`)} AS c${index}`);
  return `SELECT ${values.join(',\n')} FROM (${relation})`;
}
