import fc from 'fast-check';
import { type ColumnPlan, hexOf, oneWay, textInHex, textWays, toFixed, type Way } from './column.js';
import { bytesLiteral } from './texts.js';

const asIs = (hex: string): string => hex;
const mysqlQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
const clickhouseQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Beginnings of labels; a number behind them keeps two labels apart in every collation. */
const stems = [
  ...[
    '',
    'a',
    "it's ",
    '"',
    'a,b',
    ')',
    "')",
    '\\',
    '\\n',
    '`',
    'é',
    'İ',
    'ß',
    '漢',
    '\ud83d\ude00',
    ' ',
    "''",
    '=',
    '%',
  ],
  ...['(', "' = 1, '", '?', '{t}', '#', '--', '/*', ';', '\t', 'NULL', 'Ä', '$'],
];
const label = (stem: string, index: number): string => `${stem}${index}`;
const stemOf = (commas: boolean): fc.Arbitrary<string> =>
  fc.constantFrom(...stems.filter((stem) => commas || !stem.includes(',')));

/** Enum8 or Enum16 of the labels, numbered from `first`, some of them below 0. */
function toEnum(labels: readonly string[], bits: 8 | 16, first: number): Way {
  const parts = labels.map((text, index) => `${clickhouseQuoted(text)} = ${first + index}`);
  return {
    type: `Enum${bits}(${parts.join(', ')})`,
    found: (value) => `hex(toString(${value}))`,
    expected: asIs,
    unknown: hexOf(labels[0] ?? ''),
    declared: clickhouseQuoted(labels[0] ?? ''),
  };
}

/** ENUM: into strings, and into Enum8 and Enum16 of the same labels and more. */
export const enumColumn: fc.Arbitrary<ColumnPlan> = fc
  .record({
    stems: fc.oneof(
      { weight: 5, arbitrary: fc.array(stemOf(true), { minLength: 1, maxLength: 12 }) },
      { weight: 1, arbitrary: fc.array(stemOf(true), { minLength: 300, maxLength: 300 }) },
    ),
    more: fc.array(stemOf(true), { maxLength: 3 }),
    kind: fc.boolean(),
  })
  .chain(({ stems: chosen, more, kind }) => {
    const labels = chosen.map(label);
    const all = [...labels, ...more.map((stem, index) => label(stem, 1000 + index))];
    const mysql = `enum(${labels.map(mysqlQuoted).join(',')})`;
    const few = all.length < 100;
    const enums = fc.constantFrom(toEnum(all, 16, -2), few ? toEnum(all, 8, -128) : toEnum(all, 16, 100));
    const longest = Math.max(...labels.map((text) => Buffer.byteLength(text)));
    return oneWay(enums, textWays(asIs), fc.constant(toFixed(longest + 1))).map((way) => ({
      ...{ mysql: `${mysql} character set utf8mb4`, kind: kind ? mysql : 'enum', text: textInHex, way },
      literals: fc.constantFrom(...labels).map((text) => bytesLiteral(text, 'utf8mb4')),
    }));
  });

/** SET: the labels that are in it, as the server writes them. */
export const setColumn: fc.Arbitrary<ColumnPlan> = fc
  .tuple(fc.array(stemOf(false), { minLength: 1, maxLength: 64 }), textWays(asIs))
  .map(([chosen, way]) => {
    const labels = chosen.map(label);
    const mysql = `set(${labels.map(mysqlQuoted).join(',')}) character set utf8mb4`;
    const end = 2n ** BigInt(labels.length) - 1n;
    const literals = fc.oneof(fc.constantFrom(0n, end), fc.bigInt({ min: 0n, max: end })).map(String);
    return { mysql, kind: 'set', text: textInHex, way, literals };
  });
