import type { Random } from './random.js';

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
  'prax',
];
const middles = ['a', 'e', 'i', 'o', 'u', 'an', 'er', 'il', 'on', 'ur'];
const tails = ['dor', 'mish', 'nel', 'rik', 'sten', 'tova', 'vine', 'wick', 'x', 'zor', 'lam', 'pen'];

/** A made-up word. */
export function word(random: Random): string {
  return random.pick(heads) + random.pick(middles) + random.pick(tails);
}

/** A made-up word that belongs to a number: the same one always, different ones for numbers below 1,920. */
export function wordOf(number: number): string {
  const head = heads[number % heads.length];
  const middle = middles[Math.floor(number / heads.length) % middles.length];
  const tail = tails[Math.floor(number / (heads.length * middles.length)) % tails.length];
  return `${head}${middle}${tail}`;
}

/** Made-up words up to `charactersMax` characters, cut in the middle of a word where they are longer. */
export function sentence(random: Random, words: number, charactersMax: number): string {
  let text = word(random);
  for (let i = 1; i < words; i += 1) text += ` ${word(random)}`;
  return cut(text, charactersMax);
}

/** The first characters as MySQL counts them: by code point, so that no surrogate pair is torn. */
export function cut(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return [...text].slice(0, charactersMax).join('');
}

/** Text that has broken such jobs before. Every one fits 50 characters, so that it may stand in any text column. */
export const awkwardTexts: readonly string[] = [
  'trailing spaces   ',
  '   leading spaces',
  ' ',
  '',
  "it's a 'single' quote",
  'a "double" quote',
  'a `backtick` quote',
  '\u201ccurly\u201d \u2018quotes\u2019 \u00abguillemets\u00bb \u201elow\u201c',
  'back\\slash C:\\new\\table',
  'ends in a backslash\\',
  '\\N',
  'NULL',
  "\\'",
  'tab\tinside',
  'line\nbreak',
  'carriage\r\nreturn',
  'nul\0inside',
  '\0',
  'ctrl-z \u001a and bell \u0007',
  '\u5c71\u306e\u671d \u5199\u771f\u3068\u56f3\u66f8\u9928',
  '\u7d05\u8272\u7684\u65d7\u5b50\uff0c\u767d\u8272\u7684\u96f2',
  '\ud55c\uad6d\uc5b4 \uc0ac\uc9c4',
  'Ng\u01b0\u1eddi \u0111i b\u1ed9 \u1edf ph\u1ed1 c\u1ed5, \u1ea3nh \u0111\u1eb9p',
  '\u{1f600} \u{1f469}\u200d\u{1f469}\u200d\u{1f467} \u{1f1f3}\u{1f1f4} emoji',
  '\u{20bb7}\u91ce\u5bb6 outside the plane',
  'c1 \u0080 and \u0093quoted\u0094',
  '\u0080\u0093',
  'combining e\u0301 and composed \u00e9',
  '\u05e9\u05dc\u05d5\u05dd right to left',
  'zero\u200bwidth \ufeffmark \ufffd',
  '$& $1 # % _ ; -- /* */',
  'a,b;c|d\u0001e',
  '{"json": [1, "x"]}',
  "');DROP TABLE sample;--",
];
