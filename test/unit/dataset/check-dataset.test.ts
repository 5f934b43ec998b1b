import { describe, expect, test } from 'vitest';
import { checkDataset } from '../../../src/dataset/check-dataset.js';
import type { Column, Dataset, Source } from '../../../src/dataset/declaration.js';
import { column, table } from '../../../src/dataset/declare.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';

const source = (rest: Partial<Source> = {}): Source =>
  table('Book', 'id', { title: 'varchar' }, { role: 'driving', reduce: { rows: 'one' }, ...rest });

function books(sources: readonly Source[], more: readonly Column[] = [], rest: Partial<Dataset> = {}): Dataset {
  return {
    format: 1,
    name: 'books',
    key: { name: 'id', digits: 10 },
    sources,
    columns: [
      column('id', 'UInt32', 'book.id').column,
      column('at', 'DateTime', '', { place: 'version' }).column,
      ...more,
    ],
    options: [],
    oddities: [],
    table: { name: 'b', engine: 'MergeTree', version: 'at', partitionBy: '', orderBy: ['id'], settings: {} },
    ...rest,
  };
}

const extra = (name: string, type: string, rest: Partial<Column> = {}): Column => column(name, type, 'x', rest).column;
const message = (dataset: Dataset): string => {
  try {
    checkDataset(dataset);
  } catch (error) {
    expect(error).toMatchObject({ code: 'DATASET_INVALID', exit: 2 });
    return (error as Error).message;
  }
  return '';
};

test('the built-in dataset is in order', () => expect(message(imagesAnalytical)).toBe(''));

describe('names that differ by case only are refused with both spellings (fault 8)', () => {
  test.each<[string, Dataset, string]>([
    ['columns', books([source()], [extra('Name', 'String'), extra('name', 'String')]), '"Name" and "name"'],
    [
      'columns of a source',
      books([source({ columns: { id: 'int', Title: 'text', title: 'text' } })]),
      'book: columns "Title" and "title"',
    ],
    ['sources', books([source(), source({ role: 'keyed' })]), 'sources "book" twice'],
  ])('%s', (_, dataset, text) => expect(message(dataset)).toContain(text));
});

test.each(['a/b', '..', '.hidden', 'Book', 'a\\b', 'nul\0', 'end.', ''])('a source cannot be called %j', (name) => {
  expect(message(books([source({ name })]))).toContain('cannot name a file');
});

test.each(['order', 'select', 'with-dash', 'with.dot', 'größe', "it's", 'a`b', '列'])('but %j it can', (name) => {
  expect(message(books([source({ name })], [extra(name, 'String')]))).toBe('');
});

describe('what cannot be right is said before any server is asked', () => {
  const enumType = "Enum8('a' = 1)";
  test.each<[string, Dataset, string]>([
    ['geometry', books([source({ columns: { id: 'int', at: 'point' } })]), 'book.at: point columns are not carried'],
    ['a key that is text', books([source({ columns: { id: 'varchar' } })]), 'book: its key id is no integer column'],
    ['no driving source', books([source({ role: 'keyed' })]), 'one driving source, and has 0'],
    ['values OR-ed', books([source({ reduce: { rows: 'any' } })]), 'for flags only'],
    ['an unknown type', books([source()], [extra('m', 'Map(String, String)')]), 'm: the type Map(String, String)'],
    ['an Enum without unknown', books([source()], [extra('e', enumType)]), 'e: an Enum has no value for unknown'],
    ['a Nullable Array', books([source()], [extra('a', 'Nullable(Array(UInt8))')]), 'a: an Array cannot be Nullable'],
    ['a policy', books([source()], [extra('a', 'UInt8', { misfit: 'wrap' as never })]), 'no policy "wrap"'],
    ['digits', books([source()], [], { key: { name: 'id', digits: 20 } }), 'have 10 digits'],
    [
      'an order without the key',
      books([source()], [], { table: { ...books([]).table, orderBy: ['at'] } }),
      'lacks the key id',
    ],
    [
      'an order of no columns',
      books([source()], [], { table: { ...books([]).table, orderBy: ['id', 'b'] } }),
      'names b',
    ],
    ['an access', books([source({ access: 'twice' as never })]), 'book: there is no access "twice"'],
    ['the access of a lookup', books([source({ role: 'lookup', access: 'range' })]), 'book: a lookup is read whole'],
    ['a version', books([source()], [], { table: { ...books([]).table, version: 'v' } }), 'its version v'],
  ])('%s', (_, dataset, text) => expect(message(dataset)).toContain(text));

  test.each<Partial<Column>>([{ unknown: "'a'" }, { type: `Nullable(${enumType})` }])('an Enum with %j', (rest) => {
    expect(message(books([source()], [extra('e', enumType, rest)]))).toBe('');
  });
});
