import { Binary, BSON, Decimal128, Double, Int32, Long } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { batchBytesMax } from '../../src/core/batch.js';
import { inclusiveRange } from '../../src/core/ranges.js';
import type { FoundTable } from '../../src/sources/source.js';
import { declareScores, useMongoScores } from '../support/mongo-scores.js';

const mongo = useMongoScores('contract_documents');
const all = inclusiveRange(0n, 4294967295n);
const int = (value: number): Int32 => new Int32(value);
const long = (text: string): Long => Long.fromString(text);
const decimal = (text: string): Decimal128 => Decimal128.fromString(text);

describe('fields inside documents', () => {
  const source = declareScores({ 'landmarks.left': 'double', landmarks: 'json', 'a.b.c': 'int' });

  it('are found by their path; what is not there is NULL', async () => {
    await mongo.scores.insertMany([
      { image_id: 1, landmarks: { left: new Double(1.5), right: 2 }, a: { b: { c: int(5), d: 6 }, c: 7 } },
      { image_id: 2, landmarks: { left: null }, a: { b: {} } },
      { image_id: 3, landmarks: {}, a: { b: 5 } },
      { image_id: 4, landmarks: null, a: null },
      { image_id: 5 },
    ]);
    expect((await mongo.read(source, all)).rows).toEqual([
      [1n, 1.5, '{"left":{"$numberDouble":"1.5"},"right":{"$numberInt":"2"}}', 5],
      [2n, null, '{"left":null}', null],
      [3n, null, '{}', null],
      [4n, null, 'null', null],
      [5n, null, null, null],
    ]);
  });

  it.each([
    [{ landmarks: [{ left: 1 }] }, 'scores.landmarks of image_id 7 is an array, and landmarks.left a path'],
    [{ landmarks: [] }, 'scores.landmarks of image_id 7 is an array, and landmarks.left a path'],
    [{ a: { b: [{ c: 1 }, { c: 2 }] } }, 'scores.a.b of image_id 7 is an array, and a.b.c a path'],
  ])('an array on the path is said: %o', async (document, message) => {
    await mongo.scores.insertMany([{ image_id: 7, ...document }]);
    await expect(mongo.read(source, all)).rejects.toMatchObject({
      code: 'BSON_TYPE',
      message: expect.stringContaining(message),
    });
  });
});

describe('rows', () => {
  it('are in key order whatever the type of their keys; rows of one key in the order of their values', async () => {
    const keys = [int(3), new Double(1), long('2'), int(1), long('8589934592'), new Double(3)];
    const documents = keys.map((image_id, index) => ({ image_id, n: int(9 - index), s: 'x' }));
    const odd = [new Double(2.5), decimal('2'), [int(2)], '2', null].map((image_id) => ({ image_id, n: int(0) }));
    const source = declareScores({ n: 'bigint', s: 'varchar' });
    const expected = [
      [1n, 6n, 'x'],
      [1n, 8n, 'x'],
      [2n, 7n, 'x'],
      [3n, 4n, 'x'],
      [3n, 9n, 'x'],
      [8589934592n, 5n, 'x'],
    ];
    for (const order of [documents, documents.toReversed()]) {
      await mongo.scores.deleteMany({});
      await mongo.scores.insertMany([...order, ...odd]);
      const range = inclusiveRange(0n, 8589934592n);
      const { rows, odd: counted } = await mongo.read(source, range);
      expect(rows).toEqual(expected);
      expect(counted).toEqual({
        'key_type:array': { count: 1, example: '[{"$numberInt":"2"}]' },
        'key_type:decimal': { count: 1, example: '2' },
        'key_type:double': { count: 1, example: '2.5' },
      });
      expect(await mongo.server.count(source, 'scores', range)).toBe(rows.length);
      expect((await mongo.read(source, inclusiveRange(2n, 2n))).rows).toEqual([[2n, 7n, 'x']]);
      const onePass = await mongo.read(source, undefined);
      expect(onePass.rows.toSorted()).toEqual(expected.toSorted());
      expect(onePass.odd).toEqual(counted);
    }
  });

  it('carry flags beside values, and a field that is named like a flag', async () => {
    const field = Buffer.from('80044e2e', 'hex');
    await mongo.scores.insertMany([
      { image_id: 1, f1: int(5), a: new Binary(field), f: 'x' },
      { image_id: 2, a: {} },
      { image_id: 3, a: 0 },
    ]);
    expect((await mongo.read(declareScores({ a: 'flag', f1: 'int', f: 'varchar' }), all)).rows).toEqual([
      [1n, false, 5, 'x'],
      [2n, false, null, null],
      [3n, true, null, null],
    ]);
  });

  it('of a large value arrive whole, in batches of bounded bytes', async () => {
    const text = 'x'.repeat(Math.ceil(batchBytesMax / 3));
    for (let image_id = 0; image_id < 6; image_id++) await mongo.scores.insertOne({ image_id, v: text + image_id });
    const source = declareScores({ v: 'text' });
    const found = (await mongo.server.find(source)) as FoundTable;
    const session = await mongo.server.open(new AbortController().signal);
    const sizes: number[] = [];
    for await (const batch of session.read({ source, range: all, ...found }).batches) sizes.push(batch.rows);
    await session.close();
    expect(sizes).toEqual([3, 3]);
  });
});

it('the statement shown is the one that is sent', () => {
  const request = { source: declareScores({ 'a.b': 'int' }), table: 'scores', index: undefined, live: {} };
  const pipeline = [
    { $match: { image_id: { $gte: 1, $lt: 3 } } },
    { $sort: { image_id: 1 } },
    { $project: { _id: 0, image_id: 1, 'a.b': 1 } },
  ];
  expect(mongo.server.statement({ ...request, range: inclusiveRange(1n, 2n) })).toBe(
    `scores.aggregate(${BSON.EJSON.stringify(pipeline)})`,
  );
});
