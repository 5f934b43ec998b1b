import type { ColumnType } from '../core/column-type.js';
import type { Conversion } from './conversions.js';
import { intBounds, type ValueType } from './value-types.js';

/** The value's text: exact for integers, decimals and times. */
const asText = (value: string): string => `CAST(${value} AS VARCHAR)`;

/** The engine writes no 0 before the point where a decimal has no digit there: .5, which the source writes as 0.5. */
const withZero = (value: string): string => `regexp_replace(${asText(value)}, '^(-?)\\.', '\\10.')`;

/** How a value of that type is written as text. */
export function textOf(value: ValueType): (value: string) => string {
  return value.family === 'decimal' && value.precision === value.scale ? withZero : asText;
}

const digitsOf = (integer: bigint): number => (integer < 0n ? -integer : integer).toString().length;

/** True where the value is not what comes back from the type: a rounding, or nothing at all. */
const changes = (type: string) => (value: string) => `${value} IS DISTINCT FROM TRY_CAST(${value} AS ${type})`;

/** Integers of 8 to 64 bits: the bounds that the value's own type can pass are compared, nothing else. */
export function intConversion(value: ValueType, column: ColumnType & { base: 'int' }): Conversion | undefined {
  const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[column.bits];
  if (name === undefined) return undefined;
  const shard = column.unsigned ? `U${name}` : name;
  const cast = (v: string): string => `TRY_CAST(${v} AS ${shard})`;
  const { least, greatest } = intBounds(BigInt(column.bits), column.unsigned);
  const bounds = {
    below: (v: string) => `${v} < ${least}`,
    above: (v: string) => `${v} > ${greatest}`,
  };
  const ends = { least: String(least), greatest: String(greatest) };
  if (value.family === 'bool') return { shard, cast };
  if (value.family === 'int') {
    return {
      ...{ shard, cast, ...ends },
      ...(value.least < least ? { below: bounds.below } : {}),
      ...(value.greatest > greatest ? { above: bounds.above } : {}),
    };
  }
  if (value.family === 'decimal') {
    // A bound with more digits than the value's type has is never passed, and could not be compared with it.
    const digits = value.precision - value.scale;
    return {
      ...{ shard, cast, ...ends },
      ...(digits >= digitsOf(least) || column.unsigned ? { below: bounds.below } : {}),
      ...(digits >= digitsOf(greatest) ? { above: bounds.above } : {}),
      ...(value.scale === 0 ? {} : { inexact: (v: string) => `${v} % 1 <> 0` }),
    };
  }
  if (value.family === 'float' || value.family === 'double') return { shard, cast, inexact: changes(shard) };
  return undefined;
}

/** Floating point: from itself bit for bit; from anything else where the way back gives the same value. */
export function floatConversion(value: ValueType, shard: 'FLOAT' | 'DOUBLE'): Conversion | undefined {
  const cast = (v: string): string => `TRY_CAST(${v} AS ${shard})`;
  if (value.family === 'float' || (value.family === 'double' && shard === 'DOUBLE')) return { shard, cast };
  if (value.family === 'double') return { shard, cast, inexact: changes(shard) };
  if (value.family !== 'int') return undefined;
  // The engine compares an integer with a double as doubles: only the way back to an integer shows the rounding.
  const inexact = (v: string): string => `${v} IS DISTINCT FROM TRY_CAST(${cast(v)} AS HUGEINT)`;
  return { shard, cast, inexact };
}

/** Digits that the engine's own decimals hold; wider columns travel as text. */
const engineDigits = 38;

/** Decimals: never by way of a double. */
export function decimalConversion(value: ValueType, column: ColumnType & { base: 'decimal' }): Conversion | undefined {
  const { precision, scale } = column;
  if (precision > engineDigits) return wideDecimal(value, precision - scale, scale);
  const shard = `DECIMAL(${precision},${scale})`;
  const cast = (v: string): string => `TRY_CAST(${v} AS ${shard})`;
  const source = valueDigits(value);
  if (source === undefined) return undefined;
  const ends = decimalEnds(precision, scale);
  const overflows = (sign: string) => (v: string) => `${v} ${sign} 0 AND ${cast(v)} IS NULL`;
  return {
    ...{ shard, cast, ...ends },
    ...(source.digits > precision - scale ? { below: overflows('<'), above: overflows('>') } : {}),
    ...(source.scale > scale
      ? { inexact: (v: string) => `TRY_CAST(${cast(v)} AS ${source.type}) IS DISTINCT FROM ${v}` }
      : {}),
  };
}

/** Digits before and behind the point that a value may have. */
function valueDigits(value: ValueType): { digits: number; scale: number; type: string } | undefined {
  if (value.family === 'int') return { digits: digitsOf(value.greatest), scale: 0, type: '' };
  if (value.family !== 'decimal') return undefined;
  const { precision, scale } = value;
  return { digits: precision - scale, scale, type: `DECIMAL(${precision},${scale})` };
}

function decimalEnds(precision: number, scale: number): { least: string; greatest: string } {
  const digits = '9'.repeat(precision);
  const point = precision - scale;
  const greatest = `${digits.slice(0, point) || '0'}${scale > 0 ? `.${digits.slice(point)}` : ''}`;
  return { least: `-${greatest}`, greatest };
}

/** Decimal of 39 to 76 digits: checked and carried as text, since no engine on the way holds it as a number. */
function wideDecimal(value: ValueType, digits: number, scale: number): Conversion | undefined {
  const cast = value.family === 'text' ? (v: string): string => v : textOf(value);
  if (value.family !== 'text' && value.family !== 'int' && value.family !== 'decimal') return undefined;
  const pattern = `-?0*[0-9]{0,${digits}}(\\.[0-9]{0,${scale}}0*)?`;
  const inexact = (v: string): string =>
    `NOT (regexp_full_match(${cast(v)}, '${pattern}') AND regexp_matches(${cast(v)}, '[0-9]'))`;
  return { shard: 'VARCHAR', cast, inexact };
}
