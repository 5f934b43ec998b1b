import { usageError } from './errors.js';

/** A ClickHouse column type, taken apart as far as transload needs it. */
export type ColumnType =
  | { readonly base: 'int'; readonly bits: number; readonly unsigned: boolean }
  | { readonly base: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly base: 'datetime'; readonly zone: string | undefined }
  | { readonly base: 'datetime64'; readonly precision: number; readonly zone: string | undefined }
  | { readonly base: 'fixedstring'; readonly bytes: number }
  | { readonly base: 'bool' | 'float32' | 'float64' | 'string' | 'date' | 'date32' }
  | { readonly base: 'array'; readonly element: ColumnType }
  | { readonly base: 'other'; readonly name: string };

export interface FullColumnType {
  readonly type: ColumnType;
  readonly nullable: boolean;
}

const plain: Record<string, ColumnType> = {
  Bool: { base: 'bool' },
  Float32: { base: 'float32' },
  Float64: { base: 'float64' },
  String: { base: 'string' },
  Date: { base: 'date' },
  Date32: { base: 'date32' },
};

/** Reads a type as ClickHouse writes it: `LowCardinality(Nullable(String))`, `Decimal(6, 3)`, `DateTime('UTC')`. */
export function parseColumnType(text: string): FullColumnType {
  const name = text.trim();
  const inner = /^(\w+)\((.*)\)$/s.exec(name);
  if (inner?.[1] === 'LowCardinality') return parseColumnType(inner[2] ?? '');
  if (inner?.[1] === 'Nullable') return { type: parseColumnType(inner[2] ?? '').type, nullable: true };
  return { type: bareType(name, inner?.[1], inner?.[2] ?? ''), nullable: false };
}

function bareType(name: string, call: string | undefined, argument: string): ColumnType {
  const int = /^(U?)Int(8|16|32|64|128|256)$/.exec(name);
  if (int) return { base: 'int', bits: Number(int[2]), unsigned: int[1] === 'U' };
  const known = plain[name];
  if (known) return known;
  const zone = /'([^']*)'/.exec(argument)?.[1];
  if (name === 'DateTime' || call === 'DateTime') return { base: 'datetime', zone };
  if (call === 'DateTime64') return { base: 'datetime64', precision: Number.parseInt(argument, 10), zone };
  if (call === 'Decimal') {
    const [precision = 0, scale = 0] = argument.split(',').map(Number);
    return { base: 'decimal', precision, scale };
  }
  if (call === 'FixedString') return { base: 'fixedstring', bytes: Number(argument) };
  if (call === 'Array') return { base: 'array', element: parseColumnType(argument).type };
  return { base: 'other', name };
}

/** The type of the shard's column in the joining engine's words; a day is carried as a day (target.md, upload_date). */
export function shardType(type: ColumnType): string {
  switch (type.base) {
    case 'int': {
      const names: Record<number, string> = { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' };
      const name = names[type.bits];
      if (name === undefined) break;
      return type.unsigned ? `U${name}` : name;
    }
    case 'decimal':
      if (type.precision > 38) break;
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'float32':
      return 'FLOAT';
    case 'float64':
      return 'DOUBLE';
    case 'bool':
      return 'BOOLEAN';
    case 'string':
      return 'VARCHAR';
    case 'date':
    case 'date32':
    case 'datetime':
      return 'DATE';
    case 'array':
      return `${shardType(type.element)}[]`;
    default:
      break;
  }
  throw usageError('TYPE_UNKNOWN', `the column type ${JSON.stringify(type)} cannot be declared`, 'see docs/format.md');
}
