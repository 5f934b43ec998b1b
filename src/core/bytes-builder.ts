import type { Cell } from './cells.js';
import { ColumnBuilder, larger } from './column-builder.js';
import type { Kind } from './kinds.js';

/** Several times what a batch holds: what one huge value needed is neither kept nor prepared for again. */
const keptBytesMax = 16 << 20;

/** Text and bytes of any length. */
export class BytesBuilder extends ColumnBuilder<Uint8Array> {
  override offsets: Int32Array;
  /** Bytes of the rows that were appended. */
  size = 0;

  /** `bytes` is what the rows are expected to take. */
  constructor(kind: Kind, room: number, bytes: number) {
    super(kind, new Uint8Array(Math.min(Math.max(bytes, 8), keptBytesMax)), room);
    this.offsets = new Int32Array(room + 1);
  }

  /** The bytes of every row's length. */
  override get rowBytes(): number {
    return 4;
  }

  override clear(): void {
    super.clear();
    this.size = 0;
    if (this.values.length > keptBytesMax) this.values = new Uint8Array(8);
  }

  /** Makes room for `size` bytes, keeping what is there; gives the array. */
  reserve(size: number): Uint8Array {
    if (size > this.values.length) this.values = larger(this.values, Math.max(size, this.values.length * 2));
    return this.values;
  }

  protected put(row: number, value: Exclude<Cell, null>): void {
    const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value), 'utf8');
    const size = this.size + bytes.length;
    this.reserve(size).set(bytes, this.size);
    this.size = size;
    this.offsets[row + 1] = size;
  }

  protected override putNull(row: number): void {
    this.offsets[row + 1] = this.size;
  }
}

/** One bit a row. */
export class FlagBuilder extends ColumnBuilder<Uint8Array> {
  override clear(): void {
    super.clear();
    this.values.fill(0);
  }

  protected put(row: number, value: Exclude<Cell, null>): void {
    if (value === true) (this.values[row >> 3] as number) |= 1 << (row & 7);
  }
}
