import { describe, expect, test } from 'vitest';
import { compareTable, typeHolds } from '../../../src/clickhouse/compare.js';
import type { LiveColumn, LiveTable } from '../../../src/clickhouse/live-table.js';
import { parseColumnType } from '../../../src/core/column-type.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';

const table = (columns: readonly LiveColumn[]): LiveTable => {
  const rest = {
    database: 'd',
    table: 't',
    uuid: 'u',
    engine: 'ReplacingMergeTree',
    partitionKey: '',
    sortingKey: imagesAnalytical.table.orderBy.join(', '),
    zone: 'UTC',
  };
  return { ...rest, columns };
};
const asDeclared: LiveColumn[] = imagesAnalytical.columns
  .filter(({ place }) => place === 'target' || place === 'version')
  .map(({ name, type }) => ({ name, type, defaultKind: '' }));
const withColumn = (name: string, change: Partial<LiveColumn> | undefined): LiveTable =>
  table(asDeclared.flatMap((one) => (one.name !== name ? [one] : change === undefined ? [] : [{ ...one, ...change }])));
const withMore = (type: string, defaultKind = '', name = 'extra'): LiveTable =>
  table([...asDeclared, { name, type, defaultKind }]);
const found = (live: LiveTable): object[] =>
  compareTable(imagesAnalytical, live).map(({ column, live: there, stops }) => ({ column, there, stops }));

describe('the live table against the declaration (fault 8)', () => {
  test('as declared, in any order: no difference', () => {
    expect(found(table(asDeclared))).toEqual([]);
    expect(found(table(asDeclared.toReversed()))).toEqual([]);
  });

  test('a missing column stops', () => {
    expect(found(withColumn('author', undefined))).toEqual([{ column: 'author', there: '(missing)', stops: true }]);
    expect(found(withColumn('updated_at', undefined))).toMatchObject([{ column: 'updated_at', stops: true }]);
  });

  test('a name of another case stops, and is said once', () => {
    expect(found(withColumn('author', { name: 'Author' }))).toEqual([
      { column: 'author', there: 'Author LowCardinality(String)', stops: true },
    ]);
  });

  test('a narrower type stops', () => {
    expect(found(withColumn('location_id', { type: 'UInt8' }))).toEqual([
      { column: 'location_id', there: 'UInt8', stops: true },
    ]);
    expect(found(withColumn('face_x', { type: 'Decimal(6, 2)' }))).toMatchObject([{ stops: true }]);
    expect(found(withColumn('keyword_ids', { type: 'Array(UInt16)' }))).toMatchObject([{ stops: true }]);
  });

  test('the same, wider or Nullable goes on', () => {
    for (const [name, type] of [
      ['location_id', 'UInt32'],
      ['location_id', 'Nullable(Int32)'],
      ['author', 'String'],
      ['caption', 'LowCardinality(Nullable(String))'],
      ['has_face', 'UInt8'],
      ['topic_score_1', 'Float64'],
      ['upload_date', 'Date'],
      ['upload_date', "DateTime('Europe/Berlin')"],
      ['face_x', 'Decimal(9, 4)'],
    ] as const) {
      expect(found(withColumn(name, { type }))).toEqual([]);
    }
  });

  test('a column that the server computes takes nothing', () => {
    for (const defaultKind of ['MATERIALIZED', 'ALIAS']) {
      expect(found(withColumn('author', { defaultKind }))).toMatchObject([{ column: 'author', stops: true }]);
    }
    expect(found(withColumn('author', { defaultKind: 'DEFAULT' }))).toEqual([]);
  });

  test('a column that only the table has is a warning with a default, and stops without', () => {
    expect(found(withMore('UInt8', 'DEFAULT'))).toEqual([{ column: 'extra', there: 'UInt8', stops: false }]);
    expect(found(withMore('Nullable(UInt8)'))).toMatchObject([{ stops: false }]);
    expect(found(withMore('UInt8', 'MATERIALIZED'))).toEqual([]);
    expect(found(withMore('UInt8'))).toEqual([{ column: 'extra', there: 'UInt8', stops: true }]);
  });

  test('a Mongo flag is taken where the table has it, and not missed where it has not', () => {
    expect(found(withMore('Bool', '', 'has_face_landmarks'))).toEqual([]);
    expect(found(withMore('String', '', 'has_face_landmarks'))).toMatchObject([{ stops: true }]);
    expect(found(withMore('Bool', '', 'mongo_left_hand'))).toMatchObject([{ column: 'mongo_left_hand', stops: true }]);
  });
});

describe('typeHolds', () => {
  const holds = (declared: string, live: string): boolean =>
    typeHolds(parseColumnType(declared).type, parseColumnType(live).type);

  test.each([
    ['UInt8', 'UInt8'],
    ['UInt8', 'Int16'],
    ['UInt32', 'UInt64'],
    ['Int32', 'Int64'],
    ['UInt64', 'Int128'],
    ['Float32', 'Float64'],
    ['Array(UInt8)', 'Array(UInt32)'],
    ["DateTime('UTC')", 'DateTime64(3)'],
    ["DateTime('UTC')", 'Date32'],
    ['Date', 'Date32'],
    ['DateTime64(9)', 'DateTime64(9)'],
    ['DateTime64(9)', 'DateTime64(3)'],
  ])('%s fits into %s', (declared, live) => expect(holds(declared, live)).toBe(true));

  test.each([
    ['UInt8', 'Int8'],
    ['UInt16', 'UInt8'],
    ['Int16', 'UInt32'],
    ['UInt32', 'String'],
    ['Float64', 'Float32'],
    ['Float32', 'UInt64'],
    ['Decimal(6, 3)', 'Decimal(6, 4)'],
    ['Decimal(6, 3)', 'Float64'],
    ['String', 'FixedString(3)'],
    ['Bool', 'String'],
    ['Array(UInt8)', 'UInt8'],
    ['Date', 'DateTime'],
    ['Date32', 'DateTime64(9)'],
    ['DateTime64(8)', 'DateTime64(9)'],
    ["DateTime('UTC')", 'String'],
  ])('%s does not fit into %s', (declared, live) => expect(holds(declared, live)).toBe(false));
});
