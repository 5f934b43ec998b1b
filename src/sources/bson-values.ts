import type { Cell } from '../core/cells.js';
import { type Kind, parseKind, typeName } from '../core/kinds.js';
import { type BsonValue, bsonTypes } from './bson-elements.js';
import { binaryBytes, canonicalJson, decimalDigits, objectIdText, textBytes } from './bson-json.js';
import { plainDecimal, readDecimal } from './decimal128.js';

/**
 * Gives the cell of one value that is neither null nor undefined. Undefined where the value is of another BSON type than
 * declared; throws an Error where the type is right and the column cannot hold the value.
 */
export type BsonReader = (value: BsonValue) => Cell | undefined;

/** Types that are MongoDB's strings; the others that travel as text have a form of their own in MySQL only. */
const stringTypes = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext']);
/** Types of MySQL that are carried in a kind which MongoDB has too, and mean something else. */
const foreignTypes = new Set(['bit', 'year', 'vector']);

/** Integers above it may have no double of their own. */
const exactDoubleMax = 2n ** 53n;
const microsPerMilli = 1000n;

/** An Int32 or Int64 as it stands; undefined for every other type. */
function wholeNumber({ type, bytes, start }: BsonValue): number | bigint | undefined {
  if (type === bsonTypes.int32) return bytes.readInt32LE(start);
  return type === bsonTypes.int64 ? bytes.readBigInt64LE(start) : undefined;
}

/** Drivers write 7 as an Int32, an Int64 or a double, as their language has it: 7.0 and -0.0 are the integers 7 and 0. */
function readInteger(value: BsonValue): Cell | undefined {
  if (value.type !== bsonTypes.double) return wholeNumber(value);
  const double = value.bytes.readDoubleLE(value.start);
  if (!Number.isInteger(double)) throw new Error(`the double ${double} is no integer`);
  return BigInt(double);
}

function readDouble(value: BsonValue): Cell | undefined {
  if (value.type === bsonTypes.double) return value.bytes.readDoubleLE(value.start);
  const whole = wholeNumber(value);
  if (typeof whole !== 'bigint') return whole;
  if (whole > exactDoubleMax || whole < -exactDoubleMax) throw new Error(`the Int64 ${whole} is beyond 2^53`);
  return Number(whole);
}

function readFloat(value: BsonValue): Cell | undefined {
  const number = readDouble(value) as number | undefined;
  if (number === undefined || Number.isNaN(number) || Math.fround(number) === number) return number;
  throw new Error(`${number} is no float: declare it double`);
}

function decimalReader(precision: number, scale: number): BsonReader {
  return (value) => {
    const whole = wholeNumber(value);
    if (whole !== undefined) {
      const coefficient = BigInt(whole);
      const negative = coefficient < 0n;
      return plainDecimal(
        { negative, coefficient: negative ? -coefficient : coefficient, exponent: 0 },
        precision,
        scale,
      );
    }
    if (value.type !== bsonTypes.decimal128) return undefined;
    const decimal = readDecimal(value.bytes, value.start);
    if (typeof decimal === 'string') throw new Error(`${decimal} is no decimal(${precision},${scale})`);
    return plainDecimal(decimal, precision, scale);
  };
}

/** A decimal of more digits than a file's decimals have travels as the number's own text, trailing zeros too. */
function readLongDecimal(value: BsonValue): Cell | undefined {
  if (value.type === bsonTypes.decimal128) return decimalDigits(value);
  const whole = wholeNumber(value);
  return whole === undefined ? undefined : String(whole);
}

/** Microseconds since 1970. A Date of BSON is an Int64 of milliseconds, of which JavaScript's holds a part. */
function readDate({ type, bytes, start }: BsonValue): Cell | undefined {
  if (type !== bsonTypes.date) return undefined;
  const millis = bytes.readBigInt64LE(start);
  const micros = millis * microsPerMilli;
  if (BigInt.asIntN(64, micros) !== micros)
    throw new Error(`the Date of ${millis} ms is beyond 64 bits of microseconds`);
  return micros;
}

const only =
  (type: number, read: BsonReader): BsonReader =>
  (value) =>
    value.type === type ? read(value) : undefined;

function textReader(name: string): BsonReader | undefined {
  if (stringTypes.has(name)) return only(bsonTypes.string, textBytes);
  if (name === 'objectid') return only(bsonTypes.objectId, objectIdText);
  if (name === 'json') return canonicalJson;
  return name === 'decimal' || name === 'numeric' ? readLongDecimal : undefined;
}

function kindReader(kind: Kind, name: string): BsonReader | undefined {
  switch (kind.type) {
    case 'int':
      return readInteger;
    case 'double':
      return readDouble;
    case 'float':
      return readFloat;
    case 'decimal':
      return decimalReader(kind.precision, kind.scale);
    case 'bool':
      return only(bsonTypes.bool, ({ bytes, start }) => bytes[start] as number);
    case 'flag':
      return only(bsonTypes.bool, ({ bytes, start }) => bytes[start] === 1);
    case 'timestamp':
      return readDate;
    case 'bytes':
      return only(bsonTypes.binary, binaryBytes);
    case 'text':
      return textReader(name);
    case 'date':
    case 'datetime':
      return undefined;
  }
}

/** Where null is a value of its own: the text `null`, told from a field that is missing. */
export const carriesNull = (declared: string): boolean => typeName(declared) === 'json';

/**
 * How values of a MongoDB field are read that a dataset declares so; undefined for a type that MongoDB does not have
 * (DATE, TIME, ENUM and so on). Widths of integers are the column's own to check.
 */
export function bsonReader(declared: string): BsonReader | undefined {
  const name = typeName(declared);
  if (foreignTypes.has(name)) return undefined;
  try {
    return kindReader(parseKind(declared), name);
  } catch {
    // A type that is not known at all (KIND_UNKNOWN): the caller names it with its field.
    return undefined;
  }
}
