import type { ColumnVector } from './batch.js';
import type { Cell } from './cells.js';
import type { Kind } from './kinds.js';

export type SmallInts = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
export type BigInts = BigInt64Array | BigUint64Array;
type Numbers = SmallInts | BigInts | Float32Array | Float64Array;

/**
 * Gathers the values of one column in the memory layout of a ColumnVector. Who knows that there is room for a row may
 * put its value straight into the arrays; `append` looks for itself.
 */
export abstract class ColumnBuilder<A extends Numbers = Numbers> {
  readonly kind: Kind;
  values: A;
  /** One bit a row, set where there is a value. */
  validity: Uint8Array;
  /** For text and bytes: where each row's bytes begin. */
  offsets: Int32Array | undefined;
  /** Elements a row. */
  readonly #width: number;
  #room: number;
  #rows = 0;

  /** `room` rows, a multiple of 8, fit before the arrays are made anew. */
  constructor(kind: Kind, values: A, room: number, width = 1) {
    this.kind = kind;
    this.values = values;
    this.validity = new Uint8Array(room / 8);
    this.#room = room;
    this.#width = width;
  }

  /** The values as 32-bit words. */
  get words(): Int32Array {
    return new Int32Array(this.values.buffer, 0, this.values.byteLength >> 2);
  }

  /** Bytes that every row takes, whatever its value, for the batch's bound. */
  get rowBytes(): number {
    return this.#width * this.values.BYTES_PER_ELEMENT;
  }

  /** Throws where the value does not fit: in a typed array it would wrap without a sound. */
  append(value: Cell): void {
    this.appendAt(this.#rows, value);
  }

  /** The same for a row of one's own choice, which is the last one then. */
  appendAt(row: number, value: Cell): void {
    this.#rows = row + 1;
    if (row >= this.#room) this.#grow();
    if (value === null || value === undefined) this.putNull(row);
    else {
      (this.validity[row >> 3] as number) |= 1 << (row & 7);
      this.put(row, value);
    }
  }

  /** Makes it empty again; values of rows that have none are left as they are. */
  clear(): void {
    this.validity.fill(0);
    this.#rows = 0;
  }

  finish(rows: number): ColumnVector {
    const validity = this.validity.subarray(0, Math.ceil(rows / 8));
    const nulls = rows - bitsOf(validity);
    const offsets = this.offsets?.subarray(0, rows + 1);
    const used = offsets === undefined ? Math.ceil(rows * this.#width) : (offsets[rows] as number);
    return { kind: this.kind, values: this.values.subarray(0, used) as A, offsets, validity, nulls };
  }

  #grow(): void {
    this.#room *= 2;
    this.validity = larger(this.validity, this.#room / 8);
    if (this.offsets === undefined) this.values = larger(this.values, this.#room * this.#width);
    else this.offsets = larger(this.offsets, this.#room + 1);
  }

  protected abstract put(row: number, value: Exclude<Cell, null>): void;

  protected putNull(_row: number): void {}
}

/** A copy with room for `length` elements. */
export function larger<A extends Numbers>(values: A, length: number): A {
  const copy = new (values.constructor as new (length: number) => A)(length);
  copy.set(values as never);
  return copy;
}

/** A value that its column cannot hold: the source is not as declared. */
export function tooLarge(value: unknown, kind: Kind): Error {
  const name = kind.type === 'int' ? `${kind.unsigned ? 'unsigned ' : ''}integer of ${kind.bits} bits` : kind.type;
  return new Error(`${String(value)} is no ${name}`);
}

const bitsOfByte = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);

function bitsOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += bitsOfByte[byte] as number;
  return sum;
}
