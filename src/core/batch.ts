import { isUtf8 } from 'node:buffer';
import type { Cell } from './cells.js';
import { type ColumnBuilder, columnBuilder } from './column-builder.js';
import { exits, messageOf, TransloadError } from './errors.js';
import type { Kind } from './kinds.js';

/** One column of a batch as plain typed arrays, in the memory layout that Arrow has. */
export interface ColumnVector {
  readonly kind: Kind;
  /** Numbers, 16-byte decimals as two words, or a bitmap for flags; for text and bytes the bytes of all rows. */
  readonly values:
    | Int8Array
    | Int16Array
    | Int32Array
    | Uint8Array
    | Uint16Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array
    | Float32Array
    | Float64Array;
  /** For text and bytes: where each row's bytes begin, one more than rows. */
  readonly offsets: Int32Array | undefined;
  /** One bit a row, set where there is a value. */
  readonly validity: Uint8Array;
  readonly nulls: number;
}

/** Some rows of one source, column by column. */
export interface Batch {
  readonly rows: number;
  readonly columns: readonly ColumnVector[];
}

export interface NamedKind {
  readonly name: string;
  readonly kind: Kind;
}

/** A batch is cut at this many bytes, whatever its rows: memory is bounded by settings, not by the data (fault 17). */
export const batchBytesMax = 8 << 20;
export const batchRowsMax = 65_536;

/** Gathers rows into batches. `append` returns true when the batch should be taken. */
export class BatchBuilder {
  readonly #columns: readonly NamedKind[];
  #builders: ColumnBuilder[];
  #rows = 0;

  constructor(columns: readonly NamedKind[]) {
    this.#columns = columns;
    this.#builders = columns.map(({ kind }) => columnBuilder(kind));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Throws VALUE_MISFIT naming column and key where a value is not what its column was declared to hold. */
  append(row: readonly Cell[]): boolean {
    let bytes = 0;
    let index = 0;
    try {
      for (; index < this.#builders.length; index++) {
        const builder = this.#builders[index] as ColumnBuilder;
        builder.append(row[index] as Cell);
        bytes += builder.bytes;
      }
    } catch (error) {
      const text = `${this.#columns[index]?.name} of ${this.#columns[0]?.name} ${row[0]}: ${messageOf(error)}`;
      throw new TransloadError(exits.failed, 'VALUE_MISFIT', text, 'compare the source with the dataset: make check');
    }
    this.#rows++;
    return this.#rows >= batchRowsMax || bytes >= batchBytesMax;
  }

  /** The rows gathered so far; the builder is empty afterwards. */
  take(): Batch {
    const columns = this.#builders.map((builder) => builder.finish(this.#rows));
    const batch = { rows: this.#rows, columns };
    this.#builders = this.#columns.map(({ kind }) => columnBuilder(kind));
    this.#rows = 0;
    return batch;
  }
}

/** The key of a row, exact. */
export function keyAt(vector: ColumnVector, row: number): bigint {
  return BigInt(vector.values[row] ?? 0);
}

/**
 * The first row of a text column whose bytes are no UTF-8, or -1. Looks at the batch as a whole first: the bytes must
 * be UTF-8 and no row may begin inside a character.
 */
export function firstInvalidText(vector: ColumnVector): number {
  const { offsets, values } = vector;
  if (vector.kind.type !== 'text' || !offsets) return -1;
  const bytes = values as Uint8Array;
  const startsInside = (at: number): boolean => at < bytes.length && ((bytes[at] as number) & 0xc0) === 0x80;
  if (isUtf8(bytes) && !offsets.some(startsInside)) return -1;
  for (let row = 0; row + 1 < offsets.length; row++) {
    if (!isUtf8(bytes.subarray(offsets[row], offsets[row + 1]))) return row;
  }
  return -1;
}
