import fc from 'fast-check';
import { edged } from './column.js';

/** Characters that a program could take for something else: ends, escapes, signs without a width, what looks equal. */
const odd = [
  ...['\0', '\u0001', '\t', '\n', '\r', '\u001a', '\u007f', '\u0080', '\u0085', '\u0090', '\u009f', '\u00a0'],
  ...['\\', "'", '"', '`', '%', '_', ',', ';', '{', '}', '$', '?', 'é', 'e\u0301', 'ß', 'İ', 'ı', 'ǅ', '\u00ad'],
  ...['\u200b', '\u202e', '\u2028', '\ufeff', '\ufffd', '\ufffe', '\uffff', '漢', '\ud83d\ude00', '\u{10ffff}'],
  ...['\u{1f468}\u200d\u{1f469}\u200d\u{1f467}', '\u{1f1e9}\u{1f1ea}', '\u{20bb7}'],
];
const whole = [
  ...['', ' ', '   ', 'a ', ' a', 'a\0', '\0', '\\', '\\N', '\\\\', '\\x41', 'NULL', 'null', 'nan', '0', '-0', '1e400'],
  ...['true', '""', "''", '\r\n', '\t', '{"a":1}', '[]', "it's", '%s', '$HOME', '\ufeff', '\u0000\u0001\u0002'],
];

const length = (text: string): number => [...text].length;
/** The text's first characters. */
const cut = (text: string, characters: number): string => [...text].slice(0, characters).join('');

/** Texts of at most so many characters of Unicode. */
export function unicodeTexts(characters: number): fc.Arbitrary<string> {
  const few = Math.min(characters, 40);
  const mixed = fc
    .array(fc.oneof(fc.constantFrom(...odd), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), {
      maxLength: few,
    })
    .map((parts) => cut(parts.join(''), characters));
  const plain = fc.string({ unit: 'grapheme-ascii', maxLength: characters, size: '+1' });
  return edged(
    whole.filter((text) => length(text) <= characters),
    fc.oneof(mixed, mixed, plain),
  );
}

/** Texts of at most so many characters of an alphabet. */
export function textsOf(alphabet: string, characters: number): fc.Arbitrary<string> {
  const parts = fc.array(fc.constantFrom(...alphabet), { maxLength: Math.min(characters, 60) });
  return fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom('', ' ', alphabet.slice(0, 1)) },
    { weight: 4, arbitrary: parts.map((all) => all.join('')) },
  );
}

/** Now and then a text is long: some 100 kB, where the column takes as many bytes. */
export function sometimesLong(texts: fc.Arbitrary<string>, bytesMax: number): fc.Arbitrary<string> {
  const units = fc.constantFrom('a', 'é ', '漢', '\ud83d\ude00', '\\', '\0', "x'y");
  const long = fc.tuple(units, fc.integer({ min: 20_000, max: 100_000 })).map(([unit, bytes]) => {
    const times = Math.floor(Math.min(bytes, bytesMax) / Buffer.byteLength(unit));
    return unit.repeat(times);
  });
  return fc.oneof({ weight: 400, arbitrary: texts }, { weight: 1, arbitrary: long });
}

/** Bytes of so many at most; what looks like text of some character set, and what is none of any. */
export function bytesOf(least: number, greatest: number): fc.Arbitrary<Uint8Array> {
  const looks = ['ff', 'fe', '80', 'c080', 'eda080', 'f4908080', '00', '0000', 'ffd8ffe0', '5c27', '7f', '200a'];
  const edges = looks.map((hex) => Buffer.from(hex, 'hex')).filter(({ length: n }) => n >= least && n <= greatest);
  return edged<Uint8Array>(
    edges,
    fc.uint8Array({ minLength: least, maxLength: Math.max(least, Math.min(greatest, 60)) }),
  );
}

/** An SQL literal of bytes, with the character set that they are in. */
export const bytesLiteral = (bytes: Uint8Array | string, charset = ''): string =>
  `${charset === '' ? '' : `_${charset} `}X'${Buffer.from(bytes as Uint8Array).toString('hex')}'`;

/** JSON documents as text: numbers with more digits than a double has, deep ones, keys that are odd. */
export const jsonTexts: fc.Arbitrary<string> = (() => {
  const numbers = fc.constantFrom(
    ...['0', '-0', '1', '-1', '0.1', '1.0', '1e2', '1.5e308', '5e-324', '9007199254740993', '9223372036854775807'],
    ...['-9223372036854775808', '18446744073709551615', '18446744073709551616', '123456789012345678901234567890.5'],
  );
  const strings = unicodeTexts(20).map((text) => JSON.stringify(text));
  const { document } = fc.letrec<{ document: string; list: string; object: string }>((tie) => ({
    document: fc.oneof(
      { depthSize: 'small', withCrossShrink: false },
      fc.oneof(numbers, strings, fc.constantFrom('null', 'true', 'false', '[]', '{}')),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('document'), { maxLength: 4 }).map((parts) => `[${parts.join(', ')}]`),
    object: fc
      .array(fc.tuple(strings, tie('document')), { maxLength: 4 })
      .map((parts) => `{${parts.map(([key, value]) => `${key}: ${value}`).join(', ')}}`),
  }));
  return document;
})();
