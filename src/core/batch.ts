import { isUtf8 } from 'node:buffer';
import { columnBuilder } from './builder-of-kind.js';
import { BytesBuilder } from './bytes-builder.js';
import type { Cell } from './cells.js';
import type { ColumnBuilder } from './column-builder.js';
import { exits, messageOf, TransloadError } from './errors.js';
import type { Kind } from './kinds.js';

/** One column of a batch as plain typed arrays, in the memory layout that Arrow has. */
export interface ColumnVector {
  readonly kind: Kind;
  /**
   * Numbers; decimals as scaled integers (those of 16 bytes as two words, the low one first); a bitmap for flags; for
   * text and bytes the bytes of all rows.
   */
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
  /** Who is done with the batch may say so: its arrays are used for another one then. */
  release?(): void;
}

export interface NamedKind {
  readonly name: string;
  readonly kind: Kind;
}

/** A batch is cut at this many bytes, whatever its rows: memory is bounded by settings, not by the data (fault 17). */
export const batchBytesMax = 2 << 20;
export const batchRowsMax = 65_536;

/** Gathers rows into batches. */
export class BatchBuilder {
  readonly #columns: readonly NamedKind[];
  readonly #room: number | undefined;
  #builders: ColumnBuilder[] = [];
  /** Builders of batches that were released. */
  readonly #free: ColumnBuilder[][] = [];
  /** Those whose rows differ in bytes, beside the 4 of their lengths. */
  #texts: BytesBuilder[] = [];
  /** Bytes of a row without those. */
  readonly #rowBytes: number;
  /** Rows gathered so far. */
  rows = 0;

  /** `isRoomy`: the builders have room for all rows that a batch can have. */
  constructor(columns: readonly NamedKind[], isRoomy = false) {
    this.#columns = columns;
    this.#room = isRoomy ? batchRowsMax : undefined;
    this.#renew();
    this.#rowBytes = this.#builders.reduce((sum, builder) => sum + builder.rowBytes, 0);
  }

  /** The builders of the columns; `take` replaces them. */
  get builders(): readonly ColumnBuilder[] {
    return this.#builders;
  }

  /**
   * Adds a row; true when the batch should be taken. Throws VALUE_MISFIT naming column and key where a value is not what
   * its column was declared to hold.
   */
  append(row: readonly Cell[]): boolean {
    let index = 0;
    try {
      for (; index < this.#builders.length; index++) {
        (this.#builders[index] as ColumnBuilder).append(row[index] as Cell);
      }
    } catch (error) {
      throw this.misfit(index, String(row[0]), error);
    }
    let textBytes = 0;
    for (const { size } of this.#texts) textBytes += size;
    return this.endRow(textBytes);
  }

  /** The row is over, and the texts of all rows take `textBytes`; true when the batch should be taken. */
  endRow(textBytes: number): boolean {
    this.rows++;
    return this.rows >= batchRowsMax || this.rows * this.#rowBytes + textBytes >= batchBytesMax;
  }

  /** The error of a value that the builder of column `index` refused. */
  misfit(index: number, key: string, error: unknown): TransloadError {
    const text = `${this.#columns[index]?.name} of ${this.#columns[0]?.name} ${key}: ${messageOf(error)}`;
    return new TransloadError(exits.failed, 'VALUE_MISFIT', text, 'compare the source with the dataset: make check');
  }

  /** The rows gathered so far; the builder is empty afterwards. */
  take(): Batch {
    const builders = this.#builders;
    const columns = builders.map((builder) => builder.finish(this.rows));
    let isHeld = true;
    const release = (): void => {
      if (isHeld) this.#free.push(builders);
      isHeld = false;
    };
    const batch = { rows: this.rows, columns, release };
    this.rows = 0;
    this.#renew(columns);
    return batch;
  }

  /**
   * Arrays made anew for every batch would keep the garbage collector busy for as long as all the rest takes. Texts are
   * expected to take as much as those of the batch before.
   */
  #renew(before: readonly ColumnVector[] = []): void {
    const free = this.#free.pop();
    for (const builder of free ?? []) builder.clear();
    this.#builders =
      free ?? this.#columns.map(({ kind }, index) => columnBuilder(kind, this.#room, before[index]?.values.byteLength));
    this.#texts = this.#builders.filter((builder) => builder instanceof BytesBuilder);
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
