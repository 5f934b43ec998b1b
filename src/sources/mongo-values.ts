import { type Batch, BatchBuilder } from '../core/batch.js';
import type { Cell } from '../core/cells.js';
import { exits, messageOf, TransloadError } from '../core/errors.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import { type BsonValue, bsonTypes, documentOf, elementsOf, nameOf, typeWord } from './bson-elements.js';
import { canonicalJson, decimalDigits } from './bson-json.js';
import { type BsonReader, bsonReader, carriesNull } from './bson-values.js';
import { flagField } from './mongo-fields.js';
import type { OddCounter } from './odd-counter.js';

const hintFor = (field: string): string => `declare ${field} as json to carry it as it is, or repair the document`;

/** Where in a document a column's value lies: here, or inside the document that is here. */
interface Place {
  column?: number;
  readonly inner: Map<string, Place>;
}

interface Column {
  readonly name: string;
  readonly declared: string;
  readonly read: BsonReader;
  readonly carriesNull: boolean;
}

/** What a document holds for a column: its value, or the array on its path that hides it. */
type Found = { readonly value: BsonValue } | { readonly array: string } | undefined;

/** Turns the documents that `valuesPipeline` asks for into rows. */
class RowReader {
  readonly #source: Source;
  readonly #columns: readonly Column[];
  readonly #root = new Map<string, Place>();
  readonly #odd: OddCounter;

  constructor(source: Source, odd: OddCounter) {
    this.#source = source;
    this.#odd = odd;
    this.#columns = exportColumns(source).map(({ name, kind }, index) => {
      const path = kind.type === 'flag' ? [flagField(source, index)] : name.split('.');
      place(this.#root, path).column = index;
      const declared = source.columns[name] ?? '';
      const read = bsonReader(declared);
      if (read === undefined) throw new Error(`${name} was declared ${declared} and not refused`);
      return { name, declared, read, carriesNull: carriesNull(declared) };
    });
  }

  /** The row of a document; undefined, and counted, where its key is no whole number. */
  row(raw: Uint8Array): Cell[] | undefined {
    const found: Found[] = new Array(this.#columns.length);
    try {
      gather(documentOf(raw), this.#root, '', found);
    } catch (error) {
      const text = `${this.#source.table}: a document cannot be read: ${messageOf(error)}`;
      throw new TransloadError(exits.failed, 'BSON_DAMAGED', text, 'look at the collection with validate()');
    }
    const key = this.#key(found[0]);
    if (key === undefined) return undefined;
    const row: Cell[] = [key];
    for (let index = 1; index < this.#columns.length; index++) row.push(this.#cell(index, found[index], key));
    return row;
  }

  #key(found: Found): bigint | undefined {
    if (found === undefined) throw new Error('the server gave a document without the key that it matched');
    if ('array' in found) {
      this.#odd.add('key_type:array', `${found.array} is an array`);
      return undefined;
    }
    const { value } = found;
    const { type, bytes, start } = value;
    if (type === bsonTypes.int32) return BigInt(bytes.readInt32LE(start));
    if (type === bsonTypes.int64) return bytes.readBigInt64LE(start);
    const double = type === bsonTypes.double ? bytes.readDoubleLE(start) : undefined;
    if (Number.isInteger(double)) return BigInt(double as number);
    if (double !== undefined) this.#odd.add('key_type:double', String(double));
    else if (type === bsonTypes.array) this.#odd.add('key_type:array', canonicalJson(value));
    else this.#odd.add('key_type:decimal', decimalDigits(value));
    return undefined;
  }

  #cell(index: number, found: Found, key: bigint): Cell {
    if (found === undefined) return null;
    const { name, declared, read, carriesNull } = this.#columns[index] as Column;
    const { table, key: keyName } = this.#source;
    const of = `of ${keyName} ${key}`;
    if ('array' in found) {
      const text = `${table}.${found.array} ${of} is an array, and ${name} a path into a document`;
      throw new TransloadError(exits.failed, 'BSON_TYPE', text, hintFor(found.array));
    }
    const { value } = found;
    if (!carriesNull && (value.type === bsonTypes.null || value.type === bsonTypes.undefined)) return null;
    const cell = ((): Cell | undefined => {
      try {
        return read(value);
      } catch (error) {
        const text = `${table}.${name} ${of}: ${messageOf(error)}`;
        throw new TransloadError(exits.failed, 'VALUE_MISFIT', text, hintFor(name));
      }
    })();
    if (cell !== undefined) return cell;
    const text = `${table}.${name} ${of} is ${typeWord(value)}, declared ${declared}`;
    throw new TransloadError(exits.failed, 'BSON_TYPE', text, hintFor(name));
  }
}

/** The place at the end of a path, made where there is none. */
function place(root: Map<string, Place>, path: readonly string[]): Place {
  let places = root;
  let at: Place = { inner: places };
  for (const step of path) {
    at = places.get(step) ?? { inner: new Map() };
    places.set(step, at);
    places = at.inner;
  }
  return at;
}

/** Fills in what a document holds for the columns. Of two fields of one name the first counts, as for the server. */
function gather(document: BsonValue, places: Map<string, Place>, around: string, found: Found[]): void {
  for (const element of elementsOf(document)) {
    const name = nameOf(element);
    const here = places.get(name);
    if (here === undefined) continue;
    const path = around + name;
    if (here.column !== undefined) found[here.column] ??= { value: element };
    // In anything else, null or a number, the field inside is missing.
    if (element.type === bsonTypes.document) gather(element, here.inner, `${path}.`, found);
    else if (element.type === bsonTypes.array) hide(here.inner, path, found);
  }
}

function hide(places: Map<string, Place>, array: string, found: Found[]): void {
  for (const { column, inner } of places.values()) {
    if (column !== undefined) found[column] ??= { array };
    hide(inner, array, found);
  }
}

/** Numbers of one column may come as number and bigint; -0 stands before 0 and NaN behind all, which `<` cannot tell. */
const rank = (cell: Cell): number => (Object.is(cell, -0) ? 0 : Number.isNaN(cell) ? 2 : 1);

function compareCells(x: Cell, y: Cell): number {
  if (x === null || y === null) return Number(x !== null) - Number(y !== null);
  if (x instanceof Uint8Array && y instanceof Uint8Array) return Buffer.compare(x, y);
  return x < y ? -1 : x > y ? 1 : rank(x) - rank(y);
}

function compareRows(a: readonly Cell[], b: readonly Cell[]): number {
  for (let index = 1; index < a.length; index++) {
    const order = compareCells(a[index] as Cell, b[index] as Cell);
    if (order !== 0) return order;
  }
  return 0;
}

/** Files are in key order, and what reads them relies on it. */
function disordered(source: Source, key: bigint, before: bigint): TransloadError {
  const text = `${source.table}: the server gave ${source.key} ${key} after ${before}`;
  return new TransloadError(exits.failed, 'ORDER_LOST', text, 'this is no MongoDB that sorts by number: report it');
}

/**
 * Batches of the documents that `valuesPipeline` asks for, as raw bytes. With `isOrdered` they come in key order, and
 * rows of one key are put in the order of their values, since the server's own may differ from read to read: rows of one
 * key are all that is held. Throws BSON_TYPE naming field, key and both types where a value is of another type than
 * declared, and VALUE_MISFIT where its column cannot hold it; a retry would find the same.
 */
export async function* valueBatches(
  documents: AsyncIterable<Uint8Array>,
  source: Source,
  isOrdered: boolean,
  odd: OddCounter,
): AsyncGenerator<Batch> {
  const reader = new RowReader(source, odd);
  const builder = new BatchBuilder(exportColumns(source));
  let held: Cell[][] = [];
  function* settled(): Generator<Batch> {
    if (held.length > 1) held.sort(compareRows);
    for (const row of held) if (builder.append(row)) yield builder.take();
    held = [];
  }
  for await (const raw of documents) {
    const row = reader.row(raw);
    if (row === undefined) continue;
    const before = held[0]?.[0];
    const key = row[0] as bigint;
    if (before !== undefined && (!isOrdered || key !== before)) {
      if (isOrdered && key < (before as bigint)) throw disordered(source, key, before as bigint);
      yield* settled();
    }
    held.push(row);
  }
  yield* settled();
  if (builder.rows > 0) yield builder.take();
}
