import { type ColumnType, isUtc } from '../core/column-type.js';
import type { Carried } from './carried.js';
import { daySql } from './insert-values.js';

/** The day as a reader of the column sees it. */
export const dayOf = (value: string): string => `toDate32(${value})`;

/** True where a stored moment is not the one at which its day goes in; undefined where the type holds days alone. */
export function offDay(value: string, live: ColumnType): string | undefined {
  if (live.base === 'datetime' && isUtc(live.zone)) return `toUInt32(${value}) % 86400 != 0`;
  if (live.base !== 'datetime' && live.base !== 'datetime64') return undefined;
  return `${value} != ${daySql(dayOf(value), live)}`;
}

/** Without the NUL bytes that fill a FixedString. */
export const unpadded = (value: string): string => `replaceRegexpOne(toString(${value}), '\\\\x00+$', '')`;

/** A value is written as the joining engine writes it, so that texts can be compared. */
interface Written {
  readonly carried: Carried;
  readonly live: ColumnType;
}

/** The engine writes no 0 before the point where a decimal has no digit there. */
function decimalText(value: string, live: ColumnType & { base: 'decimal' }, precision: number, scale: number): string {
  const digits = `toDecimalString(${value}, ${scale})`;
  const text = precision === scale ? `replaceRegexpOne(${digits}, '^(-?)0[.]', '\\\\1.')` : digits;
  if (live.scale === scale) return text;
  return `if(${hasMoreDigits(value, scale)}, toString(${value}), ${text})`;
}

/** True where a decimal has more digits behind the point than so many. */
export const hasMoreDigits = (value: string, scale: number): string =>
  `length(splitByChar('.', toString(${value}))[2]) > ${scale}`;

function momentText(value: string, live: ColumnType, zone: string): string {
  // Six digits are written, and a fraction's zeros at its end are not.
  const text = `concat(replaceRegexpOne(toString(toDateTime64(${value}, 6, 'UTC')), '[.]?0+$', ''), '${zone}')`;
  if (live.base !== 'datetime64' || live.precision <= 6) return text;
  const hasMore = `reinterpretAsInt64(${value}) % ${10 ** (live.precision - 6)} != 0`;
  return `if(${hasMore}, toString(${value}), ${text})`;
}

function dayText(value: string, live: ColumnType): string {
  const [text, off] = [`toString(${dayOf(value)})`, offDay(value, live)];
  return off === undefined ? text : `if(${off}, toString(${value}), ${text})`;
}

/**
 * A value's text as the joining engine writes it; undefined where the two write it differently (floating point), or where
 * it does not tell the value (bytes, and texts in a list: they may hold its commas, or nothing). `value` is an expression that is never NULL.
 */
function textOf(value: string, { live, carried }: Written): string | undefined {
  switch (carried.family) {
    case 'bool':
      return `multiIf(${value} = 0, 'false', ${value} = 1, 'true', toString(${value}))`;
    case 'int':
      return `toString(${value})`;
    case 'decimal':
      if (live.base !== 'decimal') return undefined;
      return decimalText(value, live, carried.precision, carried.scale);
    case 'date':
      return dayText(value, live);
    case 'clock':
      return momentText(value, live, '');
    case 'instant':
      return momentText(value, live, '+00');
    default:
      return undefined;
  }
}

/**
 * The text that a list's word is made of: its elements' texts joined by commas. Undefined where it would not tell one list
 * from another: ['a,b'] from ['a', 'b'], [''] from [], and [1, NULL], whose NULL is left out, from [1].
 */
export function listText(value: string, live: ColumnType & { base: 'array' }, carried: Carried): string | undefined {
  const text = live.nullableElements ? undefined : textOf('x', { live: live.element, carried });
  return text === undefined ? undefined : `arrayStringConcat(arrayMap(x -> ${text}, ${value}), ',')`;
}

/** How least and greatest value of a column are found and written. */
export interface Extremes {
  /** What is compared, over the stored value. */
  readonly order: string;
  /** The text of the least or greatest, as the manifest has it. */
  readonly text: (extreme: string) => string;
  /** How two such texts are compared: decimals and floats by their number, padded ones without NULs at their end. */
  readonly as: 'text' | 'decimal' | 'float' | 'padded';
}

/** Undefined where least and greatest mean something else at both sides: lists, and numbers that travel as text. */
export function extremesOf(value: string, live: ColumnType, carried: Carried): Extremes | undefined {
  const isPadded = live.base === 'fixedstring';
  switch (carried.family) {
    case 'list':
    case 'digits':
    case 'other':
      return undefined;
    case 'float':
    case 'double':
      return { order: value, text: (extreme) => `toString(toFloat64(${extreme}))`, as: 'float' };
    case 'decimal':
      return { order: value, text: (extreme) => `toString(${extreme})`, as: 'decimal' };
    case 'bytes':
      return { order: value, text: (extreme) => `hex(${extreme})`, as: isPadded ? 'padded' : 'text' };
    case 'text':
      if (isPadded) return { order: value, text: (extreme) => `toString(${extreme})`, as: 'padded' };
      // Labels are ordered by their numbers there, and UUIDs by halves.
      return { order: `toString(${value})`, text: (extreme) => extreme, as: 'text' };
    default:
      return { order: value, text: (extreme) => textOf(extreme, { live, carried }) ?? extreme, as: 'text' };
  }
}
