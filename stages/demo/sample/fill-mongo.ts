import type { Collection, Db, Document } from 'mongodb';
import { Double, Int32, Long, MongoClient } from 'mongodb';
import type { CollectionName, DocumentKey, SampleDocument } from './documents.js';
import { collectionNames } from './documents.js';
import { documentBatches } from './generate.js';
import type { FillProgress, FillResult, Sample, SampleOptions } from './sample.js';
import { markerName, markerVersion, resolveSample } from './sample.js';

export interface FillMongoOptions {
  readonly url: string;
  readonly database: string;
  readonly sample: SampleOptions;
  readonly onProgress?: (progress: FillProgress) => void;
  /** Drops collections of the sample's names that an earlier fill did not make. */
  readonly overwrite?: boolean;
}

/**
 * Creates and fills the four collections. Does nothing where an earlier fill of the same sample went through. Throws an
 * Error where one of the collections exists that no earlier fill made, unless `overwrite`.
 */
export async function fillMongo(options: FillMongoOptions): Promise<FillResult> {
  const sample = resolveSample(options.sample);
  const client = new MongoClient(options.url, { serverSelectionTimeoutMS: 10_000 });
  try {
    await client.connect();
    const db = client.db(options.database);
    const existing = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
    const found = collectionNames.filter((name) => existing.includes(name));
    const marked = existing.includes(markerName);
    if (marked && found.length === collectionNames.length && (await isFilled(db, sample))) {
      return { reused: true, rows: 0 };
    }
    if (found.length > 0 && !marked && options.overwrite !== true) {
      throw new Error(
        `database ${options.database} already has ${found.join(', ')}, ` +
          'which no earlier fill of sample data made; they would be dropped',
      );
    }
    return { reused: false, rows: await fill(db, sample, found, options.onProgress) };
  } finally {
    await client.close();
  }
}

function marker(sample: Sample): { images: number; seed: number; version: string } {
  return { images: sample.images, seed: sample.seed, version: markerVersion(sample) };
}

async function isFilled(db: Db, sample: Sample): Promise<boolean> {
  const documents = await db.collection(markerName).find().toArray();
  const [found] = documents;
  const wanted = marker(sample);
  return (
    documents.length === 1 &&
    found?.images === wanted.images &&
    found.seed === wanted.seed &&
    found.version === wanted.version
  );
}

async function fill(
  db: Db,
  sample: Sample,
  found: readonly CollectionName[],
  onProgress: FillMongoOptions['onProgress'],
): Promise<number> {
  // A marker that says so from the start: a fill that is cut off leaves collections which the next one may replace.
  await db.collection(markerName).deleteMany({});
  await db.collection(markerName).insertOne({ state: 'filling' });
  for (const name of found) await db.collection(name).drop();
  let rows = 0;
  for (const name of collectionNames) {
    const collection = db.collection(name);
    await collection.createIndex({ image_id: 1 }, { unique: name === 'encodings' });
    for (const batch of documentBatches(sample, name)) {
      await insert(collection, batch);
      rows += batch.length;
      onProgress?.({ table: name, rows, totalRows: sample.mongoDocuments });
    }
  }
  await db.collection(markerName).deleteMany({});
  await db.collection(markerName).insertOne(marker(sample));
  return rows;
}

async function insert(collection: Collection, batch: readonly SampleDocument[]): Promise<void> {
  const result = await collection.insertMany(batch.map(documentOf));
  if (result.insertedCount !== batch.length) {
    throw new Error(`${collection.collectionName}: ${result.insertedCount} of ${batch.length} documents stored`);
  }
}

function documentOf({ key, fields }: SampleDocument): Document {
  return key.type === 'missing' ? { ...fields } : { image_id: bsonKey(key), ...fields };
}

function bsonKey(key: Exclude<DocumentKey, { type: 'missing' }>): unknown {
  switch (key.type) {
    case 'int32':
      return new Int32(key.value);
    case 'int64':
      return Long.fromNumber(key.value);
    case 'double':
      return new Double(key.value);
    case 'string':
      return key.value;
    case 'null':
      return null;
  }
}
