import { describe, expect, test } from 'vitest';
import { parseColumnType, shardType } from '../../../src/core/column-type.js';

const table: readonly (readonly [string, object, boolean, string | undefined])[] = [
  ['UInt8', { base: 'int', bits: 8, unsigned: true }, false, 'UTINYINT'],
  ['Int64', { base: 'int', bits: 64, unsigned: false }, false, 'BIGINT'],
  ['UInt32', { base: 'int', bits: 32, unsigned: true }, false, 'UINTEGER'],
  ['Int16', { base: 'int', bits: 16, unsigned: false }, false, 'SMALLINT'],
  ['UInt128', { base: 'int', bits: 128, unsigned: true }, false, undefined],
  ['Bool', { base: 'bool' }, false, 'BOOLEAN'],
  ['Float32', { base: 'float32' }, false, 'FLOAT'],
  ['Float64', { base: 'float64' }, false, 'DOUBLE'],
  ['String', { base: 'string' }, false, 'VARCHAR'],
  ['LowCardinality(String)', { base: 'string' }, false, 'VARCHAR'],
  ['LowCardinality(Nullable(String))', { base: 'string' }, true, 'VARCHAR'],
  ['Nullable(UInt16)', { base: 'int', bits: 16, unsigned: true }, true, 'USMALLINT'],
  ['Decimal(6, 3)', { base: 'decimal', precision: 6, scale: 3 }, false, 'DECIMAL(6,3)'],
  ['Nullable(Decimal(38,10))', { base: 'decimal', precision: 38, scale: 10 }, true, 'DECIMAL(38,10)'],
  ['Decimal(39, 0)', { base: 'decimal', precision: 39, scale: 0 }, false, undefined],
  ['Date', { base: 'date' }, false, 'DATE'],
  ['Date32', { base: 'date32' }, false, 'DATE'],
  ['DateTime', { base: 'datetime', zone: undefined }, false, 'DATE'],
  ["DateTime('UTC')", { base: 'datetime', zone: 'UTC' }, false, 'DATE'],
  ["DateTime64(3, 'Europe/Berlin')", { base: 'datetime64', precision: 3, zone: 'Europe/Berlin' }, false, undefined],
  ['FixedString(3)', { base: 'fixedstring', bytes: 3 }, false, undefined],
  ['Array(UInt32)', { base: 'array', element: { base: 'int', bits: 32, unsigned: true } }, false, 'UINTEGER[]'],
  ['UUID', { base: 'other', name: 'UUID' }, false, undefined],
];

describe('ClickHouse types', () => {
  test.each(table)('%s', (text, type, nullable, inShard) => {
    const parsed = parseColumnType(text);
    expect(parsed).toEqual({ type, nullable });
    if (inShard !== undefined) expect(shardType(parsed.type)).toBe(inShard);
    else expect(() => shardType(parsed.type)).toThrow(expect.objectContaining({ code: 'TYPE_UNKNOWN' }) as Error);
  });
});
