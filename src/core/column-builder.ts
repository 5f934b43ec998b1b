import type { ColumnVector } from './batch.js';
import type { Kind } from './kinds.js';

/** A value as the drivers give it. Text and bytes come as bytes, decimals and dates as text, big integers as text. */
export type Cell = number | bigint | string | boolean | Uint8Array | null;

/** Gathers the values of one column. `bytes` is what they take so far, for the batch's bound. */
export interface ColumnBuilder {
  readonly bytes: number;
  append(value: Cell): void;
  finish(rows: number): ColumnVector;
}

const startRows = 4096;

type Numbers = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** What all builders share: the count of rows, the validity bitmap and the values' growth. */
abstract class Builder<A extends Numbers | Uint8Array> implements ColumnBuilder {
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

class NumberBuilder extends Builder<Exclude<Numbers, BigInt64Array>> {
  protected put(row: number, value: Exclude<Cell, null> | null): void {
    this.values = grown(this.values, row + 1);
    if (value !== null) this.values[row] = typeof value === 'number' ? value : Number(value);
  }

  protected used(rows: number): Exclude<Numbers, BigInt64Array> {
    return this.values.subarray(0, rows) as Exclude<Numbers, BigInt64Array>;
  }
}

class BigIntBuilder extends Builder<BigInt64Array> {
  protected put(row: number, value: Exclude<Cell, null> | null): void {
    this.values = grown(this.values, row + 1);
    if (value !== null) this.values[row] = BigInt(value as number | bigint | string);
  }

  protected used(rows: number): BigInt64Array {
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
    this.values[row * 2] = BigInt.asIntN(64, scaled);
    this.values[row * 2 + 1] = scaled >> 64n;
  }

  protected used(rows: number): BigInt64Array {
    return this.values.subarray(0, rows * 2);
  }
}

/** `-12.345` at scale 3 is -12345n. A text with more digits than the scale holds is an error, not a rounding. */
export function scaledInteger(text: string, scale: number): bigint {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text);
  const fraction = match?.[3] ?? '';
  if (!match || text === '' || fraction.length > scale) throw new Error(`"${text}" is no decimal of scale ${scale}`);
  const digits = BigInt(`${match[2]}${fraction.padEnd(scale, '0')}` || '0');
  return match[1] === '-' ? -digits : digits;
}

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for a zero or partial date ('0000-00-00', '2020-00-15'). */
export function daysOf(text: string): number | undefined {
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10))];
  if (month === 0 || day === 0) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // '2020-02-31' (ALLOW_INVALID_DATES) would move to March: no such day.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() / 86_400_000;
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

/** The builder of a column of that kind. Dates come as days since 1970. */
export function columnBuilder(kind: Kind): ColumnBuilder {
  switch (kind.type) {
    case 'int':
      // A column is carried at its own width; unsigned ones bit for bit, in arrays of the same width.
      if (kind.bits === 64) return new BigIntBuilder(kind, new BigInt64Array(startRows));
      if (kind.bits === 32) return new NumberBuilder(kind, new Int32Array(startRows));
      return new NumberBuilder(kind, kind.bits === 16 ? new Int16Array(startRows) : new Int8Array(startRows));
    case 'bool':
      return new NumberBuilder(kind, new Int8Array(startRows));
    case 'date':
      return new NumberBuilder(kind, new Int32Array(startRows));
    case 'float':
      return new NumberBuilder(kind, new Float32Array(startRows));
    case 'double':
      return new NumberBuilder(kind, new Float64Array(startRows));
    case 'decimal':
      return new DecimalBuilder(kind);
    case 'text':
    case 'bytes':
      return new BytesBuilder(kind);
    case 'flag':
      return new FlagBuilder(kind, new Uint8Array(startRows / 8));
  }
}
