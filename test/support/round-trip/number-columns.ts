import fc from 'fast-check';
import { type ColumnPlan, edged, hexOf, oneWay, textWays, type Way } from './column.js';
import {
  anyInteger,
  decimalAround,
  inBoth,
  integers,
  integerWays,
  type Span,
  scaledText,
  spanOf,
  toDecimal,
  toFloat,
} from './numbers.js';

/** The number itself: a zero-filled one is shown with its zeros. */
const numberText = (column: string): string => `CAST(${column} + 0 AS CHAR)`;

const isSame = (literal: string, text: string): boolean => literal === text;

function integerColumn(mysql: string, span: Span, rest: Partial<ColumnPlan> = {}): fc.Arbitrary<ColumnPlan> {
  return integerWays(span).map(({ way, span: holds }) => ({
    ...{ mysql, kind: mysql, text: numberText, way, literals: integers(holds).map(String), isWritten: isSame },
    ...rest,
  }));
}

const widths: Record<string, number> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };

/** Integer columns of these types, signed or not. */
export function integerColumns(types: readonly string[], unsigned: boolean): fc.Arbitrary<ColumnPlan> {
  const suffixes = unsigned ? ['unsigned', 'unsigned', '(12) zerofill'] : [''];
  return fc.tuple(fc.constantFrom(...types), fc.constantFrom(...suffixes)).chain(([type, suffix]) => {
    const mysql = suffix.startsWith('(') ? `${type}${suffix}` : `${type} ${suffix}`.trim();
    return integerColumn(mysql, spanOf(widths[type] ?? 64, unsigned));
  });
}

/** TINYINT(1), which holds any number of 8 bits. */
export const boolColumn: fc.Arbitrary<ColumnPlan> = fc
  .constantFrom('tinyint(1)', 'boolean')
  .chain((kind) => integerColumn('tinyint(1)', spanOf(8, false), { kind }));

/** BIT(1) to BIT(64); its bytes are its number. */
export const bitColumn: fc.Arbitrary<ColumnPlan> = fc
  .oneof(fc.constantFrom(1, 8, 9, 16, 17, 31, 32, 33, 63, 64), fc.integer({ min: 1, max: 64 }))
  .chain((bits) =>
    integerColumn(`bit(${bits})`, spanOf(bits, true), { text: (column) => `CONV(HEX(${column}), 16, 10)` }),
  );

/** YEAR: 1901 to 2155, and 0000. */
export const yearColumn: fc.Arbitrary<ColumnPlan> = integerWays({ least: 1901n, greatest: 2155n })
  .filter(({ span }) => span.greatest === 2155n)
  .map(({ way }) => ({
    ...{ mysql: 'year', kind: 'year', text: numberText, way },
    literals: edged(['0', '1901', '2155'], fc.integer({ min: 1901, max: 2155 }).map(String)),
  }));

/** Unscaled values of a DECIMAL: all nines, one digit, round ones, and what a double does not hold. */
function decimals(precision: number, scale: number, unsigned: boolean, step = 1n): fc.Arbitrary<string> {
  const end = (10n ** BigInt(precision) - 1n) / step;
  return fc
    .oneof(
      integers({ least: unsigned ? 0n : -end, greatest: end }),
      fc.bigInt({ min: unsigned ? 0n : -99n, max: 99n }).map((one) => (one > end ? end : one < -end ? -end : one)),
    )
    .map((one) => scaledText(one * step, scale));
}

/** DECIMAL(p, s) with p from min to max. */
export function decimalColumn(min: number, max: number): fc.Arbitrary<ColumnPlan> {
  return fc
    .record({ precision: fc.integer({ min, max }), behind: fc.nat(30), unsigned: fc.boolean() })
    .chain(({ precision, behind, unsigned }) => {
      const scale = Math.min(behind, precision);
      const mysql = `decimal(${precision},${scale})${unsigned ? ' unsigned' : ''}`;
      const text = (column: string): string => `CAST(${column} AS CHAR)`;
      const full = decimals(precision, scale, unsigned);
      const holding = fc.oneof(
        // What has more digits than a decimal of 16 bytes travels as text, and becomes a Decimal of 32 bytes.
        decimalAround(precision - scale, scale, precision > 38 ? 39 : 1),
        textWays(hexOf),
        fc.constant(toDecimal(precision, scale)),
      );
      const common = { mysql, kind: mysql, text, isWritten: isSame };
      const plan = (way: Way, literals = full): ColumnPlan => ({ ...common, way, literals });
      if (precision > 38) return holding.map((way) => plan(way));
      const narrow = fc.nat(scale).map((less) => {
        const digits = precision - less;
        if (digits === 0) return plan(toDecimal(precision, scale));
        return plan(toDecimal(digits, scale - less), decimals(precision, scale, unsigned, 10n ** BigInt(less)));
      });
      const whole = anyInteger.map(({ way, span }) => {
        const end = 10n ** BigInt(precision - scale) - 1n;
        const holds = inBoth(span, { least: unsigned ? 0n : -end, greatest: end });
        return plan(
          way,
          integers(holds).map((one) => scaledText(one * 10n ** BigInt(scale), scale)),
        );
      });
      return oneWay(
        holding.map((way) => plan(way)),
        narrow,
        whole,
      );
    });
}

/** 00012.5 is 12.5, and .5 is 0.5. */
const withoutZeros = (text: string): string => text.replace(/^(-?)0*(?=\d)/, '$1').replace(/^(-?)\./, '$10.');

/** A number as text, with zeros that say nothing, into a Decimal that is itself carried as text. */
export const numberTextColumn: fc.Arbitrary<ColumnPlan> = fc
  .tuple(fc.integer({ min: 0, max: 40 }), fc.nat(30))
  .chain(([whole, scale]) => {
    const shown = fc
      .tuple(decimals(whole + scale, scale, false), fc.constantFrom('', '0', '000'), fc.boolean())
      .map(([text, zeros, isShort]) => {
        const [sign, digits] = text.startsWith('-') ? ['-', text.slice(1)] : ['', text];
        const long = `${sign}${zeros}${digits}${digits.includes('.') ? zeros : ''}`;
        return isShort ? text.replace(/^(-?)0\./, '$1.') : long;
      });
    return decimalAround(whole, scale, 39).map((way) => ({
      ...{ mysql: 'varchar(100)', kind: 'varchar', text: (column) => `CAST(${column} AS CHAR)` },
      way: { ...way, expected: (text) => way.expected(withoutZeros(text)) },
      literals: shown.map((text) => `'${text}'`),
    }));
  });

/** A literal that the server reads as a double: with an exponent, so that -0 keeps its sign. */
function floatLiteral(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('e') ? text : `${text}e0`;
}

/** Numbers by their bits; NaN and the infinities are no values of MySQL. */
const floats32 = fc
  .integer({ min: 0, max: 0xffffffff })
  .map((bits) => new Float32Array(new Uint32Array([bits]).buffer)[0] ?? 0)
  .filter(Number.isFinite);
const floats64 = fc
  .bigInt({ min: 0n, max: 0xffffffffffffffffn })
  .map((bits) => new Float64Array(new BigUint64Array([bits]).buffer)[0] ?? 0)
  .filter(Number.isFinite);
const both = (values: readonly number[]): number[] => values.flatMap((one) => [one, -one]);
const edges32 = both([0, 1, 1.401298464324817e-45, 1.1754942106924411e-38, 1.1754943508222875e-38, 16777216]).concat(
  both([3.4028234663852886e38, Math.fround(0.1), Math.fround(1 / 3), 0.5, 33554432]),
);
const edges64 = both([0, 1, 5e-324, 2.225073858507201e-308, 2.2250738585072014e-308, Number.MAX_VALUE]).concat(
  both([0.1, 1 / 3, 2 ** 53, 2 ** 53 - 1, 2 ** 53 + 2, 4294967295.5, 1e22]),
);
const values32 = edged(edges32, fc.oneof(floats32, fc.float({ noNaN: true, noDefaultInfinity: true })));
const values64 = edged(edges64, fc.oneof(floats64, fc.double({ noNaN: true, noDefaultInfinity: true })));

/**
 * FLOAT and DOUBLE. A FLOAT is shown with six digits only: a product with 1 is a double, whose text MySQL cuts behind
 * the 16th, more than a FLOAT has.
 */
export function floatColumn(mysql: 'float' | 'double'): fc.Arbitrary<ColumnPlan> {
  const isFloat = mysql === 'float';
  const read = isFloat ? (text: string): number => Math.fround(Number(text)) : Number;
  const exactTo = 1n << (isFloat ? 24n : 53n);
  const plan = (way: Way, numbers: fc.Arbitrary<number>): ColumnPlan => ({
    ...{ mysql, kind: mysql, way, literals: numbers.map(floatLiteral) },
    text: (column) => (isFloat ? `CAST(${column} * 1e0 AS CHAR)` : `CAST(${column} AS CHAR(60))`),
    // The same number; that MariaDB makes 0 of -0 is its own affair.
    isWritten: (literal, text) => Number(literal) === read(text),
  });
  const whole = anyInteger.map(({ way, span }) => {
    const holds = inBoth(span, { least: -exactTo, greatest: exactTo });
    return plan({ ...way, expected: (text) => String(BigInt(read(text))) }, integers(holds).map(Number));
  });
  if (isFloat)
    return oneWay(fc.constantFrom(plan(toFloat(32, read), values32), plan(toFloat(64, read), values32)), whole);
  return oneWay(fc.constant(plan(toFloat(64), values64)), whole, fc.constant(plan(toFloat(32), values32)));
}
