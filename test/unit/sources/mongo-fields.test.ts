import { describe, expect, test } from 'vitest';
import { inclusiveRange } from '../../../src/core/ranges.js';
import { checkDataset } from '../../../src/dataset/check-dataset.js';
import type { Source } from '../../../src/dataset/declaration.js';
import { collection } from '../../../src/dataset/declare.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { checkFields } from '../../../src/sources/mongo-fields.js';
import { readPipeline } from '../../../src/sources/mongo-pipeline.js';

const project = (...of: Parameters<typeof collection>): unknown =>
  readPipeline(collection(...of), undefined).at(-1)?.$project;
const stages = (...of: Parameters<typeof collection>): string[] =>
  readPipeline(collection(...of), inclusiveRange(1n, 9n)).flatMap((stage) => Object.keys(stage));

describe('what a read asks the server for', () => {
  test('flags alone: nothing else travels, nothing is sorted at the server', () => {
    expect(stages('c', 'k', ['a', 'b'])).toEqual(['$match', '$project']);
    expect(project('c', 'k', ['a', 'b'])).toEqual({ _id: 0, k: '$k', f0: expect.anything(), f1: expect.anything() });
    expect(stages('c', 'k', [])).toEqual(['$match', '$project']);
  });

  test('values: the declared fields in key order; in one pass in any order', () => {
    expect(stages('c', 'k', { a: 'int' })).toEqual(['$match', '$sort', '$project']);
    expect(readPipeline(collection('c', 'k', { a: 'int' }), undefined).map((stage) => Object.keys(stage)[0])).toEqual([
      '$match',
      '$project',
    ]);
    expect(project('c', 'k', { a: 'int', 'b.c': 'varchar' })).toEqual({ _id: 0, k: 1, a: 1, 'b.c': 1 });
  });

  test('a field inside another one comes with it, and one that only begins alike does not', () => {
    expect(project('c', 'k', { 'a.b': 'int', 'a.b.c': 'int', 'a.bc': 'int', a2: 'int' })).toEqual({
      _id: 0,
      k: 1,
      'a.b': 1,
      'a.bc': 1,
      a2: 1,
    });
    expect(project('c', 'k', { 'a.b': 'int', a: 'json' })).toEqual({ _id: 0, k: 1, a: 1 });
  });

  test('_id is left out where it is not declared', () => {
    expect(project('c', '_id', { a: 'int' })).toEqual({ _id: 1, a: 1 });
    expect(project('c', 'k', { '_id.x': 'int' })).toEqual({ k: 1, '_id.x': 1 });
    expect(project('c', 'k', { _idle: 'int' })).toEqual({ _id: 0, k: 1, _idle: 1 });
  });

  test('a flag beside values has a name that no field has', () => {
    expect(project('c', 'k', { a: 'flag', b: 'int' })).toEqual({ _id: 0, k: 1, b: 1, f1: expect.anything() });
    expect(project('c', 'k', { a: 'flag', f1: 'int' })).toEqual({ _id: 0, k: 1, f1: 1, f_1: expect.anything() });
  });
});

describe('refused before anything is read, by name', () => {
  test.each(['date', 'datetime', 'time', 'year', 'bit(1)', "enum('a')", "set('a')", 'uuid', 'geometry', 'nonsense'])(
    '%s',
    (declared) => {
      expect(() => checkFields(collection('scores', 'k', { a: 'int', taken: declared }))).toThrow(
        expect.objectContaining({
          code: 'KIND_UNKNOWN',
          exit: 2,
          message: `mongo_scores.taken: no field of MongoDB is carried as ${declared}`,
        }),
      );
    },
  );

  test.each(['a.', '.a', 'a..b', '', '$a', 'a.$b'])('a field named "%s"', (name) => {
    expect(() => checkFields(collection('scores', 'k', { [name]: 'int' }))).toThrow(
      expect.objectContaining({ code: 'FIELD_NAME', exit: 2, message: `mongo_scores.${name} is no path to a field` }),
    );
  });
});

describe('the declaration of a collection', () => {
  test('a list is presence, OR-ed; a record is values, one document a key', () => {
    expect(collection('c', 'k', ['a', 'b.c'])).toMatchObject({
      name: 'mongo_c',
      columns: { k: 'bigint', a: 'flag', 'b.c': 'flag' },
      reduce: { rows: 'any' },
    });
    expect(collection('c', 'k', { a: 'double' })).toMatchObject({
      name: 'mongo_c',
      columns: { k: 'bigint', a: 'double' },
      reduce: { rows: 'one' },
    });
  });

  test('what `rest` says counts', () => {
    const rest = { optional: false, reduce: { rows: 'best', order: 'a DESC' } } as const;
    expect(collection('c', 'k', { a: 'double' }, rest)).toMatchObject(rest);
    expect(collection('c', 'k', ['a'], { name: 'marks' })).toMatchObject({ name: 'marks', reduce: { rows: 'any' } });
  });

  test('values are not OR-ed', () => {
    const any = { reduce: { rows: 'any' } } as const;
    const refusal = (source: Source): string => {
      try {
        checkDataset({ ...imagesAnalytical, sources: [...imagesAnalytical.sources, source] });
        return 'none';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal(collection('c', 'k', { a: 'flag', b: 'boolean' }, any))).toContain('mongo_c: rows are OR-ed (any)');
    expect(refusal(collection('c', 'k', { a: 'flag' }, any))).toBe('none');
    expect(refusal(collection('c', 'k', { a: 'double', 'b.c': 'json' }))).toBe('none');
  });
});
