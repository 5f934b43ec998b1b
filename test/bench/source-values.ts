/** What a value depends on: the image alone (its number is the column n), or also its j-th row. */
type Of = 'n' | 'j';

/** A number of its own for a name (FNV-1a), odd, below 2^31. */
function factorOf(name: string): number {
  let hash = 2_166_136_261;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return (hash & 0x7fff_ffff) | 1;
}

/**
 * SQL of a number from 0 to 2^31 - 2 that looks random and is the same on every server. CRC32 alone would not do: it is
 * linear, so the values of two names would go hand in hand.
 */
export function hashed(name: string, of: Of = 'n'): string {
  const key = of === 'n' ? 'n' : "CONCAT(n, ':', j)";
  // CRC32 is unsigned, and a difference below 0 of unsigned numbers is an error.
  return `CAST(CRC32(${key}) * ${factorOf(name)} % 2147483647 AS SIGNED)`;
}

/** A number from 0 to count - 1. */
export const part = (name: string, count: number, of: Of = 'n'): string => `(${hashed(name, of)} % ${count})`;

/** A number from 0 up to and without 1. */
export const unit = (name: string, of: Of = 'n'): string => `(${hashed(name, of)} / 2147483647e0)`;

/** 1 for so many percent of the rows, else 0; of one name a larger share holds the smaller one. */
export const isIn = (name: string, percent: number, of: Of = 'n'): string =>
  `(${part(name, 1000, of)} < ${percent * 10})`;

/** NULL for so many percent of the rows. */
export const maybe = (name: string, percentNull: number, value: string, of: Of = 'n'): string =>
  `IF(${isIn(`${name}_unknown`, percentNull, of)}, NULL, ${value})`;

/** A cluster's or topic's number: 0, a real one, more often than the others. */
export const picked = (name: string, percentZero: number, count: number, of: Of = 'n'): string =>
  `IF(${isIn(`${name}_zero`, percentZero, of)}, 0, ${part(name, count, of)})`;

/** The value at the place that an expression says. */
export const pick = (place: string, values: readonly (string | number)[]): string =>
  `ELT(1 + ${place}, ${values.map((value) => (typeof value === 'string' ? `'${value}'` : value)).join(', ')})`;

const heads = [
  'vel',
  'mor',
  'tan',
  'quil',
  'bre',
  'sol',
  'nim',
  'dar',
  'fex',
  'gul',
  'hev',
  'jor',
  'kip',
  'lun',
  'ost',
];
const tails = [
  'ador',
  'emish',
  'inel',
  'orik',
  'usten',
  'atova',
  'evine',
  'iwick',
  'ox',
  'uzor',
  'alam',
  'epen',
  'ana',
];
const joints = ['', 'an', 'er', 'il', 'on', 'ur', 'es'];

/** A made-up word: one of 1,365, or one of the first `count` numbers' where that is given. */
export function word(name: string, of?: string, count?: number): string {
  const number = count === undefined ? hashed(name) : `(${part(of ?? name, count)} * 7919)`;
  return `CONCAT(${pick(`${number} % 15`, heads)}, ${pick(`${number} DIV 15 % 7`, joints)}, ${pick(`${number} DIV 105 % 13`, tails)})`;
}

/** Made-up words, from `least` to `most` of them, cut in mid-word at `characters`; one in 50 begins in another script. */
export function sentence(name: string, least: number, most: number, characters: number): string {
  const words = Array.from({ length: most }, (_, at) => {
    const one = word(`${name}_${at}`);
    return at < least ? one : `IF(${part(`${name}_count`, most - least + 1)} >= ${at - least + 1}, ${one}, NULL)`;
  });
  return `LEFT(CONCAT_WS(' ', IF(${isIn(`${name}_script`, 2)}, '山の朝 写真', NULL), ${words.join(', ')}), ${characters})`;
}
