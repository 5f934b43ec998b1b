import { describe, expect, test } from 'vitest';
import { isUtc, parseColumnType } from '../../../src/core/column-type.js';

const uint8 = { base: 'int', bits: 8, unsigned: true };
const table: readonly (readonly [string, object, boolean])[] = [
  ['UInt8', uint8, false],
  ['Int64', { base: 'int', bits: 64, unsigned: false }, false],
  ['UInt128', { base: 'int', bits: 128, unsigned: true }, false],
  ['Bool', { base: 'bool' }, false],
  ['Float32', { base: 'float32' }, false],
  ['Float64', { base: 'float64' }, false],
  ['String', { base: 'string' }, false],
  ['LowCardinality(String)', { base: 'string' }, false],
  ['LowCardinality(Nullable(String))', { base: 'string' }, true],
  ['Nullable(UInt16)', { base: 'int', bits: 16, unsigned: true }, true],
  ['Decimal(6, 3)', { base: 'decimal', precision: 6, scale: 3 }, false],
  ['Nullable(Decimal(38,10))', { base: 'decimal', precision: 38, scale: 10 }, true],
  ['Decimal64(3)', { base: 'decimal', precision: 18, scale: 3 }, false],
  ['Decimal256(30)', { base: 'decimal', precision: 76, scale: 30 }, false],
  ['Date', { base: 'date' }, false],
  ['Date32', { base: 'date32' }, false],
  ['DateTime', { base: 'datetime', zone: undefined }, false],
  ["DateTime('UTC')", { base: 'datetime', zone: 'UTC' }, false],
  ["DateTime64(3, 'Europe/Berlin')", { base: 'datetime64', precision: 3, zone: 'Europe/Berlin' }, false],
  ['DateTime64(6)', { base: 'datetime64', precision: 6, zone: undefined }, false],
  ['FixedString(3)', { base: 'fixedstring', bytes: 3 }, false],
  ['UUID', { base: 'uuid' }, false],
  ["Enum8('a' = 1, 'b' = -2)", { base: 'enum', labels: ['a', 'b'] }, false],
  [String.raw`Enum16('it\'s' = 1, '(x, y)' = 2, '' = 0)`, { base: 'enum', labels: ["it's", '(x, y)', ''] }, false],
  ['Array(UInt8)', { base: 'array', element: uint8, nullableElements: false }, false],
  ['Array(Nullable(UInt8))', { base: 'array', element: uint8, nullableElements: true }, false],
  ['Map(String, UInt8)', { base: 'other', name: 'Map(String, UInt8)' }, false],
];

describe('ClickHouse types', () => {
  test.each(table)('%s', (text, type, nullable) => expect(parseColumnType(text)).toEqual({ type, nullable }));
});

test.each([
  ['UTC', true],
  ['Etc/UTC', true],
  ['Europe/London', false],
  [undefined, false],
])('%s is UTC: %s', (zone, is) => expect(isUtc(zone)).toBe(is));
