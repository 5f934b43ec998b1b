import { expect, test } from 'vitest';
import { parseCarried } from '../../../src/clickhouse/carried.js';
import { wordsOf } from '../../../src/clickhouse/value-words.js';
import { parseColumnType } from '../../../src/core/column-type.js';

const words = (liveType: string, carriedType: string): number => {
  const { type } = parseColumnType(liveType);
  return wordsOf('c', type, parseCarried(carriedType, type)).length;
};

test.each([
  ['Array(UInt32)', 'UINTEGER[]'],
  ['Array(Date)', 'DATE[]'],
  ['Array(Decimal(6, 2))', 'DECIMAL(6,2)[]'],
])('a list in %s has a word', (live, carried) => {
  expect(words(live, carried)).toBe(1);
});

test.each([
  // ['a,b'] and ['a', 'b'], [''] and []
  ['Array(String)', 'VARCHAR[]'],
  // [1, NULL] and [1]
  ['Array(Nullable(UInt32))', 'UINTEGER[]'],
  ['Array(Float64)', 'DOUBLE[]'],
])('a list in %s has none: several lists would have the same', (live, carried) => {
  expect(words(live, carried)).toBe(0);
});
