import { expect, test } from 'vitest';
import { type CatalogueColumn, rowBytes } from '../../../src/sources/mysql-row-bytes.js';

const column = (name: string, type: string, octets: number | null = null): CatalogueColumn => ({ name, type, octets });
const of = (columns: readonly CatalogueColumn[], names: string, average: number): number =>
  rowBytes(columns, new Set(names.split(' ')), average);

const numbers = [
  column('id', 'int(11)'),
  column('flag', 'tinyint(1)'),
  column('face', 'decimal(6,3)'),
  column('conf', 'float'),
];

test('numbers and days are as wide as an export file carries them', () => {
  expect(of(numbers, 'id flag face conf', 60)).toBe(4 + 1 + 4 + 4);
  expect(of([column('a', 'bigint unsigned'), column('b', 'date'), column('c', 'datetime(6)')], 'a b c', 60)).toBe(
    8 + 4 + 8,
  );
  // Whatever else the row holds.
  expect(of([...numbers, column('landmarks', 'blob', 65_535)], 'id flag', 5000)).toBe(5);
});

test('texts share what is left of the average row, by their greatest lengths', () => {
  // 20 of the row's own and 4 of the id leave 300.
  const columns = [column('id', 'int'), column('Name', 'varchar(50)', 200), column('url', 'varchar(250)', 1000)];
  expect(of(columns, 'id name url', 324)).toBe(304);
  expect(of(columns, 'id name', 324)).toBe(4 + 50);
});

test('a blob without a bound does not take the bytes of the text beside it, nor the text more than it can hold', () => {
  const columns = [
    column('id', 'int'),
    column('name', 'varchar(4)', 16),
    column('landmarks', 'longblob', 4_294_967_295),
  ];
  expect(of(columns, 'name', 20 + 4 + 1040)).toBe(16);
  expect(of(columns, 'name', 20 + 4 + 104)).toBe(2);
});

test('a type that is not carried takes its share too, and an average below the columns leaves no text a negative size', () => {
  expect(of([column('id', 'int'), column('place', 'point'), column('t', 'text', 1024)], 't', 20 + 4 + 100)).toBe(50);
  expect(of([...numbers, column('t', 'text', 1024)], 't', 10)).toBe(0);
});
