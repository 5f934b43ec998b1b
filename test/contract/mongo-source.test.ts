import { Binary, Double, Int32, Long, MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { inclusiveRange } from '../../src/core/ranges.js';
import { collection } from '../../src/dataset/declare.js';
import type { SourceServer } from '../../src/sources/source.js';
import { atDatabase, openSource, readAll } from '../support/read-source.js';

const database = 'contract_source';

describe('MongoDB', () => {
  let server: SourceServer;
  let client: MongoClient;
  const source = collection('marks', 'image_id', ['a', 'b']);

  beforeAll(async () => {
    const { mongoUrl } = inject('servers');
    client = await MongoClient.connect(mongoUrl);
    await client.db(database).dropDatabase();
    const bin = (hex: string): Binary => new Binary(Buffer.from(hex, 'hex'));
    await client
      .db(database)
      .collection('marks')
      .insertMany([
        { image_id: new Int32(7), a: bin('80049500'), b: null },
        { image_id: Long.fromNumber(7), a: bin('80044e2e'), b: { x: [1] } },
        { image_id: new Double(7), a: bin('4e2e'), b: {} },
        { image_id: new Int32(3), a: bin('80034e'), b: [] },
        { image_id: new Double(7.5), a: bin('01') },
        { image_id: '7', a: 1 },
        { image_id: null, a: 1 },
        { a: 1 },
        { image_id: Long.fromString('8589934592'), a: 0, b: '' },
      ]);
    await client.db(database).collection('marks').createIndex({ image_id: 1 });
    server = openSource({ MONGO_URL: atDatabase(mongoUrl, database) });
  });
  afterAll(async () => {
    await server.close();
    await client.close();
  });

  it('keys are one number whatever their BSON type; presence is as declared; the rest is counted', async () => {
    const { rows, oddities, found } = await readAll(server, source, inclusiveRange(0n, 8589934592n));
    expect(rows).toEqual([
      [3n, false, true],
      [7n, false, false],
      [7n, false, true],
      [7n, true, false],
      [8589934592n, true, true],
    ]);
    expect(oddities).toEqual({ 'key_type:double': { count: 1, example: '7.5' } });
    expect(found.index).toBeDefined();
    expect(await server.count(source, 'marks', inclusiveRange(0n, 8589934592n))).toBe(rows.length);
    expect(await server.count(source, 'marks', inclusiveRange(7n, 7n))).toBe(3);
    const unreachable = Object.fromEntries(
      [...(await server.unreachable(source, 'marks'))].map(([name, { count }]) => [name, count]),
    );
    expect(unreachable).toEqual({ 'key_type:string': 1, 'key_type:null': 1, 'key_type:missing': 1 });
  });

  it('a range up to the greatest key of 64 bits holds them all, one above every Long none (fault 2)', async () => {
    const [top, half] = [(1n << 64n) - 1n, 1n << 63n];
    expect((await readAll(server, source, inclusiveRange(0n, top))).rows).toHaveLength(5);
    expect(await server.count(source, 'marks', inclusiveRange(0n, top))).toBe(5);
    expect((await readAll(server, source, inclusiveRange(half, top))).rows).toEqual([]);
  });

  it('an absent collection is undefined; a server that is not there is said within seconds', async () => {
    expect(await server.find(collection('nothing', 'image_id', ['a']))).toBeUndefined();
    expect((await server.find({ ...source, table: 'MARKS' }))?.table).toBe('marks');
  });
});
