import fc from 'fast-check';
import { edged, hexOf, oneWay, textWays, type Way } from './column.js';

/** Digits of a number that is written as an integer and a scale: -1 at scale 3 is -0.001. */
export function scaledText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The same number with so many digits behind the point; those that go must be zeros. */
function rescaled(text: string, scale: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  const kept = fraction.slice(0, scale).padEnd(scale, '0');
  if (/[1-9]/.test(fraction.slice(scale))) throw new Error(`${text} has more than ${scale} digits behind the point`);
  const shown = scale === 0 ? whole : `${whole}.${kept}`;
  return shown.startsWith('-') && !/[1-9]/.test(shown) ? shown.slice(1) : shown;
}

/** The bits of a floating point number as decimal text. */
function floatBits(value: number, bits: 32 | 64): string {
  const view = new DataView(new ArrayBuffer(8));
  if (bits === 64) view.setFloat64(0, value);
  else view.setFloat32(0, value);
  return String(bits === 64 ? view.getBigUint64(0) : view.getUint32(0));
}

export interface Span {
  readonly least: bigint;
  readonly greatest: bigint;
}

/** What so many bits hold. */
export function spanOf(bits: number, unsigned: boolean): Span {
  const all = 1n << BigInt(bits);
  return unsigned ? { least: 0n, greatest: all - 1n } : { least: -all / 2n, greatest: all / 2n - 1n };
}

const within = (value: bigint, { least, greatest }: Span): boolean => value >= least && value <= greatest;
function larger(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
/** What two spans have in common. */
export const inBoth = (a: Span, b: Span): Span => ({
  least: larger(a.least, b.least),
  greatest: -larger(-a.greatest, -b.greatest),
});
const powers = [0, 1, 7, 8, 15, 16, 23, 24, 31, 32, 53, 63].map((bits) => 1n << BigInt(bits));

/** Integers of a span, biased to its ends and to the ends of all widths and of what a double holds. */
export function integers(span: Span): fc.Arbitrary<bigint> {
  const near = powers.flatMap((power) => [power - 1n, power, power + 1n]);
  const edges = [span.least, span.least + 1n, span.greatest - 1n, span.greatest, ...near, ...near.map((one) => -one)];
  const rest = fc.bigInt({ min: span.least, max: span.greatest });
  return edged(
    [...new Set(edges)].filter((edge) => within(edge, span)),
    rest,
  );
}

/** A way for integers with those that it takes. */
export interface IntegerWay {
  readonly way: Way;
  readonly span: Span;
}

/** IntN or UIntN, from a number's text. */
const toInteger = (bits: number, unsigned: boolean): IntegerWay => ({
  way: {
    type: `${unsigned ? 'U' : ''}Int${bits}`,
    found: (value) => `toString(${value})`,
    expected: (text) => rescaled(text, 0),
    unknown: '0',
  },
  span: spanOf(bits, unsigned),
});

/** Decimal(p, s), from a number's text. */
export const toDecimal = (precision: number, scale: number): Way => ({
  type: `Decimal(${precision}, ${scale})`,
  found: (value) => `toDecimalString(${value}, ${scale})`,
  expected: (text) => rescaled(text, scale),
  unknown: rescaled('0', scale),
});

/** Float32 or Float64 by its bits, from a number's text. */
export const toFloat = (bits: 32 | 64, read: (text: string) => number = Number): Way => ({
  type: `Float${bits}`,
  found: (value) => `toString(reinterpretAsUInt${bits}(${value}))`,
  expected: (text) => floatBits(read(text), bits),
  unknown: '0',
});

/** Bool as 0 and 1. */
const toBool: IntegerWay = {
  way: { type: 'Bool', found: (value) => `toString(toUInt8(${value}))`, expected: (text) => text, unknown: '0' },
  span: { least: 0n, greatest: 1n },
};

export const anyInteger: fc.Arbitrary<IntegerWay> = fc
  .tuple(fc.constantFrom(8, 16, 32, 64), fc.boolean())
  .map(([bits, unsigned]) => toInteger(bits, unsigned));

const digitsMax = 76;

/** A Decimal that holds so many digits before and behind the point; wide ones, which travel as text, included. */
export function decimalAround(whole: number, scale: number, least = 1): fc.Arbitrary<Way> {
  const need = Math.max(whole + scale, least, 1);
  return fc
    .record({ more: fc.integer({ min: 0, max: digitsMax - need }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ more, share }) => toDecimal(need + more, scale + Math.floor(share * (need + more - whole - scale))));
}

/** What integers of a span may become: a type that holds them all first, narrower ones with what they hold. */
export function integerWays(span: Span): fc.Arbitrary<IntegerWay> {
  const all = [8, 16, 32, 64].flatMap((bits) => [toInteger(bits, false), toInteger(bits, true)]);
  const holding = all.filter((one) => within(span.least, one.span) && within(span.greatest, one.span));
  const longest = [span.least, span.greatest].map((end) => String(end < 0n ? -end : end).length);
  const decimal = decimalAround(Math.max(...longest), 0).map((way) => ({ way, span }));
  const exact = (bits: 32 | 64): IntegerWay => {
    const end = 1n << (bits === 32 ? 24n : 53n);
    return { way: toFloat(bits), span: { least: -end, greatest: end } };
  };
  const texts = textWays(hexOf).map((way) => ({ way, span }));
  return oneWay(
    fc.constantFrom(...holding),
    anyInteger,
    decimal,
    texts,
    fc.constantFrom(exact(32), exact(64), toBool),
  ).map(({ way, span: holds }) => ({ way, span: inBoth(span, holds) }));
}
