import { isUtf8 } from 'node:buffer';
import { parseColumnType } from './column-type.js';

/** A value as people read it and as two places are compared: text, bytes that are no text, a list, or NULL. */
export type Readable = string | null | { readonly hex: string } | readonly Readable[];

/** How the engines' words for a value are read: they write the same number or moment in different ways. */
export type Form = 'plain' | 'bytes' | 'padded' | 'float' | 'double' | 'decimal' | 'digits' | 'moment';

const forms: Readonly<Record<string, Form>> = {
  VARCHAR: 'bytes',
  BLOB: 'bytes',
  FLOAT: 'float',
  DOUBLE: 'double',
  DATE: 'moment',
  TIMESTAMP: 'moment',
  'TIMESTAMP WITH TIME ZONE': 'moment',
};

/**
 * The form of a value, or of a list's elements, by its type in the joining engine's words. `declared`, the ClickHouse
 * type of the column, tells what of the texts is a number (a long Decimal), and what is filled with NUL (FixedString).
 */
export function formOf(engineType: string, declared = 'String'): Form {
  const isList = engineType.endsWith('[]');
  const { type } = parseColumnType(declared);
  const inner = type.base === 'array' ? type.element : type;
  const bare = isList ? engineType.slice(0, -2) : engineType;
  if (inner.base === 'decimal') return bare === 'VARCHAR' ? 'digits' : 'decimal';
  if (inner.base === 'fixedstring') return 'padded';
  return bare.startsWith('DECIMAL') ? 'decimal' : (forms[bare] ?? 'plain');
}

/** What an engine answered, in one form for all engines: texts and bytes come as hex digits, everything else as text. */
export function readable(raw: unknown, form: Form): Readable {
  if (raw === null || raw === undefined) return null;
  if (Array.isArray(raw)) return raw.map((one) => readable(one, form));
  const text = String(raw);
  switch (form) {
    case 'bytes':
      return ofBytes(text);
    case 'padded':
      return ofBytes(text.replace(/(?:00)+$/, ''));
    case 'float':
      return ofFloat(ofDouble(text));
    case 'double':
      return shown(ofDouble(text));
    case 'decimal':
      return ofDecimal(text);
    case 'digits':
      return ofDecimal(Buffer.from(text, 'hex').toString());
    case 'moment':
      // A day is its own midnight, and a fraction of nothing is none.
      return text
        .replace(/\+00(?::00)?$/, '')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')
        .replace(/ 00:00:00$/, '');
    case 'plain':
      return text;
  }
}

function ofBytes(hex: string): Readable {
  const bytes = Buffer.from(hex, 'hex');
  return isUtf8(bytes) ? bytes.toString() : { hex: hex.toUpperCase() };
}

function ofDouble(text: string): number {
  const infinite = /^(-?)\+?inf/i.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return Number(text);
}

const shown = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

/** The fewest digits that name this one of the 32-bit numbers; a number of 64 bits is none of them, and says so. */
function ofFloat(value: number): string {
  if (!Object.is(Math.fround(value), value)) return `${value} (of 64 bits)`;
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Object.is(Math.fround(short), value)) return shown(short);
  }
  return shown(value);
}

/** No decimal number of the sources has a greater one; zeros are not written out without end. */
const exponentMax = 10_000;

/** A decimal number without zeros that say nothing: `2.500`, `25E-1` and `2.5` are one. */
function ofDecimal(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i.exec(text) ?? [];
  if (whole + fraction === '' || Math.abs(Number(exponent)) > exponentMax) return text;
  const point = whole.length + Number(exponent);
  const digits = `${'0'.repeat(Math.max(0, -point))}${whole}${fraction}`;
  const at = Math.max(0, point);
  const before = digits.slice(0, at).padEnd(at, '0').replace(/^0+/, '') || '0';
  const behind = digits.slice(at).replace(/0+$/, '');
  const number = behind === '' ? before : `${before}.${behind}`;
  return sign === '-' && number !== '0' ? `-${number}` : number;
}

/** True where two values are one, NULL included. */
export const isSame = (a: Readable | undefined, b: Readable | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
