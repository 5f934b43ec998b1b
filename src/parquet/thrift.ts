/** A value of Thrift's compact protocol, in which Parquet writes its headers and its footer. */
export type ThriftValue =
  | { readonly i32: number }
  | { readonly i64: number }
  | { readonly i8: number }
  | { readonly bool: boolean }
  | { readonly text: string }
  | { readonly list: readonly ThriftValue[] }
  | { readonly struct: readonly ThriftField[] };

/** A field of a struct: its number in Parquet's own definition, ascending, and its value; undefined is left out. */
export type ThriftField = readonly [id: number, value: ThriftValue | undefined];

const types = { bool: 1, i8: 3, i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const;
const boolFalse = 2;

const typeOf = (value: ThriftValue): number => {
  const [name] = Object.keys(value) as [keyof typeof types];
  return name === 'bool' && !(value as { bool: boolean }).bool ? boolFalse : types[name];
};

/** Appends an unsigned number of up to 53 bits, seven bits a byte. */
export function pushVarint(out: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    out.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  out.push(rest);
}

/** A signed number as an unsigned one: 0, -1, 1, -2 … are 0, 1, 2, 3 … */
export const zigzag = (value: number): number => (value >= 0 ? value * 2 : -value * 2 - 1);

function pushValue(out: number[], value: ThriftValue): void {
  if ('i32' in value) pushVarint(out, zigzag(value.i32));
  else if ('i64' in value) pushVarint(out, zigzag(value.i64));
  else if ('i8' in value) out.push(value.i8 & 0xff);
  else if ('text' in value) {
    const bytes = Buffer.from(value.text, 'utf8');
    pushVarint(out, bytes.length);
    for (const byte of bytes) out.push(byte);
  } else if ('list' in value) {
    const [first] = value.list;
    const type = first === undefined ? types.struct : typeOf(first);
    if (value.list.length < 15) out.push((value.list.length << 4) | type);
    else {
      out.push(0xf0 | type);
      pushVarint(out, value.list.length);
    }
    for (const item of value.list) pushValue(out, item);
  } else if ('struct' in value) pushStruct(out, value.struct);
}

function pushStruct(out: number[], fields: readonly ThriftField[]): void {
  let before = 0;
  for (const [id, value] of fields) {
    if (value === undefined) continue;
    out.push(((id - before) << 4) | typeOf(value));
    // A bool is told by its type alone.
    if (!('bool' in value)) pushValue(out, value);
    before = id;
  }
  out.push(0);
}

/** A struct's bytes. Numbers of fields ascend by at most 15, and texts and sizes are exact up to 2^53. */
export function thriftStruct(fields: readonly ThriftField[]): Buffer {
  const out: number[] = [];
  pushStruct(out, fields);
  return Buffer.from(out);
}
