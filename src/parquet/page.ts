import type { ColumnVector } from '../core/batch.js';
import type { Arena } from './arena.js';
import { definitionLevels, deltaBytesMax, deltaPacked, encodings, levelBytesMax } from './encodings.js';
import { decimalBytes, physical, physicalType } from './schema.js';

/** One page of a column, not yet compressed: levels, then the values that are not NULL. */
export interface Page {
  readonly encoding: number;
  readonly body: Buffer;
}

type Values = ColumnVector['values'];

const bytesOf = (values: Values): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

/** The values of the rows that have one, close together; `width` elements a row. */
function compact<A extends Values>(
  values: A,
  { validity, nulls }: ColumnVector,
  rows: number,
  arena: Arena,
  width = 1,
): A {
  const all = values.subarray(0, rows * width) as A;
  if (nulls === 0) return all;
  const { buffer, byteOffset } = arena.take((rows - nulls) * width * values.BYTES_PER_ELEMENT);
  const make = values.constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => A;
  const out = new make(buffer, byteOffset, (rows - nulls) * width);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    if (((validity[row >> 3] as number) & (1 << (row & 7))) === 0) continue;
    for (let part = 0; part < width; part++) out[at++] = all[row * width + part] as never;
  }
  return out;
}

/** Integers of 1, 2 or 4 bytes as 32-bit ones; an unsigned one keeps its bits. */
function widened(values: Values, arena: Arena): Int32Array {
  if (values instanceof Int32Array) return values;
  if (values instanceof Uint32Array) return new Int32Array(values.buffer, values.byteOffset, values.length);
  const out = int32s(values.length, arena);
  for (let index = 0; index < values.length; index++) out[index] = values[index] as number;
  return out;
}

function int32s(length: number, arena: Arena): Int32Array {
  const { buffer, byteOffset } = arena.take(length * 4);
  return new Int32Array(buffer, byteOffset, length);
}

/** Bits of the flags of the rows that have a value. */
function flags(vector: ColumnVector, rows: number, arena: Arena): Buffer {
  const bits = vector.values as Uint8Array;
  const each = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) each[row] = ((bits[row >> 3] as number) >> (row & 7)) & 1;
  const held = compact(each, vector, rows, arena);
  const out = Buffer.alloc(Math.ceil(held.length / 8));
  for (let index = 0; index < held.length; index++) {
    (out[index >> 3] as number) |= (held[index] as number) << (index & 7);
  }
  return out;
}

/** Decimals of more than 18 digits: 16 bytes, the greatest first (design.md). */
function longDecimals(vector: ColumnVector, rows: number, arena: Arena): Buffer {
  const words = compact(vector.values as BigInt64Array, vector, rows, arena, 2);
  const out = Buffer.allocUnsafe((words.length / 2) * decimalBytes);
  for (let index = 0; index < words.length; index += 2) {
    out.writeBigInt64BE(words[index + 1] as bigint, index * 8);
    out.writeBigInt64BE(words[index] as bigint, index * 8 + 8);
  }
  return out;
}

/** The values as Parquet holds them plainly. */
function plainValues(vector: ColumnVector, type: number, rows: number, arena: Arena): Buffer {
  switch (type) {
    case physical.boolean:
      return flags(vector, rows, arena);
    case physical.fixed:
      return longDecimals(vector, rows, arena);
    case physical.int32:
      return bytesOf(int32Values(vector, rows, arena));
    default:
      return bytesOf(compact(vector.values, vector, rows, arena));
  }
}

const int32Values = (vector: ColumnVector, rows: number, arena: Arena): Int32Array =>
  widened(compact(vector.values, vector, rows, arena), arena);

/** Encodes one column of a batch; `isKey` says that its values grow slowly. */
export function encodePage(vector: ColumnVector, rows: number, isKey: boolean, arena: Arena): Page {
  const type = physicalType(vector.kind);
  if (vector.offsets !== undefined) return textPage(vector, vector.offsets, rows, arena);
  if (isKey && type === physical.int32) return keyPage(vector, rows, arena);
  const plain = plainValues(vector, type, rows, arena);
  const out = arena.take(levelBytesMax(rows) + plain.length);
  const begin = definitionLevels(vector.validity, rows, vector.nulls, out);
  out.set(plain, begin);
  return { encoding: encodings.plain, body: out.subarray(0, begin + plain.length) };
}

/** Keys as packed differences. */
function keyPage(vector: ColumnVector, rows: number, arena: Arena): Page {
  const out = arena.take(levelBytesMax(rows) + deltaBytesMax(rows));
  const begin = definitionLevels(vector.validity, rows, vector.nulls, out);
  const end = deltaPacked(int32Values(vector, rows, arena), out, begin);
  return { encoding: encodings.delta, body: out.subarray(0, end) };
}

/** Texts as their lengths, packed, and their bytes one behind the other: a NULL adds nothing to the bytes. */
function textPage(vector: ColumnVector, offsets: Int32Array, rows: number, arena: Arena): Page {
  const size = offsets[rows] as number;
  const out = arena.take(levelBytesMax(rows) + deltaBytesMax(rows) + size);
  const lengths = int32s(rows, arena);
  for (let row = 0; row < rows; row++) lengths[row] = (offsets[row + 1] as number) - (offsets[row] as number);
  const begin = definitionLevels(vector.validity, rows, vector.nulls, out);
  const end = deltaPacked(compact(lengths, vector, rows, arena), out, begin);
  out.set(vector.values.subarray(0, size) as Uint8Array, end);
  return { encoding: encodings.deltaLength, body: out.subarray(0, end + size) };
}
