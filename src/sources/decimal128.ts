/** A finite Decimal128: coefficient × 10^exponent, and its sign, which a zero has too. */
export interface FiniteDecimal {
  readonly negative: boolean;
  readonly coefficient: bigint;
  readonly exponent: number;
}

const exponentBias = 6176;
const coefficientMax = 10n ** 34n - 1n;

/** Reads the 16 bytes at `at` (IEEE 754-2008, binary integer encoding, little-endian); text for NaN and Infinity. */
export function readDecimal(bytes: Buffer, at: number): FiniteDecimal | 'NaN' | 'Infinity' | '-Infinity' {
  const high = bytes.readBigUInt64LE(at + 8);
  const negative = high >> 63n === 1n;
  const combination = Number((high >> 58n) & 0x1fn);
  if (combination === 0x1f) return 'NaN';
  if (combination === 0x1e) return negative ? '-Infinity' : 'Infinity';
  // With both first bits set the coefficient would be above 10^34 - 1: the standard reads all such as zero.
  const large = combination >> 3 === 3;
  const exponent = Number((high >> (large ? 47n : 49n)) & 0x3fffn) - exponentBias;
  const coefficient = ((high & 0x1_ffff_ffff_ffffn) << 64n) | bytes.readBigUInt64LE(at);
  return { negative, exponent, coefficient: large || coefficient > coefficientMax ? 0n : coefficient };
}

/** The text that IEEE 754 and every driver give the value: all its digits, trailing zeros too (`1E+3`, `0.10`, `-0`). */
export function decimalText(value: FiniteDecimal): string {
  const sign = value.negative ? '-' : '';
  const digits = String(value.coefficient);
  const leading = value.exponent + digits.length - 1;
  if (value.exponent > 0 || leading < -6) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${fraction}E${leading < 0 ? '' : '+'}${leading}`;
  }
  return sign + withPoint(digits, -value.exponent);
}

/**
 * The value as the text of a decimal(precision, scale). Nothing is rounded: throws an Error where it has more digits
 * than the column holds, before or behind the point. The sign of a zero is no part of a decimal.
 */
export function plainDecimal(value: FiniteDecimal, precision: number, scale: number): string {
  const { coefficient, exponent, negative } = value;
  const tooLong = (): Error => new Error(`${decimalText(value)} is no decimal(${precision},${scale})`);
  if (coefficient === 0n) return '0';
  const shift = exponent + scale;
  // The coefficient is no zero: with so many zeros behind it no column could hold it, and 10^6000 need not be made.
  if (shift > precision) throw tooLong();
  const power = 10n ** BigInt(Math.abs(shift));
  if (shift < 0 && coefficient % power !== 0n) throw tooLong();
  const scaled = shift < 0 ? coefficient / power : coefficient * power;
  if (scaled >= 10n ** BigInt(precision)) throw tooLong();
  return (negative ? '-' : '') + withPoint(String(scaled), scale);
}

/** The digits with a point before the last `behind` of them: 5 and 3 are 0.005. */
function withPoint(digits: string, behind: number): string {
  if (behind === 0) return digits;
  const padded = digits.padStart(behind + 1, '0');
  return `${padded.slice(0, -behind)}.${padded.slice(-behind)}`;
}
