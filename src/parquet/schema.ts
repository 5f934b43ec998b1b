import { decimalWidth, type Kind } from '../core/kinds.js';
import type { ThriftField, ThriftValue } from './thrift.js';

/** Parquet's physical types, by their numbers in its definition. */
export const physical = { boolean: 0, int32: 1, int64: 2, float: 4, double: 5, byteArray: 6, fixed: 7 } as const;

const converted = { utf8: 0, decimal: 5, date: 6, micros: 10, uint8: 11, int8: 15 } as const;

/** Bytes of a decimal of more than 18 digits. */
export const decimalBytes = 16;

/** The type in which the values of a kind are stored. */
export function physicalType(kind: Kind): number {
  switch (kind.type) {
    case 'int':
      return kind.bits === 64 ? physical.int64 : physical.int32;
    case 'decimal':
      return { 4: physical.int32, 8: physical.int64, 16: physical.fixed }[decimalWidth(kind.precision)];
    case 'bool':
    case 'date':
      return physical.int32;
    case 'datetime':
    case 'timestamp':
      return physical.int64;
    case 'float':
      return physical.float;
    case 'double':
      return physical.double;
    case 'text':
    case 'bytes':
      return physical.byteArray;
    case 'flag':
      return physical.boolean;
  }
}

interface Meaning {
  readonly converted?: number;
  /** The number of the logical type and its own fields. */
  readonly logical?: readonly [id: number, fields: readonly ThriftField[]];
}

function meaningOf(kind: Kind): Meaning {
  switch (kind.type) {
    case 'int':
      return integer(kind.bits, kind.unsigned);
    case 'bool':
      return integer(8, false);
    case 'decimal':
      return {
        converted: converted.decimal,
        logical: [
          5,
          [
            [1, { i32: kind.scale }],
            [2, { i32: kind.precision }],
          ],
        ],
      };
    case 'date':
      return { converted: converted.date, logical: [6, []] };
    case 'datetime':
      return { logical: [8, instant(false)] };
    case 'timestamp':
      return { converted: converted.micros, logical: [8, instant(true)] };
    case 'text':
      return { converted: converted.utf8, logical: [1, []] };
    default:
      return {};
  }
}

function integer(bits: 8 | 16 | 32 | 64, unsigned: boolean): Meaning {
  const place = { 8: 0, 16: 1, 32: 2, 64: 3 }[bits];
  return {
    converted: (unsigned ? converted.uint8 : converted.int8) + place,
    logical: [
      10,
      [
        [1, { i8: bits }],
        [2, { bool: !unsigned }],
      ],
    ],
  };
}

/** Microseconds, of an instant or of a wall clock. */
function instant(isUtc: boolean): ThriftField[] {
  return [
    [1, { bool: isUtc }],
    [2, { struct: [[2, { struct: [] }]] }],
  ];
}

/** A column's line in the schema; every column may be NULL. */
export function schemaElement(name: string, kind: Kind): ThriftValue {
  const { converted: word, logical } = meaningOf(kind);
  const type = physicalType(kind);
  return {
    struct: [
      [1, { i32: type }],
      [2, type === physical.fixed ? { i32: decimalBytes } : undefined],
      [3, { i32: 1 }],
      [4, { text: name }],
      [6, word === undefined ? undefined : { i32: word }],
      [7, kind.type === 'decimal' ? { i32: kind.scale } : undefined],
      [8, kind.type === 'decimal' ? { i32: kind.precision } : undefined],
      [10, logical === undefined ? undefined : { struct: [[logical[0], { struct: logical[1] }]] }],
    ],
  };
}
