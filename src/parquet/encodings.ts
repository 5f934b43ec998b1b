import { pushVarint, zigzag } from './thrift.js';

/** Parquet's encodings, by their numbers in its definition. */
export const encodings = { plain: 0, rle: 3, delta: 5, deltaLength: 6 } as const;

const blockValues = 128;
const miniBlocks = 4;
const miniValues = blockValues / miniBlocks;

/** Bytes that so many values take at most: the head, and for each block its least delta, the widths and 4 a value. */
export const deltaBytesMax = (values: number): number =>
  20 + Math.ceil(values / blockValues) * (5 + miniBlocks + blockValues * 4);

/**
 * DELTA_BINARY_PACKED of 32-bit integers: the first value, then the differences in blocks of 128, in as few bits as the
 * greatest of each 32 needs. Differences are taken modulo 2^32, so that unsigned numbers are the same bits. Writes them
 * at `begin` and gives the place behind them.
 */
export function deltaPacked(values: Int32Array, out: Buffer, begin: number): number {
  const head: number[] = [];
  for (const number of [blockValues, miniBlocks, values.length]) pushVarint(head, number);
  pushVarint(head, zigzag(values[0] ?? 0));
  out.set(head, begin);
  let at = begin + head.length;
  const deltas = new Int32Array(blockValues);
  for (let first = 1; first < values.length; first += blockValues) {
    const count = Math.min(blockValues, values.length - first);
    let least = 0x7fffffff;
    for (let index = 0; index < count; index++) {
      const delta = ((values[first + index] as number) - (values[first + index - 1] as number)) | 0;
      deltas[index] = delta;
      if (delta < least) least = delta;
    }
    const word: number[] = [];
    pushVarint(word, zigzag(least));
    out.set(word, at);
    at += word.length;
    const widths = at;
    at += miniBlocks;
    for (let mini = 0; mini < miniBlocks; mini++) {
      const from = mini * miniValues;
      const to = Math.min(count, from + miniValues);
      let bits = 0;
      for (let index = from; index < to; index++) bits |= (deltas[index] as number) - least;
      const width = from < to ? 32 - Math.clz32(bits) : 0;
      out[widths + mini] = width;
      at = packBits(out, at, deltas, from, to, least, width);
    }
  }
  return at;
}

/** Writes 32 numbers of `width` bits, least bit first; those behind `to` are 0. Gives the place behind them. */
function packBits(
  out: Buffer,
  begin: number,
  deltas: Int32Array,
  from: number,
  to: number,
  least: number,
  width: number,
): number {
  const end = begin + width * (miniValues / 8);
  let at = begin;
  let held = 0;
  let bits = 0;
  for (let index = from; index < to; index++) {
    const value = (deltas[index] as number) - least;
    if (bits + width <= 31) held |= value << bits;
    // More bits than a bitwise operator takes, and fewer than a double holds.
    else held += value * 2 ** bits;
    bits += width;
    for (; bits >= 8; bits -= 8) {
      out[at++] = held % 256;
      held = Math.floor(held / 256);
    }
  }
  if (bits > 0) out[at++] = held;
  out.fill(0, at, end);
  return end;
}

/** Bytes that the levels of so many rows take at most. */
export const levelBytesMax = (rows: number): number => 10 + Math.ceil(rows / 8);

/**
 * Which rows of a page hold a value, as levels 0 and 1 in Parquet's hybrid of runs and packed bits, with its length
 * before it. The packed bits are the validity bitmap as it is. Writes them to the beginning and gives the place behind.
 */
export function definitionLevels(validity: Uint8Array, rows: number, nulls: number, out: Buffer): number {
  const head: number[] = [0, 0, 0, 0];
  const bytes = Math.ceil(rows / 8);
  if (nulls === 0) {
    pushVarint(head, rows * 2);
    head.push(1);
  } else pushVarint(head, bytes * 2 + 1);
  out.set(head);
  const end = head.length + (nulls === 0 ? 0 : bytes);
  if (nulls > 0) out.set(validity.subarray(0, bytes), head.length);
  out.writeUInt32LE(end - 4, 0);
  return end;
}
