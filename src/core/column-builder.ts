import type { ColumnVector } from './batch.js';
import { type Cell, scaledInteger } from './cells.js';
import type { Kind } from './kinds.js';

/** Gathers the values of one column. `bytes` is what they take so far, for the batch's bound. */
export interface ColumnBuilder {
  readonly bytes: number;
  append(value: Cell): void;
  finish(rows: number): ColumnVector;
}

const startRows = 4096;

type SmallInts = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array;
type BigInts = BigInt64Array | BigUint64Array;
type Numbers = SmallInts | BigInts | Float32Array | Float64Array;

/** What all builders share: the count of rows, the validity bitmap and the values' growth. */
abstract class Builder<A extends Numbers> implements ColumnBuilder {
  protected readonly kind: Kind;
  protected values: A;
  protected rows = 0;
  #validity = new Uint8Array(startRows / 8);
  #nulls = 0;

  constructor(kind: Kind, values: A) {
    this.kind = kind;
    this.values = values;
  }

  get bytes(): number {
    return this.rows * this.values.BYTES_PER_ELEMENT;
  }

  append(value: Cell): void {
    const row = this.rows++;
    if (row >= this.#validity.length * 8) {
      const grown = new Uint8Array(this.#validity.length * 2);
      grown.set(this.#validity);
      this.#validity = grown;
    }
    if (value === null || value === undefined) {
      this.#nulls++;
      this.put(row, null);
      return;
    }
    (this.#validity[row >> 3] as number) |= 1 << (row & 7);
    this.put(row, value);
  }

  finish(rows: number): ColumnVector {
    const validity = this.#validity.subarray(0, Math.ceil(rows / 8));
    return { kind: this.kind, values: this.used(rows), offsets: this.offsets(rows), validity, nulls: this.#nulls };
  }

  protected abstract put(row: number, value: Exclude<Cell, null> | null): void;
  protected abstract used(rows: number): A;
  protected offsets(_rows: number): Int32Array | undefined {
    return undefined;
  }
}

function grown<A extends Numbers>(values: A, length: number): A {
  if (length <= values.length) return values;
  const larger = new (values.constructor as new (length: number) => A)(Math.max(length, values.length * 2));
  larger.set(values as never);
  return larger;
}

/** A value that its column cannot hold would wrap in a typed array without a sound: the source is not as declared. */
function tooLarge(value: unknown, kind: Kind): Error {
  const name = kind.type === 'int' ? `${kind.unsigned ? 'unsigned ' : ''}integer of ${kind.bits} bits` : kind.type;
  return new Error(`${String(value)} is no ${name}`);
}

class FloatBuilder extends Builder<Float32Array | Float64Array> {
  protected put(row: number, value: Exclude<Cell, null> | null): void {
    this.values = grown(this.values, row + 1);
    if (value !== null) this.values[row] = typeof value === 'number' ? value : Number(value);
  }

  protected used(rows: number): Float32Array | Float64Array {
    return this.values.subarray(0, rows);
  }
}

class IntBuilder extends Builder<SmallInts> {
  protected put(row: number, value: Exclude<Cell, null> | null): void {
    this.values = grown(this.values, row + 1);
    if (value === null) return;
    const number = typeof value === 'number' ? value : Number(value);
    this.values[row] = number;
    if (this.values[row] !== number) throw tooLarge(value, this.kind);
  }

  protected used(rows: number): SmallInts {
    return this.values.subarray(0, rows);
  }
}

class BigIntBuilder extends Builder<BigInts> {
  protected put(row: number, value: Exclude<Cell, null> | null): void {
    this.values = grown(this.values, row + 1);
    if (value === null) return;
    const integer = BigInt(value as number | bigint | string);
    this.values[row] = integer;
    if (this.values[row] !== integer) throw tooLarge(value, this.kind);
  }

  protected used(rows: number): BigInts {
    return this.values.subarray(0, rows);
  }
}

/** Scaled integers of 16 bytes, low word first; the text never passes through a double. */
class DecimalBuilder extends Builder<BigInt64Array> {
  readonly #scale: number;

  constructor(kind: Kind & { type: 'decimal' }) {
    super(kind, new BigInt64Array(startRows * 2));
    this.#scale = kind.scale;
  }

  override get bytes(): number {
    return this.rows * 16;
  }

  protected put(row: number, value: Exclude<Cell, null> | null): void {
    this.values = grown(this.values, row * 2 + 2);
    if (value === null) return;
    const scaled = scaledInteger(String(value), this.#scale);
    if (BigInt.asIntN(128, scaled) !== scaled) throw tooLarge(value, this.kind);
    this.values[row * 2] = BigInt.asIntN(64, scaled);
    this.values[row * 2 + 1] = scaled >> 64n;
  }

  protected used(rows: number): BigInt64Array {
    return this.values.subarray(0, rows * 2);
  }
}

class BytesBuilder extends Builder<Uint8Array> {
  #offsets = new Int32Array(startRows + 1);
  #used = 0;

  constructor(kind: Kind) {
    super(kind, new Uint8Array(startRows * 16));
  }

  override get bytes(): number {
    return this.#used + this.rows * 4;
  }

  protected put(row: number, value: Exclude<Cell, null> | null): void {
    if (value !== null) this.#write(value instanceof Uint8Array ? value : Buffer.from(String(value), 'utf8'));
    this.#offsets = grown(this.#offsets, row + 2);
    this.#offsets[row + 1] = this.#used;
  }

  #write(bytes: Uint8Array): void {
    const end = this.#used + bytes.length;
    if (end > this.values.length) {
      const larger = new Uint8Array(Math.max(end, this.values.length * 2));
      larger.set(this.values.subarray(0, this.#used));
      this.values = larger;
    }
    this.values.set(bytes, this.#used);
    this.#used = end;
  }

  protected used(): Uint8Array {
    return this.values.subarray(0, this.#used);
  }

  protected override offsets(rows: number): Int32Array {
    return this.#offsets.subarray(0, rows + 1);
  }
}

class FlagBuilder extends Builder<Uint8Array> {
  protected put(row: number, value: Exclude<Cell, null> | null): void {
    if (row >= this.values.length * 8) {
      const larger = new Uint8Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    if (value === true) (this.values[row >> 3] as number) |= 1 << (row & 7);
  }

  protected used(rows: number): Uint8Array {
    return this.values.subarray(0, Math.ceil(rows / 8));
  }
}

/** The builder of a column of that kind. Dates come as days since 1970, datetimes and timestamps as microseconds. */
export function columnBuilder(kind: Kind): ColumnBuilder {
  switch (kind.type) {
    case 'int':
      return intBuilder(kind, kind.bits, kind.unsigned);
    case 'bool':
      return new IntBuilder(kind, new Int8Array(startRows));
    case 'date':
      return new IntBuilder(kind, new Int32Array(startRows));
    case 'datetime':
    case 'timestamp':
      return new BigIntBuilder(kind, new BigInt64Array(startRows));
    case 'float':
      return new FloatBuilder(kind, new Float32Array(startRows));
    case 'double':
      return new FloatBuilder(kind, new Float64Array(startRows));
    case 'decimal':
      return new DecimalBuilder(kind);
    case 'text':
    case 'bytes':
      return new BytesBuilder(kind);
    case 'flag':
      return new FlagBuilder(kind, new Uint8Array(startRows / 8));
  }
}

/** Each column is carried at its own width. */
function intBuilder(kind: Kind, bits: 8 | 16 | 32 | 64, unsigned: boolean): ColumnBuilder {
  if (bits === 64) {
    return new BigIntBuilder(kind, unsigned ? new BigUint64Array(startRows) : new BigInt64Array(startRows));
  }
  const signed = { 8: Int8Array, 16: Int16Array, 32: Int32Array }[bits];
  const positive = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array }[bits];
  return new IntBuilder(kind, new (unsigned ? positive : signed)(startRows));
}
