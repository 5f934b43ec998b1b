import { describe, expect, test } from 'vitest';
import { carriedType } from '../../../src/clickhouse/carried.js';
import { quoteName, quoteText, settingsClause } from '../../../src/clickhouse/client.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../../../src/clickhouse/insert.js';
import { valueSql } from '../../../src/clickhouse/insert-values.js';
import { countSettings, type LiveTable } from '../../../src/clickhouse/live-table.js';
import { column } from '../../../src/dataset/declare.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';

const declared = (type: string, unknown?: string): Parameters<typeof valueSql>[0] =>
  column('c', type, 'x.c', unknown === undefined ? {} : { unknown }).column;

/** The expression for a column as it is usually carried. */
const usualValue = (column: Parameters<typeof valueSql>[0], liveType: string): string =>
  valueSql(column, liveType, carriedType(imagesAnalytical, column));

function live(more: LiveTable['columns'] = [], without: readonly string[] = []): LiveTable {
  const columns = imagesAnalytical.columns
    .filter(({ place, name }) => (place === 'target' || place === 'version') && !without.includes(name))
    .map(({ name, type }) => ({ name, type, defaultKind: '' }));
  const rest = {
    database: 'd`b',
    table: 't',
    uuid: 'u',
    engine: 'MergeTree',
    partitionKey: '',
    sortingKey: '',
    zone: 'UTC',
  };
  return { ...rest, columns: [...columns, ...more] };
}

describe('a value goes in as the live column takes it', () => {
  test.each([
    ['UInt16', 'UInt16', 'CAST(ifNull(`c`, 0) AS UInt16)'],
    ['UInt16', 'Nullable(UInt32)', 'CAST(`c` AS Nullable(UInt32))'],
    ['String', 'LowCardinality(String)', "CAST(ifNull(`c`, '') AS LowCardinality(String))"],
    ['String', 'LowCardinality(Nullable(String))', 'CAST(`c` AS LowCardinality(Nullable(String)))'],
    ['Bool', 'Bool', 'CAST(ifNull(`c`, false) AS Bool)'],
    ['Decimal(6, 3)', 'Decimal(9, 4)', 'CAST(ifNull(`c`, 0) AS Decimal(9, 4))'],
    ['Array(UInt8)', 'Array(UInt16)', 'CAST(`c` AS Array(UInt16))'],
  ])('%s into %s', (type, liveType, sql) => expect(usualValue(declared(type), liveType)).toBe(sql));

  test('a declared unknown-value is the one that stands for NULL', () => {
    expect(usualValue(declared('UInt16', '65535'), 'UInt16')).toBe(
      "CAST(ifNull(CAST(`c` AS Nullable(UInt16)), accurateCast(65535, 'UInt16')) AS UInt16)",
    );
    expect(usualValue(declared('UInt16', '65535'), 'Nullable(UInt16)')).toBe('CAST(`c` AS Nullable(UInt16))');
  });

  test('a day is midnight in the column’s own zone, and never wraps: what does not fit throws', () => {
    const day = declared("DateTime('UTC')");
    expect(usualValue(day, "DateTime('Asia/Tokyo')")).toContain("toDateTime64(assumeNotNull(`c`), 0, 'Asia/Tokyo')");
    expect(usualValue(day, "DateTime('UTC')")).toContain("'UInt32'), 'UTC')");
    expect(usualValue(day, 'Date')).toContain("accurateCast(assumeNotNull(`c`), 'Date')");
    expect(usualValue(day, 'Date32')).toMatch(/^CAST\(if\(isNull\(`c`\), .*assumeNotNull\(`c`\)\) AS Date32\)$/);
    expect(usualValue(day, "DateTime64(3, 'UTC')")).toContain("toDateTime64(assumeNotNull(`c`), 3, 'UTC')");
    expect(usualValue(day, 'Nullable(Date)')).toMatch(/AS Nullable\(Date\)\)$/);
  });
});

describe('insertHead', () => {
  test('names its columns, and gives as many values', () => {
    const head = insertHead(imagesAnalytical, live(), 1_700_000_000);
    const [, names = '', values = ''] = /^INSERT INTO `d\\`b`\.`t` \((.*?)\) SELECT (.*) FROM$/s.exec(head) ?? [];
    expect(names.split(', ')).toHaveLength(62);
    expect(names.startsWith('`image_id`, `site_name_id`')).toBe(true);
    expect(names.endsWith('`is_dupe_of`, `updated_at`')).toBe(true);
    expect(values.match(/ AS [A-Z][\w(' ,)]*?\)(, CAST\(|$)/g)).toHaveLength(62);
    expect(values).toContain("CAST(toDateTime(1700000000, 'UTC') AS DateTime('UTC'))");
  });

  test('takes a Mongo flag only where the table has the column (rule 6)', () => {
    const flag = { name: 'has_face_landmarks', type: 'Bool', defaultKind: '' };
    expect(insertHead(imagesAnalytical, live(), 1)).not.toContain('has_face_landmarks');
    expect(insertHead(imagesAnalytical, live([flag]), 1)).toContain('`has_face_landmarks`');
    expect(insertedColumns(imagesAnalytical, live([flag])).map(({ name }) => name)).not.toContain('mongo_left_hand');
  });
});

test('the file is read with every column Nullable, days as Date32', () => {
  const types = ['UInt8', 'LowCardinality(String)', 'Decimal(6, 3)', "DateTime('UTC')", 'Array(UInt8)', 'Bool'];
  const columns = types.map((type, index) => ({ ...declared(type), name: `c${index}` }));
  expect(fileStructure(imagesAnalytical, columns)).toBe(
    '`c0` Nullable(UInt8), `c1` Nullable(String), `c2` Nullable(Decimal(6,3)), `c3` Nullable(Date32), `c4` Array(Nullable(UInt8)), `c5` Nullable(Bool)',
  );
});

test('what every insert sets itself (rule 10)', () => {
  expect(insertSettings).toMatchObject({
    async_insert: 0,
    wait_end_of_query: 1,
    input_format_null_as_default: 0,
    date_time_overflow_behavior: 'throw',
    max_partitions_per_insert_block: 0,
  });
  expect(insertSettings).toHaveProperty('insert_deduplicate');
});

test('counts ask all replicas where there may be several', () => {
  for (const engine of ['ReplicatedReplacingMergeTree', 'SharedReplacingMergeTree']) {
    expect(countSettings({ ...live(), engine })).toEqual({ select_sequential_consistency: 1 });
  }
  expect(countSettings(live())).toEqual({});
});

describe('quoting', () => {
  test('settings', () => {
    expect(settingsClause({})).toBe('');
    expect(settingsClause({ a: 1, b: 'x' })).toBe(" SETTINGS a = 1, b = 'x'");
    expect(settingsClause({ a: "it's \\ '" })).toBe(" SETTINGS a = 'it\\'s \\\\ \\''");
  });

  test('names and texts', () => {
    expect(quoteName('a`b\\')).toBe('`a\\`b\\\\`');
    expect(quoteText("a'b\\")).toBe("'a\\'b\\\\'");
  });
});
