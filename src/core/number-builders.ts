import { type Cell, scaledInteger } from './cells.js';
import { type BigInts, ColumnBuilder, type SmallInts, tooLarge } from './column-builder.js';
import { decimalWidth, type Kind } from './kinds.js';

type Value = Exclude<Cell, null>;

/** FLOAT and DOUBLE. */
export class FloatBuilder extends ColumnBuilder<Float32Array | Float64Array> {
  protected put(row: number, value: Value): void {
    this.values[row] = typeof value === 'number' ? value : Number(value);
  }
}

/** Integers of up to 32 bits; days. */
export class IntBuilder extends ColumnBuilder<SmallInts> {
  protected put(row: number, value: Value): void {
    const number = typeof value === 'number' ? value : Number(value);
    this.values[row] = number;
    if (this.values[row] !== number) throw tooLarge(value, this.kind);
  }
}

/** Integers of 64 bits; microseconds. */
export class BigIntBuilder extends ColumnBuilder<BigInts> {
  protected put(row: number, value: Value): void {
    const integer = BigInt(value as number | bigint | string);
    this.values[row] = integer;
    if (this.values[row] !== integer) throw tooLarge(value, this.kind);
  }
}

class ShortDecimalBuilder extends ColumnBuilder<Int32Array> {
  protected put(row: number, value: Value): void {
    const scaled = Number(scaledInteger(String(value), scaleOf(this.kind)));
    this.values[row] = scaled;
    if (this.values[row] !== scaled) throw tooLarge(value, this.kind);
  }
}

/** Scaled integers of 8 bytes, or of 16 bytes as two words, the low one first. */
class LongDecimalBuilder extends ColumnBuilder<BigInt64Array> {
  readonly #words: number;

  constructor(kind: Kind, room: number, words: number) {
    super(kind, new BigInt64Array(room * words), room, words);
    this.#words = words;
  }

  protected put(row: number, value: Value): void {
    const scaled = scaledInteger(String(value), scaleOf(this.kind));
    if (BigInt.asIntN(64 * this.#words, scaled) !== scaled) throw tooLarge(value, this.kind);
    const at = row * this.#words;
    this.values[at] = BigInt.asIntN(64, scaled);
    if (this.#words > 1) this.values[at + 1] = scaled >> 64n;
  }
}

const scaleOf = (kind: Kind): number => (kind.type === 'decimal' ? kind.scale : 0);

/** Decimals as scaled integers of as many bytes as their digits need: no text passes through a double. */
export function decimalBuilder(kind: Kind & { type: 'decimal' }, room: number): ColumnBuilder {
  const bytes = decimalWidth(kind.precision);
  return bytes === 4
    ? new ShortDecimalBuilder(kind, new Int32Array(room), room)
    : new LongDecimalBuilder(kind, room, bytes / 8);
}
