import { type Collection, MongoClient } from 'mongodb';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import type { KeyRange } from '../../src/core/ranges.js';
import type { Source } from '../../src/dataset/declaration.js';
import { collection } from '../../src/dataset/declare.js';
import type { FoundTable, SourceServer } from '../../src/sources/source.js';
import { rowsOf } from './batch-rows.js';
import { atDatabase, openSource } from './read-source.js';

export interface MongoScores {
  /** The collection `scores`, empty before each test, with an index on its key `image_id`. */
  readonly scores: Collection;
  readonly server: SourceServer;
  /** Rows and oddities of a range; without one, of all in one pass. */
  read(source: Source, range: KeyRange | undefined): Promise<{ rows: unknown[][]; odd: Record<string, unknown> }>;
}

/** The source `mongo_scores` with such fields. */
export const declareScores = (fields: Readonly<Record<string, string>>): Source =>
  collection('scores', 'image_id', fields);

/** To be called once in a test file: a database of its own at the MongoDB server. */
export function useMongoScores(database: string): MongoScores {
  let server: SourceServer;
  let client: MongoClient;
  const scores = (): Collection => client.db(database).collection('scores');
  beforeAll(async () => {
    const { mongoUrl } = inject('servers');
    client = await MongoClient.connect(mongoUrl);
    server = openSource({ MONGO_URL: atDatabase(mongoUrl, database) });
  });
  afterAll(async () => {
    await server.close();
    await client.close();
  });
  beforeEach(async () => {
    await client.db(database).dropDatabase();
    await scores().createIndex({ image_id: 1 });
  });
  return {
    get scores() {
      return scores();
    },
    get server() {
      return server;
    },
    async read(source, range) {
      const { table, index, live } = (await server.find(source)) as FoundTable;
      const session = await server.open(new AbortController().signal);
      try {
        const reading = session.read({ source, table, index, range, live });
        return { rows: await rowsOf(reading.batches), odd: Object.fromEntries(reading.oddities) };
      } finally {
        await session.close();
      }
    },
  };
}
