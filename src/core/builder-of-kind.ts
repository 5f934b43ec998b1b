import { BytesBuilder, FlagBuilder } from './bytes-builder.js';
import type { ColumnBuilder } from './column-builder.js';
import type { Kind } from './kinds.js';
import { BigIntBuilder, decimalBuilder, FloatBuilder, IntBuilder } from './number-builders.js';

/** Rows that a builder has room for where nothing else is said. */
const startRows = 4096;
/** Bytes of a text that are expected of a column of which nothing is known yet. */
const textBytes = 16;

/**
 * The builder of a column of that kind. Dates come as days since 1970, datetimes and timestamps as microseconds. `room`
 * is a number of rows, `bytes` what the texts of the column are expected to take.
 */
export function columnBuilder(kind: Kind, room = startRows, bytes = startRows * textBytes): ColumnBuilder {
  switch (kind.type) {
    case 'int':
      return intBuilder(kind, kind.bits, kind.unsigned, room);
    case 'bool':
      return new IntBuilder(kind, new Int8Array(room), room);
    case 'date':
      return new IntBuilder(kind, new Int32Array(room), room);
    case 'datetime':
    case 'timestamp':
      return new BigIntBuilder(kind, new BigInt64Array(room), room);
    case 'float':
      return new FloatBuilder(kind, new Float32Array(room), room);
    case 'double':
      return new FloatBuilder(kind, new Float64Array(room), room);
    case 'decimal':
      return decimalBuilder(kind, room);
    case 'text':
    case 'bytes':
      return new BytesBuilder(kind, room, bytes);
    case 'flag':
      return new FlagBuilder(kind, new Uint8Array(room / 8), room, 1 / 8);
  }
}

/** Each column is carried at its own width. */
function intBuilder(kind: Kind, bits: 8 | 16 | 32 | 64, unsigned: boolean, room: number): ColumnBuilder {
  if (bits === 64) return new BigIntBuilder(kind, new (unsigned ? BigUint64Array : BigInt64Array)(room), room);
  const signed = { 8: Int8Array, 16: Int16Array, 32: Int32Array }[bits];
  const positive = { 8: Uint8Array, 16: Uint16Array, 32: Uint32Array }[bits];
  return new IntBuilder(kind, new (unsigned ? positive : signed)(room), room);
}
