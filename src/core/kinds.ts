import { usageError } from './errors.js';

/**
 * What an export column carries, in the source's own terms. `bool` is MySQL's TINYINT(1) and keeps the number as it
 * stands (2 and -1 occur); `flag` is a presence computed by MongoDB. `datetime` is a wall clock without a zone,
 * `timestamp` an instant; both in microseconds. `text` is UTF-8, `bytes` is anything.
 */
export type Kind =
  | { readonly type: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly unsigned: boolean }
  | { readonly type: 'decimal'; readonly precision: number; readonly scale: number }
  | {
      readonly type: 'bool' | 'float' | 'double' | 'date' | 'datetime' | 'timestamp' | 'text' | 'bytes' | 'flag';
    };

type Plain = Exclude<Kind['type'], 'int' | 'decimal'>;

const intBits: Record<string, 8 | 16 | 32 | 64> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 32,
  int: 32,
  integer: 32,
  bigint: 64,
};

/**
 * The first half of the conversion table (docs/conversions.md): how a type of MySQL, MariaDB or BSON is carried. What
 * has no number or day of its own is carried as the server's text: TIME runs past 24 hours, ENUM and SET are labels,
 * JSON has numbers that no double holds.
 */
const plain: Record<string, Plain> = {
  boolean: 'bool',
  bool: 'bool',
  float: 'float',
  double: 'double',
  date: 'date',
  datetime: 'datetime',
  timestamp: 'timestamp',
  time: 'text',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  json: 'text',
  enum: 'text',
  set: 'text',
  uuid: 'text',
  inet4: 'text',
  inet6: 'text',
  objectid: 'text',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
  vector: 'bytes',
  flag: 'flag',
};

const geometry = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
  'geometrycollection',
]);

/** Digits that a decimal of 16 bytes holds; longer ones travel as text. */
const decimalDigits = 38;

/** Bytes of the integer that holds so many digits. */
export const decimalWidth = (digits: number): 4 | 8 | 16 => (digits <= 9 ? 4 : digits <= 18 ? 8 : 16);

/** A column type as MySQL writes it, taken apart: `int(10) unsigned` is int, 10, ` unsigned`. */
function typeParts(text: string): { name: string; argument: string; rest: string } {
  const match = /^([a-z0-9]+)\s*(?:\(((?:'(?:[^']|'')*'|[^')])*)\))?\s*(.*)$/is.exec(text.trim());
  return { name: match?.[1]?.toLowerCase() ?? '', argument: match?.[2] ?? '', rest: match?.[3] ?? '' };
}

/** The type's name alone, in lower case: `enum('a','b')` is `enum`. */
export const typeName = (text: string): string => typeParts(text).name;

/** The smallest unsigned integer that holds so many bits. */
function bitKind(bits: number): Kind {
  return { type: 'int', bits: bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 32 ? 32 : 64, unsigned: true };
}

/**
 * Reads a column type as MySQL writes it (`int unsigned`, `decimal(6,3)`, `tinyint(1)`, `bit(8)`, `varchar(50)`), or
 * one of MongoDB (`flag`, `objectid`). Throws KIND_UNKNOWN for a type that is not carried, geometry by its name.
 */
export function parseKind(text: string): Kind {
  const { name, argument, rest } = typeParts(text);
  const unsigned = /\b(?:unsigned|zerofill)\b/i.test(rest);
  if (name === 'tinyint' && argument === '1' && !unsigned) return { type: 'bool' };
  const bits = intBits[name];
  if (bits !== undefined) return { type: 'int', bits, unsigned };
  if (name === 'bit') return bitKind(Number(argument || 1));
  if (name === 'year') return { type: 'int', bits: 16, unsigned: true };
  if (name === 'decimal' || name === 'numeric') {
    const [precision = 10, scale = 0] = argument.split(',').filter(Boolean).map(Number);
    if (precision > decimalDigits) return { type: 'text' };
    if (precision >= 1 && scale <= precision) return { type: 'decimal', precision, scale };
  }
  const type = plain[name];
  if (type !== undefined) return { type };
  if (geometry.has(name)) {
    throw usageError('KIND_UNKNOWN', `${name} columns are not carried`, 'leave the column out of the dataset');
  }
  throw usageError('KIND_UNKNOWN', `the column type "${text}" is not carried`, 'leave the column out of the dataset');
}

/** The kind's name as an engine that speaks SQL (DuckDB) stores it in the export file. */
export function duckdbType(kind: Kind): string {
  switch (kind.type) {
    case 'int': {
      const name = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[kind.bits];
      return kind.unsigned ? `U${name}` : name;
    }
    case 'decimal':
      return `DECIMAL(${kind.precision},${kind.scale})`;
    case 'bool':
      return 'TINYINT';
    case 'float':
      return 'FLOAT';
    case 'double':
      return 'DOUBLE';
    case 'date':
      return 'DATE';
    case 'datetime':
      return 'TIMESTAMP';
    case 'timestamp':
      return 'TIMESTAMP WITH TIME ZONE';
    case 'text':
      return 'VARCHAR';
    case 'bytes':
      return 'BLOB';
    case 'flag':
      return 'BOOLEAN';
  }
}

/**
 * True where every value of `live` (the type found at the source) fits `declared` unchanged: the same family, and the
 * same width or narrower.
 */
export function kindHolds(declared: Kind, live: Kind): boolean {
  if (declared.type === 'int') {
    const bits = live.type === 'bool' ? 8 : live.type === 'int' ? live.bits : undefined;
    if (bits === undefined) return false;
    const unsigned = live.type === 'int' && live.unsigned;
    if (declared.unsigned === unsigned) return declared.bits >= bits;
    return unsigned && declared.bits > bits;
  }
  if (declared.type === 'bool')
    return live.type === 'bool' || (live.type === 'int' && live.bits === 8 && !live.unsigned);
  if (declared.type === 'decimal') {
    if (live.type !== 'decimal') return false;
    return declared.scale >= live.scale && declared.precision - declared.scale >= live.precision - live.scale;
  }
  if (declared.type === 'double') return live.type === 'double' || live.type === 'float';
  return declared.type === live.type;
}
