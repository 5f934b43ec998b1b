import fc from 'fast-check';
import { type ColumnPlan, edged, hexOf, oneWay, textInHex, textWays, toFixed, toText, type Way } from './column.js';
import { bytesLiteral, bytesOf, jsonTexts, sometimesLong, textsOf, unicodeTexts } from './texts.js';

const asIs = (hex: string): string => hex;
const utf8 = (text: string): string => bytesLiteral(text, 'utf8mb4');
const textPlan = (mysql: string, way: Way, literals: fc.Arbitrary<string>, kind = mysql): ColumnPlan => ({
  ...{ mysql, kind, way, literals, text: textInHex },
});

/** The longest FixedString that ClickHouse makes without being told that it is meant. */
const fixedMax = 256;
/** A FixedString of so many bytes and more, which takes what does not end in NUL. */
const fixedOver = (bytes: number): fc.Arbitrary<Way> =>
  fc
    .tuple(fc.integer({ min: Math.max(1, bytes), max: Math.min(fixedMax, bytes + 20) }), fc.boolean())
    .map(([length, lowCardinality]) => toFixed(length, lowCardinality));
const withoutEnd = (texts: fc.Arbitrary<string>): fc.Arbitrary<string> => texts.filter((text) => !text.endsWith('\0'));

/** CHAR(n) and VARCHAR(n) in utf8mb4: into strings of any kind. */
export function shortText(type: 'char' | 'varchar'): fc.Arbitrary<ColumnPlan> {
  const lengths = fc.oneof(fc.constantFrom(0, 1, 255), fc.integer({ min: 0, max: 255 }));
  return lengths.chain((characters) => {
    const mysql = `${type}(${characters}) character set utf8mb4`;
    const texts = unicodeTexts(characters);
    const string = textWays(asIs).map((way) => textPlan(mysql, way, texts.map(utf8), type));
    if (characters * 4 > fixedMax) return string;
    const fixed = fixedOver(characters * 4).map((way) => textPlan(mysql, way, withoutEnd(texts).map(utf8), type));
    return oneWay(string, fixed);
  });
}

/** TINYTEXT to LONGTEXT in utf8mb4, with values that are long. */
export const longText: fc.Arbitrary<ColumnPlan> = fc
  .constantFrom(['tinytext', 63], ['text', 65_535], ['mediumtext', 1e6], ['longtext', 1e6] as const)
  .chain(([type, bytes]) => {
    const texts = unicodeTexts(63);
    const values = type === 'tinytext' ? texts : sometimesLong(texts, Number(bytes));
    return textWays(asIs).map((way) => textPlan(`${type} character set utf8mb4`, way, values.map(utf8), String(type)));
  });

/** latin1: every byte is a character, the C1 controls among them. */
export const latin1Text: fc.Arbitrary<ColumnPlan> = fc
  .tuple(fc.constantFrom('char(20)', 'varchar(300)', 'text', 'tinytext'), textWays(asIs))
  .map(([type, way]) => {
    const length = type === 'char(20)' ? 20 : 60;
    const values = edged([Buffer.from('e9', 'hex'), Buffer.from('80819f', 'hex')], bytesOf(0, length));
    const literals = values.map((bytes) => bytesLiteral(bytes, 'latin1'));
    return textPlan(`${type} character set latin1`, way, literals, type);
  });

/** Character sets with characters that each of them has. */
const alphabets: Readonly<Record<string, string>> = {
  utf8mb3: "aé漢ก\u0000\\'\u0080\u202e",
  ucs2: "aé漢ก\u0000\\'\u0080\u202e",
  utf16: "aé漢😀\u0000\\'\u0080𠮷",
  utf16le: 'aé漢😀\u0000𠮷',
  utf32: 'aé漢😀\u0000𠮷',
  gbk: '中文测试数据库图像的一是不ab \\',
  gb18030: '中文测试😀é\u0080ab \\',
  big5: '中文測試資料庫功許蓋ab ',
  sjis: 'あいうえカタナ漢字日本表能ab ',
  cp932: 'あいうえカタナ漢字日本①表能ab ',
  ujis: 'あいうえカタナ漢字日本表能ab ',
  euckr: '한국어시험데이터ab ',
  cp1251: 'ПриветЁёab ',
  koi8r: 'ПриветЁёab ',
  latin2: 'ěščřžýáíéab ',
  ascii: "ab \\'\u0000\u007f",
};

/** A text in another character set than utf8mb4. */
export function otherText(isMariadb: boolean): fc.Arbitrary<ColumnPlan> {
  const charsets = Object.keys(alphabets).filter((name) => !isMariadb || name !== 'gb18030');
  return fc
    .record({
      charset: fc.constantFrom(...charsets),
      type: fc.constantFrom('char(60)', 'varchar(100)', 'text', 'mediumtext'),
      way: textWays(asIs),
    })
    .map(({ charset, type, way }) =>
      textPlan(`${type} character set ${charset}`, way, textsOf(alphabets[charset] ?? '', 60).map(utf8), type),
    );
}

const bytesPlan = (mysql: string, way: Way, values: fc.Arbitrary<Uint8Array>): ColumnPlan => ({
  ...{ mysql, kind: mysql, way, text: (column) => `HEX(${column})` },
  literals: values.map((bytes) => bytesLiteral(bytes)),
});

/** BINARY(n), which the server fills with NUL, and VARBINARY(n). */
export function shortBytes(type: 'binary' | 'varbinary'): fc.Arbitrary<ColumnPlan> {
  return fc.oneof(fc.constantFrom(1, 16, 255), fc.integer({ min: 1, max: 255 })).chain((bytes) => {
    const mysql = `${type}(${bytes})`;
    const string = fc.constant(bytesPlan(mysql, toText(asIs), bytesOf(0, bytes)));
    if (type === 'binary') return oneWay(string, fc.constant(bytesPlan(mysql, toFixed(bytes), bytesOf(0, bytes))));
    const values = bytesOf(0, bytes).filter((value) => value.at(-1) !== 0);
    return oneWay(
      string,
      fixedOver(bytes).map((way) => bytesPlan(mysql, way, values)),
    );
  });
}

/** TINYBLOB to LONGBLOB. */
export const blobColumn: fc.Arbitrary<ColumnPlan> = fc
  .constantFrom('tinyblob', 'blob', 'mediumblob', 'longblob')
  .map((type) => {
    const long = fc
      .integer({ min: 0, max: 255 })
      .map((byte) => new Uint8Array(type === 'blob' ? 60_000 : 100_000).fill(byte));
    const values = fc.oneof(
      { weight: 400, arbitrary: bytesOf(0, 60) },
      { weight: type === 'tinyblob' ? 0 : 1, arbitrary: long },
    );
    return bytesPlan(type, toText(asIs), values);
  });

/** JSON, as the server writes it. */
export const jsonColumn: fc.Arbitrary<ColumnPlan> = textWays(asIs).map((way) =>
  textPlan('json', way, jsonTexts.map(utf8)),
);

// MariaDB's own type takes the versions that are in use.
const madeUuids = fc.uuid({ version: [1, 4] });
const uuids = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.oneof(
      madeUuids,
      madeUuids.map((text) => text.toUpperCase()),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('00000000-0000-0000-0000-000000000000', 'FFFFffff-ffff-4fff-bfff-FFFFFFFFFFFF'),
  },
);
const toUuid: Way = {
  type: 'UUID',
  found: (value) => `hex(toString(${value}))`,
  expected: (hex) => hexOf(Buffer.from(hex, 'hex').toString().toLowerCase()),
  unknown: hexOf('00000000-0000-0000-0000-000000000000'),
};

/** A UUID as text, or as MariaDB's own type. */
export function uuidColumn(types: readonly string[]): fc.Arbitrary<ColumnPlan> {
  return fc.tuple(fc.constantFrom(...types), oneWay(fc.constant(toUuid), textWays(asIs))).map(([type, way]) =>
    textPlan(
      type,
      way,
      uuids.map((text) => `'${text}'`),
    ),
  );
}

/** INET4 and INET6 of MariaDB. */
export const inetColumn: fc.Arbitrary<ColumnPlan> = fc
  .tuple(fc.constantFrom('inet4', 'inet6'), textWays(asIs))
  .map(([type, way]) => {
    const words = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
    const ipV6 = edged(
      ['::', '::1', '::ffff:1.2.3.4'],
      words.map((all) => all.map((one) => one.toString(16)).join(':')),
    );
    return textPlan(
      type,
      way,
      (type === 'inet4' ? fc.ipV4() : ipV6).map((text) => `'${text}'`),
    );
  });
