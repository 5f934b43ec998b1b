import fc from 'fast-check';
import { BSON, Decimal128, Double, Int32, Long } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { batchBytesMax } from '../../../src/core/batch.js';
import { collection } from '../../../src/dataset/declare.js';
import { valueBatches } from '../../../src/sources/mongo-values.js';
import { OddCounter } from '../../../src/sources/odd-counter.js';
import { rowsOf } from '../../support/batch-rows.js';
import { rawDocument } from './bson.js';

type Fields = Readonly<Record<string, string>>;

async function* each(documents: readonly (object | Buffer)[]): AsyncGenerator<Uint8Array> {
  for (const one of documents) yield Buffer.isBuffer(one) ? one : BSON.serialize(one);
}

async function read(fields: Fields, documents: readonly (object | Buffer)[], isOrdered = true, key = 'k') {
  const odd = new OddCounter();
  const source = collection('scores', key, fields);
  const rows = await rowsOf(valueBatches(each(documents), source, isOrdered, odd));
  return { rows, odd: Object.fromEntries(odd.counts) };
}
const rowsRead = async (fields: Fields, ...documents: (object | Buffer)[]): Promise<unknown[][]> =>
  (await read(fields, documents)).rows;
const int = (value: number): Int32 => new Int32(value);

describe('null, missing, empty (fault 28)', () => {
  test('null and missing are NULL, 0 and the empty text are none', async () => {
    const rows = await rowsRead(
      { n: 'int', s: 'varchar' },
      { k: 1, n: null, s: null },
      { k: 2 },
      { k: 3, n: 0, s: '' },
    );
    expect(rows).toEqual([
      [1n, null, null],
      [2n, null, null],
      [3n, 0, ''],
    ]);
    expect(await rowsRead({ n: 'int' }, rawDocument([0x10, 'k', '01000000'], [0x06, 'n', '']))).toEqual([[1n, null]]);
  });

  test('of json each is a value of its own, and only what is missing is NULL', async () => {
    const values = [null, [], {}, int(0), '', false].map((j, index) => ({ k: index, j }));
    expect(
      await rowsRead({ j: 'json' }, ...values, { k: 6 }, rawDocument([0x10, 'k', '07000000'], [0x06, 'j', ''])),
    ).toEqual(
      ['null', '[]', '{}', '{"$numberInt":"0"}', '""', 'false', null, '{"$undefined":true}'].map((j, k) => [
        BigInt(k),
        j,
      ]),
    );
  });
});

describe('a dot is a path into a document', () => {
  const fields = { 'a.b': 'int', 'a.c.d': 'varchar', 'a.c': 'json' };

  test('at any depth, and beside a document that is carried whole', async () => {
    expect(await rowsRead(fields, { k: 1, a: { c: { d: 'x' }, b: int(5) }, b: int(9), c: { d: 'y' } })).toEqual([
      [1n, 5, 'x', '{"d":"x"}'],
    ]);
  });

  test.each([
    ['nothing', {}],
    ['null', { a: null }],
    ['an empty document', { a: {} }],
    ['a number', { a: 7 }],
  ])('in %s it is missing', async (_, document) => {
    expect(await rowsRead(fields, { k: 1, ...document })).toEqual([[1n, null, null, null]]);
  });

  test.each([
    [{ a: [] }, 'scores.a of k 7 is an array, and a.b a path into a document', 'declare a as json'],
    [{ a: [{ b: int(1) }] }, 'scores.a of k 7 is an array, and a.b a path into a document', 'declare a as json'],
    [{ a: { c: [{ d: 'x' }] } }, 'scores.a.c of k 7 is an array, and a.c.d a path into', 'declare a.c as json'],
  ])('in an array it is no value that could be told: %o', async (document, message, hint) => {
    await expect(read(fields, [{ k: 7, ...document }])).rejects.toMatchObject({
      code: 'BSON_TYPE',
      exit: 3,
      retryable: false,
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test('a field with a dot in its own name is another one', async () => {
    const dotted = rawDocument([0x10, 'k', '01000000'], [0x10, 'a.b', '05000000']);
    expect(await rowsRead({ 'a.b': 'int' }, dotted)).toEqual([[1n, null]]);
  });
});

describe('what does not fit stops the read', () => {
  test('a value of another type, named with its field, its key, and both types', async () => {
    await expect(read({ score: 'double' }, [{ k: 7, score: '1.5' }])).rejects.toMatchObject({
      code: 'BSON_TYPE',
      exit: 3,
      retryable: false,
      message: 'scores.score of k 7 is a string, declared double',
      hint: 'declare score as json to carry it as it is, or repair the document',
    });
    await expect(read({ n: 'int' }, [{ k: 7, n: [] }])).rejects.toThrow('scores.n of k 7 is an array, declared int');
  });

  test.each([
    ['tinyint unsigned', new Double(256), '256'],
    ['tinyint unsigned', int(-1), '-1'],
    ['int', Long.fromString('2147483648'), '2147483648'],
    ['int unsigned', Long.fromString('4294967296'), '4294967296'],
    ['bigint', new Double(2 ** 63), '9223372036854775808'],
    ['bigint unsigned', int(-1), '-1'],
    ['int', new Double(7.5), 'the double 7.5'],
    ['decimal(6,3)', Decimal128.fromString('1000'), '1000'],
  ])('%s of %o', async (declared, n, shown) => {
    const error = { code: 'VALUE_MISFIT', exit: 3, retryable: false };
    const reading = read({ n: declared }, [{ k: 7, n }]);
    await expect(reading).rejects.toMatchObject({ ...error, message: expect.stringContaining(shown) });
    await expect(reading).rejects.toThrow(/\bn of k 7\b/);
  });

  test('a document that is no BSON', async () => {
    await expect(read({ n: 'int' }, [Buffer.from('0600000020', 'hex')])).rejects.toMatchObject({
      code: 'BSON_DAMAGED',
      exit: 3,
      retryable: false,
    });
  });
});

test('a key is one number whatever its type; the rest is counted by type (fault 15)', async () => {
  const keys = [int(7), Long.fromNumber(7), new Double(7), Long.fromString('9007199254740993'), new Double(-0)];
  const others = [new Double(7.5), [int(3)], Decimal128.fromString('8')];
  const { rows, odd } = await read(
    { n: 'int' },
    [...keys, ...others].map((k) => ({ k })),
    false,
  );
  expect(rows.map(([key]) => key)).toEqual([7n, 7n, 7n, 9007199254740993n, 0n]);
  expect(odd).toEqual({
    'key_type:double': { count: 1, example: '7.5' },
    'key_type:array': { count: 1, example: '[{"$numberInt":"3"}]' },
    'key_type:decimal': { count: 1, example: '8' },
  });
  const inside = await read({ n: 'int' }, [{ m: { id: 3 }, n: 1 }, { m: [{ id: 4 }] }], true, 'm.id');
  expect([inside.rows, inside.odd]).toEqual([[[3n, 1]], { 'key_type:array': { count: 1, example: 'm is an array' } }]);
});

describe('the order of rows', () => {
  const fields = { d: 'double', n: 'bigint', s: 'varchar', b: 'blob', j: 'json', t: 'boolean' };

  test('rows of one key are in the order of their values, so that they are the same whatever the server’s order is', async () => {
    const document = fc.record({
      k: fc.constantFrom(int(1), Long.fromNumber(1), new Double(1)),
      d: fc.constantFrom(null, new Double(-0), new Double(0), new Double(Number.NaN), new Double(1.5), int(1)),
      n: fc.constantFrom(null, int(1), Long.fromNumber(1), new Double(1), Long.fromString('9007199254740993'), int(-1)),
      s: fc.constantFrom(null, '', 'a', 'b', '\uffff', '😀'),
      b: fc.constantFrom(null, new BSON.Binary(Buffer.of(1)), new BSON.Binary(Buffer.of(1, 0)), new BSON.Binary()),
      j: fc.constantFrom(null, int(1), '1'),
      t: fc.boolean(),
    });
    const shuffled = fc
      .array(document, { minLength: 2, maxLength: 12 })
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })));
    await fc.assert(
      fc.asyncProperty(shuffled, async ([before, after]) => {
        expect(await rowsRead(fields, ...after)).toStrictEqual(await rowsRead(fields, ...before));
      }),
    );
  });

  test('NULL first, -0 before 0, NaN last, text and bytes by bytes', async () => {
    const doubles = [Number.NaN, 0, 2, -0, -1].map((d) => ({ k: 1, d: new Double(d) }));
    expect((await rowsRead({ d: 'double' }, ...doubles, { k: 1 })).map(([, d]) => d)).toStrictEqual([
      null,
      -1,
      -0,
      0,
      2,
      Number.NaN,
    ]);
    // By UTF-16 units the emoji would stand first.
    const texts = ['\uffff', '😀', 'ab', 'a', ''].map((s) => ({ k: 1, s }));
    expect((await rowsRead({ s: 'varchar' }, ...texts)).map(([, s]) => s)).toEqual(['', 'a', 'ab', '\uffff', '😀']);
  });

  test('keys that come out of order are an error; in one pass they come as they come', async () => {
    const documents = [{ k: 2 }, { k: 1 }, { k: 2 }];
    await expect(read({ n: 'int' }, documents)).rejects.toMatchObject({ code: 'ORDER_LOST', exit: 3 });
    expect((await read({ n: 'int' }, documents, false)).rows.map(([key]) => key)).toEqual([2n, 1n, 2n]);
  });
});

test.each([true, false])(
  'batches are cut by bytes, and no more than one key is held (in key order: %s)',
  async (isOrdered) => {
    const megabyte = 'x'.repeat(1 << 20);
    let asked = 0;
    async function* documents(): AsyncGenerator<Uint8Array> {
      for (; asked < 40; asked++) yield BSON.serialize({ k: asked, s: megabyte });
    }
    const sizes: number[] = [];
    for await (const batch of valueBatches(
      documents(),
      collection('c', 'k', { s: 'text' }),
      isOrdered,
      new OddCounter(),
    )) {
      sizes.push(batch.rows);
      expect(asked).toBeLessThanOrEqual(sizes.reduce((sum, rows) => sum + rows, 0) + 1);
    }
    const cut = batchBytesMax >> 20;
    expect(sizes).toEqual(Array.from({ length: 40 / cut }, () => cut));
  },
);

test('a flag beside values is what the server computed', async () => {
  const fields = { a: 'flag', f: 'int', b: 'flag' };
  const documents = [{ k: 1, f: int(3), f_1: true, f_3: false }];
  expect(await rowsRead(fields, ...documents)).toEqual([[1n, true, 3, false]]);
});

test('of two fields of one name the first counts', async () => {
  const twice = rawDocument([0x10, 'k', '01000000'], [0x10, 'n', '05000000'], [0x10, 'n', '06000000']);
  expect(await rowsRead({ n: 'int' }, twice)).toEqual([[1n, 5]]);
});
