import { type ColumnType, parseColumnType } from '../core/column-type.js';
import type { Column, JoinedDataset } from '../dataset/declaration.js';

const names: Record<string, string> = {
  BOOLEAN: 'Bool',
  TINYINT: 'Int8',
  SMALLINT: 'Int16',
  INTEGER: 'Int32',
  BIGINT: 'Int64',
  UTINYINT: 'UInt8',
  USMALLINT: 'UInt16',
  UINTEGER: 'UInt32',
  UBIGINT: 'UInt64',
  FLOAT: 'Float32',
  DOUBLE: 'Float64',
  VARCHAR: 'String',
  BLOB: 'String',
  DATE: 'Date32',
  TIMESTAMP: "DateTime64(6, 'UTC')",
  'TIMESTAMP WITH TIME ZONE': "DateTime64(6, 'UTC')",
};

/** The ClickHouse type under which a shard's column of that type is read; Nullable, but for lists. */
export function fileType(carried: string): string {
  if (carried.endsWith('[]')) return `Array(${fileType(carried.slice(0, -2))})`;
  return `Nullable(${names[carried] ?? carried.replace('DECIMAL', 'Decimal')})`;
}

/** What a column carries, taken apart. */
export type Carried =
  | { readonly family: 'int'; readonly bits: number; readonly unsigned: boolean }
  | { readonly family: 'decimal'; readonly precision: number; readonly scale: number }
  /** A decimal of more than 38 digits travels as its text; the scale is the declared one. */
  | { readonly family: 'digits'; readonly scale: number }
  | { readonly family: 'bool' | 'float' | 'double' | 'date' | 'clock' | 'instant' | 'text' | 'bytes' | 'other' }
  | { readonly family: 'list'; readonly element: Carried };

const families: Record<string, Exclude<Carried['family'], 'int' | 'decimal' | 'digits' | 'list'>> = {
  BOOLEAN: 'bool',
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'text',
  BLOB: 'bytes',
  DATE: 'date',
  TIMESTAMP: 'clock',
  'TIMESTAMP WITH TIME ZONE': 'instant',
};

/** What a column carries: `UTINYINT`, `DECIMAL(6,3)`, `INTEGER[]` as it stands in dataset.json, by its declared type. */
export function parseCarried(carried: string, declared: ColumnType): Carried {
  if (carried.endsWith('[]')) {
    const element = declared.base === 'array' ? declared.element : declared;
    return { family: 'list', element: parseCarried(carried.slice(0, -2), element) };
  }
  if (declared.base === 'decimal' && carried === 'VARCHAR') return { family: 'digits', scale: declared.scale };
  const family = families[carried];
  if (family !== undefined) return { family };
  const [, unsigned, bits] = /^(U?)Int(\d+)$/.exec(names[carried] ?? '') ?? [];
  if (bits !== undefined) return { family: 'int', bits: Number(bits), unsigned: unsigned === 'U' };
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(carried) ?? [];
  if (precision === undefined) return { family: 'other' };
  return { family: 'decimal', precision: Number(precision), scale: Number(scale) };
}

/** What a column carries in the shards, in the joining engine's words, as dataset.json says it. */
export function carriedType(dataset: JoinedDataset, column: Column): string {
  return dataset.carried?.[column.name] ?? usualType(parseColumnType(column.type).type);
}

/** What a column carries where nothing was joined yet: as declared, and a day where a day or a moment could stand. */
function usualType(type: ColumnType): string {
  switch (type.base) {
    case 'bool':
      return 'BOOLEAN';
    case 'int': {
      const name = Object.entries(names).find(([, one]) => one === `${type.unsigned ? 'U' : ''}Int${type.bits}`);
      return name?.[0] ?? 'BIGINT';
    }
    case 'float32':
      return 'FLOAT';
    case 'float64':
      return 'DOUBLE';
    case 'decimal':
      return type.precision > 38 ? 'VARCHAR' : `DECIMAL(${type.precision},${type.scale})`;
    case 'date':
    case 'date32':
    case 'datetime':
    case 'datetime64':
      return 'DATE';
    case 'array':
      return `${usualType(type.element)}[]`;
    default:
      return 'VARCHAR';
  }
}
