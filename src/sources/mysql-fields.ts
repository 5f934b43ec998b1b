import { decimalWidth, type Kind } from '../core/kinds.js';
import type { FieldInfo } from './mysql-packets.js';

/** Types of the protocol, by their numbers. */
const wire = {
  ...{ tiny: 1, short: 2, long: 3, float: 4, double: 5, timestamp: 7, longlong: 8, int24: 9, date: 10, datetime: 12 },
  ...{ year: 13, varchar: 15, bit: 16, json: 245, newDecimal: 246 },
} as const;
const unsignedFlag = 32;

/** Bytes of the integers. */
const intBytes: Readonly<Record<number, 1 | 2 | 4 | 8>> = {
  [wire.tiny]: 1,
  [wire.short]: 2,
  [wire.year]: 2,
  [wire.int24]: 4,
  [wire.long]: 4,
  [wire.longlong]: 8,
};

/** Texts, BLOBs, and what the server sends in their form; those above DECIMAL are all of that kind. */
const isBytes = (type: number): boolean =>
  type === wire.varchar || type === wire.bit || type === wire.json || type > wire.newDecimal;

/** Four bytes from `at + offset` on as an integer of 32 bits, signed. */
const int32 = (offset = 0): string =>
  `(from[at + ${offset}] | from[at + ${offset + 1}] << 8 | from[at + ${offset + 2}] << 16 | from[at + ${offset + 3}] << 24)`;

/** An integer as the server sent it. */
function intValue(bytes: 1 | 2 | 4 | 8, isSigned: boolean): string {
  switch (bytes) {
    case 1:
      return isSigned ? '(from[at] << 24 >> 24)' : 'from[at]';
    case 2:
      return isSigned ? '(from[at] << 16 | from[at + 1] << 24) >> 16' : '(from[at] | from[at + 1] << 8)';
    case 4:
      return isSigned ? int32() : `(${int32()} >>> 0)`;
    case 8:
      // Exact for what fits 32 bits; anything greater is refused whatever its last digits are.
      return `((${int32()} >>> 0) + ${isSigned ? int32(4) : `(${int32(4)} >>> 0)`} * 4294967296)`;
  }
}

/** The row has a value. */
const valid = (index: number): string => `n${index}[byte] |= bit;`;

/**
 * JavaScript that reads one value of a column, at `at` of `from`, into row `row`, and moves `at` behind it. `v0`, `v1` …
 * are the columns' arrays, `w` the same as 32-bit words, `n` which rows have a value, `o` and `s` the offsets and the
 * size of texts, `b` the builders. It is made of numbers alone: nothing of a dataset or a server stands in it. Undefined
 * where the kind is not known to come in that type.
 */
export function fieldCode(kind: Kind, { columnType: type, flags }: FieldInfo, index: number): string | undefined {
  const bytes = intBytes[type];
  const isSigned = (flags & unsignedFlag) === 0;
  switch (kind.type) {
    case 'int':
      return bytes && intCode(bytes, isSigned, kind.bits, kind.unsigned, index);
    case 'bool':
      return bytes && intCode(bytes, isSigned, 8, false, index);
    case 'float':
      return type === wire.float ? `w${index}[row] = ${int32()}; at += 4; ${valid(index)}` : undefined;
    case 'double':
      if (type === wire.float) return `v${index}[row] = tools.float(${int32()}); at += 4; ${valid(index)}`;
      return type === wire.double ? words(index) : undefined;
    case 'decimal':
      if (type !== wire.newDecimal) return undefined;
      return decimalWidth(kind.precision) === 4
        ? `end = at + 1 + from[at]; ${checked(`tools.decimal(from, at + 1, end, ${kind.scale}, ${index})`, index)} at = end;`
        : `end = at + 1 + from[at]; tools.append(${index}, tools.text(from, at + 1, end)); at = end;`;
    case 'date':
      if (type !== wire.date) return undefined;
      return `day = tools.day(from, at); at += 1 + from[at];
        if (day === undefined) tools.zeroDate(${index}); else { v${index}[row] = day; ${valid(index)} }`;
    case 'datetime':
    case 'timestamp':
      if (type !== wire.datetime && type !== wire.timestamp) return undefined;
      return `day = tools.moment(from, at); at += 1 + from[at];
        if (day === undefined) tools.zeroDate(${index}); else tools.append(${index}, day);`;
    case 'text':
    case 'bytes':
      return isBytes(type) ? textCode(index) : undefined;
    default:
      return undefined;
  }
}

/** Stores a number and looks whether the array holds it. */
const checked = (value: string, index: number): string =>
  `value = ${value}; v${index}[row] = value; if (v${index}[row] !== value) tools.misfit(${index}, value); ${valid(index)}`;

/** Eight bytes as they are. */
const words = (index: number): string =>
  `w${index}[row * 2] = ${int32()}; w${index}[row * 2 + 1] = ${int32(4)}; at += 8; ${valid(index)}`;

function intCode(bytes: 1 | 2 | 4 | 8, isSigned: boolean, bits: number, isUnsigned: boolean, index: number): string {
  const value = intValue(bytes, isSigned);
  if (bits < 64) {
    // Where every number of the protocol's type fits, nothing needs to be looked at.
    const fits = isSigned === !isUnsigned ? bits >= bytes * 8 : !isSigned && bits > bytes * 8;
    const store = fits ? `v${index}[row] = ${value}; ${valid(index)}` : checked(value, index);
    return `${store} at += ${bytes};`;
  }
  const misfit = `tools.misfit(${index}, ${bytes === 8 ? `v${index}[row]` : value});`;
  if (bytes === 8) {
    // The greatest bit is a sign on one side and a number on the other.
    const test = isSigned === !isUnsigned ? '' : `if (from[at - 1] > 127) ${misfit}`;
    return `${words(index)} ${test}`;
  }
  const test = isSigned && isUnsigned ? `if (${value} < 0) ${misfit}` : '';
  return `${test} value = ${value}; w${index}[row * 2] = value | 0; w${index}[row * 2 + 1] = value < 0 ? -1 : 0;
    at += ${bytes}; ${valid(index)}`;
}

/** Short texts are copied byte by byte: a call takes longer. */
function textCode(index: number): string {
  const [values, size] = [`v${index}`, `s${index}`];
  return `length = from[at++]; if (length > 250) { length = tools.length(from, at, length); at += tools.lengthBytes(from[at - 1]); }
    end = ${size} + length; if (end > ${values}.length) ${values} = b${index}.reserve(end);
    if (length > ${shortBytes}) ${values}.set(from.subarray(at, at + length), ${size});
    else for (let to = ${size}, of = at; to < end; to++, of++) ${values}[to] = from[of];
    ${size} = end; at += length; o${index}[row + 1] = end; ${valid(index)}`;
}
const shortBytes = 200;
