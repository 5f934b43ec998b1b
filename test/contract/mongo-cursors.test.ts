import { Long, MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { inclusiveRange } from '../../src/core/ranges.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { declareScores } from '../support/mongo-scores.js';
import { openSource } from '../support/read-source.js';

const database = 'n_contract_cursors';
/** More than one reply holds, and so much text that the first batch is full before the first reply ends. */
const documents = 15_000;
const text = 'x'.repeat(1000);
const { mongoUrl } = inject('servers');
let admin: MongoClient;

beforeAll(async () => {
  admin = await new MongoClient(mongoUrl).connect();
  await admin.db(database).dropDatabase();
  const scores = admin.db(database).collection('scores');
  await scores.createIndex({ image_id: 1 }, { unique: true });
  await scores.insertMany(Array.from({ length: documents }, (_, index) => ({ image_id: index + 1, text })));
});
afterAll(() => admin.close());

/** The number of the newest cursor that a server told: an Int64 named id. */
function lastCursor(heard: string): Long {
  const at = heard.lastIndexOf('\x12id\0');
  return Long.fromBytesLE([...Buffer.from(heard.slice(at + 4, at + 12), 'latin1')]);
}

it('a cursor that the server gave up in mid-range: lost, and the range may be begun again (fault 16)', async () => {
  const proxy = await startFaultProxy(mongoUrl);
  onTestFinished(() => proxy.close());
  const server = openSource({
    MONGO_URL: Object.assign(new URL(proxy.url), { pathname: `/${database}`, search: '?directConnection=true' }).href,
  });
  onTestFinished(() => server.close());
  const source = declareScores({ text: 'varchar' });
  const found = await server.find(source);
  if (found === undefined) throw new Error('scores is not there');
  const read = async (afterFirst: () => unknown): Promise<number> => {
    const session = await server.open(new AbortController().signal);
    const request = { source, table: 'scores', index: found.index, live: found.live };
    let rows = 0;
    for await (const batch of session.read({ ...request, range: inclusiveRange(1n, 4294967295n) }).batches) {
      if (rows === 0) await afterFirst();
      rows += batch.rows;
    }
    return rows;
  };
  const kill = async (): Promise<void> => {
    const cursors = [lastCursor(proxy.heard())];
    const answer = await admin.db(database).command({ killCursors: 'scores', cursors });
    expect(answer.cursorsKilled).toHaveLength(1);
  };
  await expect(read(kill)).rejects.toMatchObject({
    ...{ code: 'SOURCE_LOST', exit: 12, retryable: true },
    message: expect.stringMatching(/cannot read scores: .*cursor/i),
  });
  expect(await read(() => undefined)).toBe(documents);
});
