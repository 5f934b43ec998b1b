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
