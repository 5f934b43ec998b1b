import type { ColumnType } from '../core/column-type.js';
import type { Carried } from './carried.js';
import { dayOf, hasMoreDigits, listText, offDay, unpadded } from './value-texts.js';

/** A stored value as the number that the certificate of a shard is made of (docs/format.md, Column facts). */
export interface Word {
  /** An unsigned number of 64 bits, or of 32 where it is not `wide`. */
  readonly sql: string;
  readonly wide: boolean;
  /**
   * True for a value that no load puts there: beyond what the shard's type holds, or with digits that it does not have.
   * The word alone would not tell it from one that is right.
   */
  readonly stray?: string;
}

export const low32 = '4294967295';

const narrow = (sql: string, stray?: string): Word => ({ sql, wide: false, ...(stray ? { stray } : {}) });
const wide = (sql: string, stray?: string): Word => ({ sql, wide: true, ...(stray ? { stray } : {}) });

/** The empty text is 0; the rest is bytes 9 to 16 of MD5. */
const textWord = (text: string): Word =>
  wide(`if(empty(${text}), 0, reinterpretAsUInt64(substring(MD5(${text}), 9, 8)))`);

const powerOfTen = (digits: number): string => `toInt256('1${'0'.repeat(digits)}')`;
const either = (...tests: readonly (string | false)[]): string => tests.filter((test) => test).join(' OR ');

/** Least and greatest integer of so many bits. */
function bounds({ bits, unsigned }: { bits: number; unsigned: boolean }): [bigint, bigint] {
  const all = 1n << BigInt(bits);
  return unsigned ? [0n, all - 1n] : [-all / 2n, all / 2n - 1n];
}

/** The tests that a stored integer must not pass to be one of the shard's. */
function beyond(value: string, live: ColumnType & { base: 'int' }, [least, greatest]: [bigint, bigint]): string {
  const [liveLeast, liveGreatest] = bounds(live);
  return either(liveLeast < least && `${value} < ${least}`, liveGreatest > greatest && `${value} > ${greatest}`);
}

function intWord(value: string, live: ColumnType & { base: 'int' }, carried: Carried & { family: 'int' }): Word {
  const stray = beyond(value, live, bounds(carried));
  const word = carried.unsigned ? `toUInt64(${value})` : `toUInt64(toInt64(${value}))`;
  if (carried.bits > 32) return wide(word, stray);
  return narrow(carried.unsigned && live.bits <= 32 ? word : `bitAnd(${word}, ${low32})`, stray);
}

function decimalWord(
  value: string,
  live: ColumnType & { base: 'decimal' },
  { precision, scale }: Carried & { family: 'decimal' },
): Word {
  if (live.precision === precision && live.scale === scale) {
    if (precision <= 9) return narrow(`toUInt64(reinterpretAsUInt32(${value}))`);
    return wide(`reinterpretAsUInt64(${value})`);
  }
  // The number without its point, at the live scale first.
  const raw = `reinterpretAsInt256(CAST(${value} AS Decimal(76, ${live.scale})))`;
  const more = powerOfTen(live.scale - scale);
  const number = live.scale === scale ? raw : `intDiv(${raw}, ${more})`;
  const most = powerOfTen(precision);
  const hasMore = live.scale !== scale && `${raw} % ${more} != 0`;
  const stray = either(hasMore, `${number} >= ${most}`, `${number} <= -${most}`);
  return precision <= 9 ? narrow(`bitAnd(toUInt64(${number}), ${low32})`, stray) : wide(`toUInt64(${number})`, stray);
}

function floatWord(value: string, live: ColumnType, family: 'float' | 'double'): Word | undefined {
  if (family === 'double') return live.base === 'float64' ? wide(`reinterpretAsUInt64(${value})`) : undefined;
  if (live.base === 'float32') return narrow(`toUInt64(reinterpretAsUInt32(${value}))`);
  if (live.base !== 'float64') return undefined;
  const short = `toFloat32(${value})`;
  const stray = `reinterpretAsUInt64(toFloat64(${short})) != reinterpretAsUInt64(${value})`;
  return narrow(`toUInt64(reinterpretAsUInt32(${short}))`, stray);
}

/** Microseconds since 1970, UTC, in two's complement. */
function momentWord(value: string, live: ColumnType): Word | undefined {
  if (live.base === 'datetime') return wide(`toUInt64(toUInt32(${value})) * 1000000`);
  if (live.base !== 'datetime64') return undefined;
  const raw = `reinterpretAsInt64(${value})`;
  const unit = 10 ** Math.abs(6 - live.precision);
  if (live.precision <= 6) return wide(`toUInt64(${raw} * ${unit})`);
  return wide(`toUInt64(intDiv(${raw}, ${unit}))`, `${raw} % ${unit} != 0`);
}

/** Words of a text: of a FixedString two, since nobody can tell a value that ends in NUL from a shorter one. */
function textWords(value: string, live: ColumnType, bytes: boolean): Word[] {
  switch (live.base) {
    case 'string':
      return [textWord(value)];
    case 'fixedstring':
      return [textWord(unpadded(value)), textWord(`toString(${value})`)];
    case 'enum':
    case 'uuid':
      return bytes ? [] : [textWord(`toString(${value})`)];
    default:
      return [];
  }
}

/**
 * The words under which a value may stand in the certificate, the likeliest first; none where a stored value of this
 * type cannot be compared with what the shard carries. `value` is an expression that is never NULL.
 */
export function wordsOf(value: string, live: ColumnType, carried: Carried): Word[] {
  const some = (word: Word | undefined): Word[] => (word === undefined ? [] : [word]);
  switch (carried.family) {
    case 'bool':
      if (live.base === 'bool') return [narrow(`toUInt64(${value})`)];
      return live.base === 'int' ? [narrow(`bitAnd(toUInt64(${value}), 1)`, beyond(value, live, [0n, 1n]))] : [];
    case 'int':
      return live.base === 'int' ? [intWord(value, live, carried)] : [];
    case 'float':
    case 'double':
      return some(floatWord(value, live, carried.family));
    case 'decimal':
      return live.base === 'decimal' && live.scale >= carried.scale ? [decimalWord(value, live, carried)] : [];
    case 'date':
      if (!['date', 'date32', 'datetime', 'datetime64'].includes(live.base)) return [];
      return [narrow(`bitAnd(toUInt64(toInt64(toInt32(${dayOf(value)}))), ${low32})`, offDay(value, live))];
    case 'clock':
    case 'instant':
      return some(momentWord(value, live));
    case 'text':
    case 'bytes':
      return textWords(value, live, carried.family === 'bytes');
    case 'digits': {
      if (live.base !== 'decimal') return [];
      const stray = live.scale > carried.scale ? hasMoreDigits(value, carried.scale) : undefined;
      return [wide(textWord(`toDecimalString(${value}, ${carried.scale})`).sql, stray)];
    }
    case 'list': {
      const text = live.base === 'array' ? listText(value, live, carried.element) : undefined;
      return text === undefined ? [] : [textWord(text)];
    }
    default:
      return [];
  }
}
