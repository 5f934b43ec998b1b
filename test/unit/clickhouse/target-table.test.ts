import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compareTable } from '../../../src/clickhouse/compare.js';
import type { LiveTable } from '../../../src/clickhouse/live-table.js';
import type { JoinedDataset } from '../../../src/dataset/declaration.js';
import { column } from '../../../src/dataset/declare.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';

const page = readFileSync(join(import.meta.dirname, '../../../docs/conversions.md'), 'utf8');

/** The page's third table: declared → what the live column may be. */
function thirdTable(): Record<string, string> {
  const lines = page.slice(page.indexOf('## From the shard into the target')).split('\n');
  const rows = lines.filter((line) => line.startsWith('| ')).slice(2);
  return Object.fromEntries(
    rows.map((row) =>
      row
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim()),
    ),
  );
}

/** Live types that stand for all that there are. The server's own zone is Asia/Tokyo. */
const universe = [
  ...['UInt8', 'UInt16', 'UInt32', 'UInt64', 'UInt128', 'UInt256'],
  ...['Int8', 'Int16', 'Int32', 'Int64', 'Int128', 'Int256', 'Bool', 'Float32', 'Float64', 'LowCardinality(Float32)'],
  ...['Decimal(6, 3)', 'Decimal(6, 2)', 'Decimal(6, 4)', 'Decimal(7, 4)', 'Decimal(5, 3)', 'Decimal256(30)'],
  ...['String', 'LowCardinality(String)', 'FixedString(2)', 'FixedString(3)', 'FixedString(4)'],
  ...["Enum8('a' = 1, 'b' = 2)", "Enum16('b' = 7, 'c' = 8, 'a' = 1)", "Enum8('a' = 1)", 'UUID', 'IPv4', 'JSON'],
  ...['Date', 'Date32', 'DateTime', "DateTime('UTC')", "DateTime('Asia/Tokyo')"],
  ...['DateTime64(0)', "DateTime64(0, 'UTC')", "DateTime64(3, 'UTC')", "DateTime64(3, 'Asia/Tokyo')"],
  ...["DateTime64(6, 'UTC')", "DateTime64(8, 'UTC')", "DateTime64(9, 'UTC')"],
  ...['Array(UInt8)', 'Array(UInt16)', 'Array(Int8)', 'Array(Nullable(UInt8))', 'Array(String)', 'Array(Array(UInt8))'],
  ...['Array(Date)', 'Array(DateTime)', "Array(DateTime('UTC'))", "Array(DateTime64(3, 'UTC'))", 'Array(Float32)'],
  ...['Array(LowCardinality(Float32))', 'Map(String, UInt8)', 'Tuple(UInt8)'],
];

const only = (...types: readonly string[]) => types;
const ints = universe.filter((type) => /^U?Int/.test(type));
const anyDateTime = universe.filter((type) => /^DateTime/.test(type));
const dateTime64 = universe.filter((type) => type.startsWith('DateTime64'));
const utc = (types: readonly string[]): string[] => types.filter((type) => type.endsWith("'UTC')"));
const upTo8 = dateTime64.filter((type) => !type.includes('64(9'));

/** A declared type, what a shard carries for it, and all live types of the universe that it may go into. */
type Case = readonly [declared: string, carried: string, may: readonly string[]];

/** The page's words, in its order → declared types of that row. */
const rows: Readonly<Record<string, readonly [may: string, ...cases: readonly Case[]]>> = {
  'Int, UInt': [
    'the same or a wider one (UInt8 into Int16, not Int8 into UInt16)',
    ['UInt8', 'UTINYINT', ints.filter((type) => type !== 'Int8')],
    ['UInt32', 'UINTEGER', only('UInt32', 'UInt64', 'UInt128', 'UInt256', 'Int64', 'Int128', 'Int256')],
    ['UInt64', 'UBIGINT', only('UInt64', 'UInt128', 'UInt256', 'Int128', 'Int256')],
    ['Int8', 'TINYINT', ints.filter((type) => type.startsWith('Int'))],
    ['Int64', 'BIGINT', only('Int64', 'Int128', 'Int256')],
  ],
  Bool: ['Bool or any integer', ['Bool', 'BOOLEAN', ['Bool', ...ints]]],
  Float32: ['Float32, Float64', ['Float32', 'FLOAT', only('Float32', 'Float64')]],
  Float64: ['Float64', ['Float64', 'DOUBLE', only('Float64')]],
  'Decimal(p, s)': [
    'as many digits or more on both sides of the point',
    ['Decimal(6, 3)', 'DECIMAL(6,3)', only('Decimal(6, 3)', 'Decimal(7, 4)', 'Decimal256(30)')],
    ['Decimal(65, 30)', 'VARCHAR', only('Decimal256(30)')],
  ],
  String: [
    'String, LowCardinality(String)',
    ['String', 'VARCHAR', only('String', 'LowCardinality(String)')],
    ['LowCardinality(String)', 'BLOB', only('String', 'LowCardinality(String)')],
  ],
  'FixedString(n)': [
    'FixedString(n), String',
    ['FixedString(3)', 'VARCHAR', only('FixedString(3)', 'String', 'LowCardinality(String)')],
  ],
  Enum: [
    'an Enum with all the labels, String',
    [
      "Enum8('a' = 1, 'b' = 2)",
      'VARCHAR',
      only("Enum8('a' = 1, 'b' = 2)", "Enum16('b' = 7, 'c' = 8, 'a' = 1)", 'String', 'LowCardinality(String)'),
    ],
  ],
  UUID: ['UUID, String', ['UUID', 'VARCHAR', only('UUID', 'String', 'LowCardinality(String)')]],
  Date: ['Date, Date32, DateTime64', ['Date', 'DATE', ['Date', 'Date32', ...dateTime64]]],
  Date32: ['Date32, DateTime64(0..8)', ['Date32', 'DATE', ['Date32', ...upTo8]]],
  'DateTime, a day': [
    'Date, Date32, DateTime and DateTime64 of any zone: the day goes in as a reader of it sees it',
    ["DateTime('UTC')", 'DATE', ['Date', 'Date32', ...anyDateTime]],
    ['DateTime', 'DATE', ['Date', 'Date32', ...anyDateTime]],
  ],
  'DateTime, a moment': [
    'DateTime, DateTime64 of any zone for an instant; of UTC for a wall clock',
    ['DateTime', 'TIMESTAMP WITH TIME ZONE', anyDateTime],
    ["DateTime('UTC')", 'TIMESTAMP', utc(anyDateTime)],
  ],
  'DateTime64(p), a day': [
    'Date32, DateTime64(0..8) of any zone; for p = 9 (to 2262) any DateTime64',
    ["DateTime64(3, 'UTC')", 'DATE', ['Date32', ...upTo8]],
    ['DateTime64(9)', 'DATE', ['Date32', ...dateTime64]],
  ],
  'DateTime64(p), a moment': [
    'DateTime64 of p digits or more (9 only for p = 9); of UTC for a wall clock',
    ['DateTime64(3)', 'TIMESTAMP WITH TIME ZONE', upTo8.filter((type) => !type.startsWith('DateTime64(0'))],
    ["DateTime64(6, 'UTC')", 'TIMESTAMP', only("DateTime64(6, 'UTC')", "DateTime64(8, 'UTC')")],
    ["DateTime64(9, 'UTC')", 'TIMESTAMP', only("DateTime64(9, 'UTC')")],
  ],
  'Array(T)': [
    'an Array of what T may go into; NULL elements need Nullable ones',
    ['Array(UInt8)', 'UTINYINT[]', only('Array(UInt8)', 'Array(UInt16)', 'Array(Nullable(UInt8))')],
    ['Array(Nullable(UInt8))', 'UTINYINT[]', only('Array(Nullable(UInt8))')],
    ['Array(Float32)', 'FLOAT[]', only('Array(Float32)')],
    [
      "Array(DateTime('UTC'))",
      'DATE[]',
      only('Array(Date)', 'Array(DateTime)', "Array(DateTime('UTC'))", "Array(DateTime64(3, 'UTC'))"),
    ],
    ["Array(DateTime('UTC'))", 'TIMESTAMP[]', only("Array(DateTime('UTC'))", "Array(DateTime64(3, 'UTC'))")],
  ],
};

/** True where a load of that column would start. */
function maySay(declared: string, carried: string, liveType: string): boolean {
  const dataset: JoinedDataset = {
    ...imagesAnalytical,
    columns: [column('c', declared, '', { unknown: '0' }).column],
    carried: { c: carried },
    table: { ...imagesAnalytical.table, orderBy: ['c'] },
    key: { name: 'c', digits: 10 },
  };
  const names = { database: 'd', table: 't', uuid: 'u', engine: 'ReplacingMergeTree', partitionKey: '' };
  const columns = [{ name: 'c', type: liveType, defaultKind: '' }];
  const live: LiveTable = { ...names, sortingKey: 'c', zone: 'Asia/Tokyo', columns };
  return compareTable(dataset, live).every(({ stops }) => !stops);
}

test('docs/conversions.md, into the target: the page has these rows, and no other', () => {
  expect(thirdTable()).toEqual(Object.fromEntries(Object.entries(rows).map(([declared, [may]]) => [declared, may])));
});

describe.each(Object.entries(rows))('%s may go into what the page says, and into nothing else', (_, [, ...cases]) => {
  test.each(cases)('%s carried as %s', (declared, carried, may) => {
    const missing = may.filter((type) => !universe.includes(type));
    expect(missing).toEqual([]);
    expect(universe.filter((type) => maySay(declared, carried, type))).toEqual(
      universe.filter((type) => may.includes(type)),
    );
  });

  test.each(cases)('%s carried as %s: Nullable changes nothing', (declared, carried) => {
    const plain = universe.filter((type) => !/^(Array|Map|Tuple|LowCardinality|JSON)/.test(type));
    const differ = plain.filter(
      (type) => maySay(declared, carried, type) !== maySay(declared, carried, `Nullable(${type})`),
    );
    expect(differ).toEqual([]);
  });
});
