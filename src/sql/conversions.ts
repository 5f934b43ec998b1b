import { type ColumnType, isUtc } from '../core/column-type.js';
import { dayConversion, momentConversion } from './day-conversions.js';
import { decimalConversion, floatConversion, intConversion, textOf } from './number-conversions.js';
import { literal } from './relations.js';
import type { ValueType } from './value-types.js';

/**
 * How a value of the joined sources becomes one of the declared type, exactly or not at all. Every test is SQL over the
 * value, may be NULL (which means no), and is there only where the value's type makes it necessary.
 */
export interface Conversion {
  /** The column's type in the shard. */
  readonly shard: string;
  readonly cast: (value: string) => string;
  /** True where the value lies beyond the least or the greatest that the type holds. */
  readonly below?: (value: string) => string;
  readonly above?: (value: string) => string;
  /** Those two as literals, for `clamp`; without them a value cannot be clamped. */
  readonly least?: string;
  readonly greatest?: string;
  /** True where the value is in the type's range, or has none, and still cannot be held unchanged. */
  readonly inexact?: (value: string) => string;
}

/**
 * The second half of the conversion table (docs/conversions.md): what each value may become. Undefined where there is no
 * exact way; the dataset's own SQL can name one.
 */
export function conversionOf(value: ValueType, column: ColumnType): Conversion | undefined {
  switch (column.base) {
    case 'int':
      return intConversion(value, column);
    case 'bool':
      return boolConversion(value);
    case 'float32':
    case 'float64':
      return floatConversion(value, column.base === 'float32' ? 'FLOAT' : 'DOUBLE');
    case 'decimal':
      return decimalConversion(value, column);
    case 'string':
      return stringConversion(value);
    case 'fixedstring':
      return fixedConversion(value, column.bytes);
    case 'enum':
      return enumConversion(value, column.labels);
    case 'uuid':
      return uuidConversion(value);
    case 'date':
    case 'date32':
      return dayConversion(value, column.base);
    case 'datetime':
    case 'datetime64':
      // A wall clock without a zone has exactly one instant in UTC only: elsewhere an hour is missing or comes twice.
      if (value.family === 'datetime' && !isUtc(column.zone)) return undefined;
      if (value.family === 'date') return dayConversion(value, column.base, digitsOf(column));
      return momentConversion(value, digitsOf(column));
    case 'array':
      return arrayConversion(value, column);
    case 'other':
      return undefined;
  }
}

/** Digits of a second in a DateTime64. */
const digitsOf = (column: ColumnType): number | undefined =>
  column.base === 'datetime64' ? column.precision : undefined;

function boolConversion(value: ValueType): Conversion | undefined {
  const cast = (v: string): string => `TRY_CAST(${v} AS BOOLEAN)`;
  if (value.family === 'bool') return { shard: 'BOOLEAN', cast };
  if (value.family !== 'int') return undefined;
  return { shard: 'BOOLEAN', cast, below: (v) => `${v} < 0`, above: (v) => `${v} > 1`, least: '0', greatest: '1' };
}

const writable = new Set<ValueType['family']>(['int', 'decimal', 'date', 'datetime', 'timestamp']);

function stringConversion(value: ValueType): Conversion | undefined {
  if (value.family === 'text') return { shard: 'VARCHAR', cast: (v) => v };
  if (value.family === 'bytes') return { shard: 'BLOB', cast: (v) => v };
  return writable.has(value.family) ? { shard: 'VARCHAR', cast: textOf(value) } : undefined;
}

/** The type pads with NUL: a shorter value that ends in one would not come back as it was. */
function fixedConversion(value: ValueType, bytes: number): Conversion | undefined {
  if (value.family === 'text') {
    const inexact = (v: string): string =>
      `strlen(${v}) > ${bytes} OR (strlen(${v}) < ${bytes} AND suffix(${v}, chr(0)))`;
    return { shard: 'VARCHAR', cast: (v) => v, inexact };
  }
  if (value.family !== 'bytes') return undefined;
  const inexact = (v: string): string =>
    `octet_length(${v}) > ${bytes} OR (octet_length(${v}) < ${bytes} AND suffix(hex(${v}), '00'))`;
  return { shard: 'BLOB', cast: (v) => v, inexact };
}

function enumConversion(value: ValueType, labels: readonly string[]): Conversion | undefined {
  if (value.family !== 'text') return undefined;
  const inexact = (v: string): string => `${v} NOT IN (${labels.map(literal).join(', ')})`;
  return { shard: 'VARCHAR', cast: (v) => v, inexact };
}

const uuidPattern = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

function uuidConversion(value: ValueType): Conversion | undefined {
  if (value.family !== 'text') return undefined;
  const inexact = (v: string): string => `NOT regexp_full_match(lower(${v}), '${uuidPattern}')`;
  return { shard: 'VARCHAR', cast: (v) => `lower(${v})`, inexact };
}

/**
 * The engine's cast of a list makes NULL of each element that does not fit, so two counts tell; elements that have a
 * test of their own are looked at one by one.
 */
function arrayConversion(value: ValueType, column: ColumnType & { base: 'array' }): Conversion | undefined {
  if (value.family !== 'list' || column.element.base === 'array') return undefined;
  const element = conversionOf(value.element, column.element);
  if (element === undefined) return undefined;
  const shard = `${element.shard}[]`;
  const cast = (v: string): string => `TRY_CAST(${v} AS ${shard})`;
  const { below, above, inexact: inexactElement } = element;
  const isMisfit = (x: string): string => misfitTests({ below, above, inexact: inexactElement }, x).join(' OR ');
  const tests = [
    ...(inexactElement === undefined && below === undefined && above === undefined
      ? []
      : inexactElement === undefined
        ? [(v: string) => `list_count(${cast(v)}) < list_count(${v})`]
        : [(v: string) => `len(list_filter(${v}, lambda one: ${isMisfit('one')})) > 0`]),
    ...(column.nullableElements ? [] : [(v: string) => `list_count(${v}) < len(${v})`]),
  ];
  const castElements = inexactElement === undefined ? cast : castBy(element);
  return {
    shard,
    cast: castElements,
    ...(tests.length === 0 ? {} : { inexact: (v: string) => tests.map((test) => test(v)).join(' OR ') }),
  };
}

const castBy = (element: Conversion) => (v: string) =>
  `CAST(list_transform(${v}, lambda one: ${element.cast('one')}) AS ${element.shard}[])`;

type Tests = { readonly [K in 'below' | 'above' | 'inexact']?: ((value: string) => string) | undefined };

/** The tests that a value must not pass to be held unchanged. */
export function misfitTests({ below, above, inexact }: Tests, value: string): string[] {
  return [below, above, inexact].flatMap((test) => (test === undefined ? [] : [`(${test(value)})`]));
}
