import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseColumnType } from '../../../src/core/column-type.js';
import { duckdbType, parseKind } from '../../../src/core/kinds.js';
import { conversionOf } from '../../../src/sql/conversions.js';
import { parseValueType } from '../../../src/sql/value-types.js';

const page = readFileSync(join(import.meta.dirname, '../../../docs/conversions.md'), 'utf8');

/** Rows of the table whose head begins with that cell. */
function tableOf(head: string): string[][] {
  const lines = page.slice(page.indexOf(`| ${head}`)).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  const rows = lines
    .slice(2, end)
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));
  expect(rows.length).toBeGreaterThan(2);
  return rows;
}

describe('docs/conversions.md, from MySQL: what the page says is what parseKind does', () => {
  /** The page's words for several types → those types. */
  const several: Record<string, readonly (readonly [string, string])[]> = {
    'tinyint, smallint, mediumint, int, bigint': [
      ['tinyint', 'TINYINT'],
      ['smallint', 'SMALLINT'],
      ['mediumint', 'INTEGER'],
      ['int', 'INTEGER'],
      ['bigint', 'BIGINT'],
    ],
    'the same, unsigned or zerofill': [
      ['tinyint unsigned', 'UTINYINT'],
      ['smallint(5) unsigned zerofill', 'USMALLINT'],
      ['mediumint unsigned', 'UINTEGER'],
      ['int unsigned', 'UINTEGER'],
      ['bigint unsigned', 'UBIGINT'],
    ],
    'decimal(p, s), p ≤ 38': [['decimal(38,10)', 'DECIMAL(38,10)']],
    'decimal(p, s), p > 38': [['decimal(39,0)', 'VARCHAR']],
    'bit(n)': [
      ['bit(1)', 'UTINYINT'],
      ['bit(64)', 'UBIGINT'],
    ],
  };
  const rows = tableOf('MySQL, MariaDB').filter(([, , how]) => how !== 'leave the column out');
  const cases = rows.flatMap(([types = '', inFile = '']) => {
    const known = several[types];
    return known ?? types.split(', ').map((type) => [type.replace('(0..6)', '(6)'), inFile] as const);
  });

  test.each(cases)('%s is %s', (type, inFile) => expect(duckdbType(parseKind(type))).toBe(inFile));
  test.each(['geometry', 'point', 'linestring', 'polygon', 'multipolygon', 'geomcollection'])('%s is refused', (type) =>
    expect(() => parseKind(type)).toThrow(`${type} columns are not carried`),
  );
});

/** Every family of values, in the page's words → a type of the joining engine. */
const valuesOf: Record<string, readonly string[]> = {
  integers: ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'UTINYINT', 'UINTEGER', 'UBIGINT'],
  DECIMAL: ['DECIMAL(6,3)', 'DECIMAL(38,0)', 'DECIMAL(38,38)'],
  FLOAT: ['FLOAT'],
  DOUBLE: ['DOUBLE'],
  BOOLEAN: ['BOOLEAN'],
  VARCHAR: ['VARCHAR'],
  BLOB: ['BLOB'],
  DATE: ['DATE'],
  TIMESTAMP: ['TIMESTAMP'],
  'TIMESTAMP WITH TIME ZONE': ['TIMESTAMP WITH TIME ZONE'],
  list: ['INTEGER[]'],
  'nothing on the page': ['TIME', 'UUID', 'JSON', 'STRUCT(a INTEGER)', 'INTERVAL', 'INTEGER[][]'],
};

/** Declared types, in the page's words. */
const declaredOf: Record<string, readonly string[]> = {
  'Int8..Int64, UInt8..UInt64': ['Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64'],
  Bool: ['Bool'],
  Float32: ['Float32'],
  Float64: ['Float64'],
  'Decimal(p, s), p ≤ 38': ['Decimal(6, 3)', 'Decimal(38, 10)'],
  'Decimal(p, s), p > 38': ['Decimal(65, 30)'],
  String: ['String', 'LowCardinality(Nullable(String))'],
  'FixedString(n)': ['FixedString(3)'],
  'Enum8, Enum16': ["Enum8('a' = 1)", "Enum16('a' = 1000)"],
  UUID: ['UUID'],
  Date: ['Date'],
  Date32: ['Nullable(Date32)'],
  "DateTime, DateTime('…')": ['DateTime', "DateTime('Europe/Berlin')", "DateTime('UTC')", "DateTime('Etc/UTC')"],
  "DateTime('UTC')": ["DateTime('UTC')", "DateTime('Etc/UTC')"],
  "DateTime64(p, '…')": ['DateTime64(3)', "DateTime64(9, 'Asia/Tokyo')", "DateTime64(6, 'UTC')"],
  "DateTime64(p, 'UTC')": ["DateTime64(6, 'UTC')"],
  'Array(T)': ['Array(UInt8)', 'Array(Nullable(String))'],
  'nothing on the page': ['Map(String, UInt8)', 'UInt128', 'IPv4', 'JSON', 'Array(Array(UInt8))'],
};

describe('docs/conversions.md, into the shard: the page lists all the ways there are, and no other', () => {
  const pairs = new Set(
    tableOf('declared in ClickHouse').flatMap(([declared = '', from = '']) => {
      const [types, families] = [declaredOf[declared], from.split(', ').map((family) => valuesOf[family])];
      if (types === undefined || families.includes(undefined)) throw new Error(`what is ${declared} from ${from}?`);
      return types.flatMap((type) => families.flatMap((values) => (values ?? []).map((value) => `${value} → ${type}`)));
    }),
  );
  const all = Object.values(valuesOf).flatMap((values) =>
    values.flatMap((value) =>
      Object.values(declaredOf).flatMap((types) => types.map((type) => [value, type] as const)),
    ),
  );

  test('has many pairs, and leaves many out', () => {
    expect(pairs.size).toBeGreaterThan(150);
    expect(all.filter(([value, type]) => !pairs.has(`${value} → ${type}`)).length).toBeGreaterThan(150);
  });

  test.each(Object.values(declaredOf).flat())('%s', (type) => {
    for (const value of Object.values(valuesOf).flat()) {
      const there = conversionOf(parseValueType(value), parseColumnType(type).type) !== undefined;
      expect([value, type, there]).toEqual([value, type, pairs.has(`${value} → ${type}`)]);
    }
  });
});
