import fc from 'fast-check';
import { Decimal128 } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { decimalText, type FiniteDecimal, plainDecimal, readDecimal } from '../../../src/sources/decimal128.js';

const bytesOf = (text: string): Buffer => Buffer.from(Decimal128.fromString(text).bytes);
const finite = (text: string): FiniteDecimal => {
  const read = readDecimal(bytesOf(text), 0);
  if (typeof read === 'string') throw new Error(`${text} is not finite`);
  return read;
};
const textOf = (bytes: Buffer, at = 0): string => {
  const read = readDecimal(bytes, at);
  return typeof read === 'string' ? read : decimalText(read);
};

describe('a Decimal128 as text', () => {
  test.each([
    '0',
    '-0',
    '0.00',
    '0E+3',
    '-0E-6176',
    '1',
    '-1.50',
    '1E+3',
    '1.2E+3',
    '0.000001',
    '1E-7',
    '1.23E-10',
    '9999999999999999999999999999999999',
    '9.999999999999999999999999999999999E+6144',
    '1E-6176',
    '12345678901234567890123456789.12345',
    'NaN',
    'Infinity',
    '-Infinity',
  ])('%s keeps all its digits', (text) => {
    expect(textOf(bytesOf(text))).toBe(text);
    expect(textOf(Buffer.concat([Buffer.alloc(3, 0xff), bytesOf(text)]), 3)).toBe(text);
  });

  test('is that of the driver, for any 16 bytes that a writer of the standard makes', () => {
    const coefficient = fc.bigInt({ min: 0n, max: 10n ** 34n - 1n });
    const exponent = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -6176, max: 6111 }));
    fc.assert(
      fc.property(coefficient, exponent, fc.boolean(), (digits, power, negative) => {
        const high = (negative ? 1n << 63n : 0n) | (BigInt(power + 6176) << 49n) | (digits >> 64n);
        const bytes = Buffer.alloc(16);
        bytes.writeBigUInt64LE(BigInt.asUintN(64, digits), 0);
        bytes.writeBigUInt64LE(high, 8);
        expect(textOf(bytes)).toBe(new Decimal128(bytes).toString());
      }),
    );
  });

  test.each([
    ['the least coefficient above 10^34 - 1', 10n ** 34n, 0x3040n << 48n],
    ['the second form, whose coefficients are all above it', 1n, (0b11n << 61n) | (6176n << 47n)],
  ])('%s is a zero, as the standard says', (_, digits, form) => {
    const bytes = Buffer.alloc(16);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, digits), 0);
    bytes.writeBigUInt64LE(form | (digits >> 64n), 8);
    expect(readDecimal(bytes, 0)).toEqual({ negative: false, coefficient: 0n, exponent: 0 });
  });
});

describe('a Decimal128 as decimal(p, s)', () => {
  test.each([
    ['1E+3', 6, 2, '1000.00'],
    ['-12.345', 6, 3, '-12.345'],
    ['0.001', 6, 3, '0.001'],
    ['-0.5', 3, 1, '-0.5'],
    ['1.5000', 2, 1, '1.5'],
    ['999.999', 6, 3, '999.999'],
    ['7', 1, 0, '7'],
    ['-0', 6, 3, '0'],
    ['0E+6111', 6, 3, '0'],
    ['0E-6176', 6, 3, '0'],
    ['9999999999999999999999999999999999E+4', 38, 0, '99999999999999999999999999999999990000'],
    ['0.1', 38, 38, '0.10000000000000000000000000000000000000'],
  ])('%s as decimal(%d,%d) is %s', (text, precision, scale, expected) => {
    expect(plainDecimal(finite(text), precision, scale)).toBe(expected);
  });

  test.each([
    ['12.3456', 6, 3],
    ['1000', 6, 3],
    ['999.9999', 6, 3],
    ['1E+6111', 38, 0],
    ['1E-6176', 38, 38],
    ['10', 1, 0],
  ])('%s does not fit decimal(%d,%d), and is not rounded', (text, precision, scale) => {
    expect(() => plainDecimal(finite(text), precision, scale)).toThrow(
      `${decimalText(finite(text))} is no decimal(${precision},${scale})`,
    );
  });
});
