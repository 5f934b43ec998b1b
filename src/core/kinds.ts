import { usageError } from './errors.js';

/**
 * What an export column carries, in the source's own terms. `bool` is MySQL's TINYINT(1) and keeps the number as it
 * stands (2 and -1 occur); `flag` is a presence computed by MongoDB. `text` is UTF-8, `bytes` is anything.
 */
export type Kind =
  | { readonly type: 'int'; readonly bits: 8 | 16 | 32 | 64; readonly unsigned: boolean }
  | { readonly type: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly type: 'bool' | 'float' | 'double' | 'date' | 'text' | 'bytes' | 'flag' };

const intBits: Record<string, 8 | 16 | 32 | 64> = {
  tinyint: 8,
  smallint: 16,
  mediumint: 32,
  int: 32,
  integer: 32,
  bigint: 64,
};

const plain: Record<string, Kind['type']> = {
  boolean: 'bool',
  bool: 'bool',
  float: 'float',
  double: 'double',
  date: 'date',
  char: 'text',
  varchar: 'text',
  tinytext: 'text',
  text: 'text',
  mediumtext: 'text',
  longtext: 'text',
  json: 'text',
  enum: 'text',
  binary: 'bytes',
  varbinary: 'bytes',
  tinyblob: 'bytes',
  blob: 'bytes',
  mediumblob: 'bytes',
  longblob: 'bytes',
  flag: 'flag',
};

/**
 * Reads a column type as MySQL writes it (`int unsigned`, `decimal(6,3)`, `tinyint(1)`, `varchar(50)`), or `flag`.
 * Throws KIND_UNKNOWN for a type that is not carried.
 */
export function parseKind(text: string): Kind {
  const match = /^([a-z]+)\s*(?:\(([^)]*)\))?\s*(.*)$/i.exec(text.trim());
  const name = match?.[1]?.toLowerCase() ?? '';
  const argument = match?.[2] ?? '';
  const unsigned = /\bunsigned\b/i.test(match?.[3] ?? '');
  if (name === 'tinyint' && argument === '1') return { type: 'bool' };
  const bits = intBits[name];
  if (bits !== undefined) return { type: 'int', bits, unsigned };
  if (name === 'decimal' || name === 'numeric') {
    const [precision = 10, scale = 0] = argument.split(',').filter(Boolean).map(Number);
    if (precision >= 1 && precision <= 38 && scale <= precision) return { type: 'decimal', precision, scale };
  }
  const type = plain[name];
  if (type !== undefined && type !== 'int' && type !== 'decimal') return { type };
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
