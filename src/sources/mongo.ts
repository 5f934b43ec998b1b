import { BSON, type Collection, type Db, type Document, MongoClient, type MongoClientOptions } from 'mongodb';
import { messageOf, usageError } from '../core/errors.js';
import type { KeyRange } from '../core/ranges.js';
import type { ServerConfig } from '../core/server-config.js';
import type { Source } from '../dataset/declaration.js';
import { isUnauthorized, mongoError } from './mongo-errors.js';
import { type Command, missingRole, mongoFacts, mongoSourceFacts, mongoVersion } from './mongo-facts.js';
import { checkFields, hasValues } from './mongo-fields.js';
import { keyMatch, keysMatch, oddKeysPipeline, readPipeline } from './mongo-pipeline.js';
import { readFlags, readValues, wholeKey } from './mongo-read.js';
import { rawPipeline, rawRow } from './mongo-rows.js';
import { OddCounter } from './odd-counter.js';
import { keyGroups } from './some-keys.js';
import type { FoundTable, OddCount, SourceServer } from './source.js';

const selectionTimeoutMs = 15_000;

/**
 * The driver's options: what the URL says itself (`?readPreference=secondary&maxStalenessSeconds=90`) is the user's own
 * choice, which the driver would let these overrule. Reads have no maxTimeMS.
 */
export function clientOptions({ url, user, password, ca, timeoutMs }: ServerConfig): MongoClientOptions {
  const said = new Set([...url.searchParams.keys()].map((name) => name.toLowerCase()));
  return {
    appName: 'transload',
    ...(said.has('readpreference') ? {} : { readPreference: 'secondaryPreferred' }),
    ...(said.has('serverselectiontimeoutms') ? {} : { serverSelectionTimeoutMS: selectionTimeoutMs }),
    socketTimeoutMS: timeoutMs,
    promoteLongs: false,
    ...(user === undefined ? {} : { auth: { username: user, password: password ?? '' } }),
    ...(ca === undefined ? {} : { tls: true, ca }),
  };
}

function clientOf(config: ServerConfig): MongoClient {
  try {
    return new MongoClient(config.text, clientOptions(config));
  } catch (error) {
    throw usageError(
      'URL_SYNTAX',
      `MONGO_URL is not understood: ${messageOf(error)}`,
      'write MONGO_URL=mongodb://host:27017/stock',
    );
  }
}

/** Opens the MongoDB server of MONGO_URL. Nothing is ever written to it. */
export function openMongo(config: ServerConfig): SourceServer {
  const client = clientOf(config);
  const name = decodeURIComponent(config.url.pathname.slice(1)) || 'stock';
  const server = `${config.url.host}/${name}`;
  const database = (): Db => client.db(name);
  const command: Command = (one) => database().command(one);
  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      const role = isUnauthorized(error) ? await missingRole(command, name) : '';
      throw mongoError(error, `${what} at MongoDB ${server}`, server, role);
    }
  };

  return {
    engine: 'mongo',
    version: () => guarded('cannot connect', () => mongoVersion(command)),
    facts: () =>
      guarded('cannot connect', () => {
        const { hosts, tls } = client.options;
        return mongoFacts(command, { where: server, database: name, hosts, cipher: tls ? 'TLS' : undefined });
      }),
    explain: (source, found) =>
      guarded(`cannot explain the read of ${found.table}`, () => mongoSourceFacts(command, name, source, found)),
    find: (source) =>
      guarded(`cannot look up ${source.table}`, async () => {
        checkFields(source);
        return findCollection(database(), source);
      }),
    isSample: () =>
      guarded('cannot list collections', async () => {
        const found = await database().listCollections({ name: 'transload_demo' }, { nameOnly: true }).toArray();
        return found.length > 0;
      }),
    bounds: async () => {
      throw new Error('a MongoDB collection cannot drive a dataset');
    },
    // A collection's own order is that of its arrival, and no index entry tells it: the dataset can say `access`.
    spread: async () => undefined,
    count: (source, table, range) =>
      guarded(`cannot count ${table}`, () => countKeys(database().collection(table), source, range)),
    unreachable: (source, table) =>
      guarded(`cannot count keys of ${table}`, () => oddKeys(database().collection(table), source)),
    statement: ({ source, table, range }) => `${table}.aggregate(${BSON.EJSON.stringify(readPipeline(source, range))})`,
    open: async (signal) => ({
      snapshot: new Date().toISOString(),
      read: (request) => {
        const odd = new OddCounter();
        const read = hasValues(request.source) ? readValues : readFlags;
        const batches = read(database().collection(request.table), request, odd, signal, server);
        return { batches, oddities: odd.counts };
      },
      close: async () => undefined,
    }),
    rowsOf: (source, found, keys, take) =>
      guarded(`cannot read ${found.table}`, async () => {
        const options = { promoteValues: false, promoteLongs: false, enableUtf8Validation: false };
        for (const group of keyGroups(found, keys)) {
          const pipeline = rawPipeline(source, keysMatch(source, group));
          for await (const document of database().collection(found.table).aggregate(pipeline, options)) {
            const row = rawRow(source, document, (value) => BSON.EJSON.stringify(value, { relaxed: false }));
            if (row !== undefined) take(row);
          }
        }
      }),
    close: () => client.close(),
  };
}

async function findCollection(database: Db, source: Source): Promise<FoundTable | undefined> {
  const existing = await database.listCollections({}, { nameOnly: true }).toArray();
  for (const wanted of [source.table, ...source.aliases]) {
    const found = existing.find((one) => one.name.toLowerCase() === wanted.toLowerCase());
    if (!found) continue;
    const collection = database.collection(found.name);
    const indexes = await collection.indexes();
    const index = indexes.find(
      (one) => Object.keys(one.key)[0] === source.key && !one.sparse && !one.partialFilterExpression,
    );
    return {
      table: found.name,
      live: Object.fromEntries(Object.keys(source.columns).map((field) => [field, 'bson'])),
      index: index?.name,
      unique: index?.unique === true,
      estimate: await collection.estimatedDocumentCount(),
    };
  }
  return undefined;
}

async function oddKeys(collection: Collection, source: Source): Promise<ReadonlyMap<string, OddCount>> {
  const found = await collection.aggregate(oddKeysPipeline(source)).toArray();
  return new Map(
    found.map(({ _id, count, example }) => [
      `key_type:${_id}`,
      { count: Number(count), example: `_id ${String(example)}` },
    ]),
  );
}

/** Documents whose key is a whole number; of the doubles each is looked at, since a server cannot tell 7.0 from 7.5. */
async function countKeys(collection: Collection, source: Source, range: KeyRange | undefined): Promise<number> {
  const of = (types: string[]): Document => ({
    [source.key]: { ...keyMatch(source, range)[source.key], $type: types, $not: { $type: 'array' } },
  });
  let count = await collection.countDocuments(of(['int', 'long']));
  const doubles = [{ $match: of(['double']) }, { $project: { _id: 0, k: `$${source.key}` } }];
  for await (const { k } of collection.aggregate(doubles)) if (wholeKey(k) !== undefined) count++;
  return count;
}
