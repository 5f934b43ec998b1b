import { type Collection, type Document, Long } from 'mongodb';
import { type Batch, BatchBuilder } from '../core/batch.js';
import type { Cell } from '../core/cells.js';
import { exportColumns } from '../dataset/declaration.js';
import { mongoError } from './mongo-errors.js';
import { flagNames, readPipeline } from './mongo-pipeline.js';
import { valueBatches } from './mongo-values.js';
import type { OddCounter } from './odd-counter.js';
import type { ReadRequest } from './source.js';

/** The BSON type of a key that passed for a number at the server and is none: an array matches by its members. */
function oddType(key: unknown): string {
  if (typeof key === 'number') return 'double';
  return Array.isArray(key) ? 'array' : 'decimal';
}

/** A whole number of any BSON type, or undefined: 7.5, NaN and Decimal128 are no keys. */
export function wholeKey(key: unknown): bigint | undefined {
  if (Long.isLong(key)) return key.toBigInt();
  if (typeof key === 'bigint') return key;
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : undefined;
}

/** Equal keys in the order of their flags: the server's own order may differ from read to read. */
function byKeyThenFlags(a: Cell[], b: Cell[]): number {
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index] as bigint | boolean, b[index] as bigint | boolean];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** Flags in key order: a range's documents are few bytes each, so they are sorted here and not by the server. */
export async function* readFlags(
  collection: Collection,
  request: ReadRequest,
  odd: OddCounter,
  signal: AbortSignal,
  server: string,
): AsyncGenerator<Batch> {
  const { source, range } = request;
  const names = flagNames(source);
  const builder = new BatchBuilder(exportColumns(source));
  const rows: Cell[][] = [];
  try {
    const cursor = collection.aggregate<Document>(readPipeline(source, range), {
      batchSize: 10_000,
      allowDiskUse: false,
    });
    for await (const document of cursor) {
      if (signal.aborted) throw signal.reason;
      const key = wholeKey(document.k);
      if (key === undefined) {
        odd.add(`key_type:${oddType(document.k)}`, String(document.k));
        continue;
      }
      const row = [key, ...names.map((_, index) => document[`f${index}`] === true)];
      // A whole collection is not held: whoever reads it in one pass puts it in order afterwards.
      if (range !== undefined) rows.push(row);
      else if (builder.append(row)) yield builder.take();
    }
  } catch (error) {
    throw mongoError(error, `cannot read ${request.table}`, server);
  }
  rows.sort(byKeyThenFlags);
  for (const row of rows) if (builder.append(row)) yield builder.take();
  if (builder.rows > 0) yield builder.take();
}

/** Values in key order, as the server's index has them, so that a range of any size is never held. */
export async function* readValues(
  collection: Collection,
  request: ReadRequest,
  odd: OddCounter,
  signal: AbortSignal,
  server: string,
): AsyncGenerator<Batch> {
  const { source, table, range } = request;
  try {
    const cursor = collection.aggregate<Document>(readPipeline(source, range), {
      batchSize: 10_000,
      // One document whose key is an array is enough, and an index gives no order: then the server sorts by itself.
      allowDiskUse: true,
      raw: true,
    });
    const documents = async function* (): AsyncGenerator<Uint8Array> {
      for await (const document of cursor) {
        if (signal.aborted) throw signal.reason;
        yield document as Uint8Array;
      }
    };
    yield* valueBatches(documents(), source, range !== undefined, odd);
  } catch (error) {
    throw mongoError(error, `cannot read ${table}`, server);
  }
}
