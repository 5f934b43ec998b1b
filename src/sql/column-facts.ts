import type { Dataset } from '../dataset/declaration.js';
import { identifier, literal } from './relations.js';
import { parseValueType, type ValueType } from './value-types.js';

const low = '4294967295::UBIGINT';

/**
 * A number of 31 bits that a key is mixed into, odd, the same in every engine: only products of 32 bits, which no
 * engine lets overflow (docs/format.md gives the formula).
 */
function mixSql(key: string): string {
  const k = `CAST(${key} AS UBIGINT)`;
  const folded = `xor(${k} & ${low}, ((${k} >> 32) * 3266489909) & ${low})`;
  const once = `(${folded} * 2654435761)`;
  const mixed = `(xor(${once}, ${once} >> 29) & ${low})`;
  return `((xor(${mixed} * 2246822507, (${mixed} * 2246822507) >> 31) & 2147483647) | 1)::BIGINT`;
}

/**
 * The value as one 32-bit word, or as two (low, high) where the type in the shard may need more than 32 bits. Words and
 * mixes are BIGINT: a word + 1 times a mix of 31 bits fits, and the engine sums it without making each a HUGEINT first.
 */
function wordsSql(name: string, value: ValueType): [string] | [string, string] {
  const split = (word: string): [string, string] => [`((${word}) & ${low})::BIGINT`, `((${word}) >> 32)::BIGINT`];
  /** Two's complement of a value that 32 bits hold. */
  const word = (number: string): [string] => [`((${number})::BIGINT & 4294967295)`];
  const signed = (number: string): string => `((${number})::HUGEINT & 18446744073709551615)::UBIGINT`;
  switch (value.family) {
    case 'bool':
      return [`${name}::UTINYINT::BIGINT`];
    case 'int': {
      const isUnsigned = value.least === 0n;
      if (value.greatest < 1n << 32n) return isUnsigned ? [`${name}::BIGINT`] : word(name);
      return split(isUnsigned ? name : signed(name));
    }
    case 'float':
      return [`${name}::BIT::UINTEGER::BIGINT`];
    case 'double':
      return split(`${name}::BIT::UBIGINT`);
    case 'decimal': {
      const { precision, scale } = value;
      if (precision <= 9) return word(`${name} * ${10n ** BigInt(scale)}`);
      // The engine gives the product the digits of its factors' types, 18 or 38, and fails where it needs more: for the
      // longest decimals the digits are taken from the text.
      const digits = `CAST(replace(CAST(${name} AS VARCHAR), '.', '') AS HUGEINT)`;
      const product = `${name}::DECIMAL(38,${scale}) * ${10n ** BigInt(scale)}`;
      return split(signed(precision <= 18 ? product : digits));
    }
    case 'date':
      return word(`date_diff('day', DATE '1970-01-01', ${name})`);
    case 'datetime':
    case 'timestamp':
      return split(signed(`epoch_us(${name})`));
    case 'list':
      return split(textWord(`array_to_string(${name}, ',')`));
    default:
      return split(textWord(name));
  }
}

/**
 * Bytes 9 to 16 of MD5, little-endian: the upper half of md5_number. (md5_number_lower is the same number by way of a text
 * of 128 digits, which costs as much as the hash.) The empty text is 0, as the other unknown-values are: what they add at
 * the target follows from nullHash alone.
 */
function textWord(text: string): string {
  return `CASE WHEN ${text} = '' THEN 0::UBIGINT ELSE (md5_number(${text}) >> 64)::UBIGINT END`;
}

/** min and max of a column as text, or NULL where comparing makes no sense. */
function extremes(name: string, { family }: ValueType): [string, string] {
  if (family === 'list') return ['NULL', 'NULL'];
  const text = (value: string): string => (family === 'bytes' ? `hex(${value})` : `CAST(${value} AS VARCHAR)`);
  return [text(`min(${name})`), text(`max(${name})`)];
}

/** A column's five values, named by it. */
const named = (name: string, five: readonly string[]): string[] =>
  five.map((fact, place) => `${fact} AS ${letters[place]}${name}`);
const letters = [...'abcde'];

const modulo = (sum: string): string => `CAST(coalesce(${sum}, 0) % 18446744073709551616 AS VARCHAR)`;

interface Shown {
  /** Numbered, so that no column of the dataset can be taken for a word, a mix or another column. */
  readonly name: string;
  readonly value: ValueType;
  /** The column in the shard. */
  readonly held: string;
}

/** The five values of each column over a relation of all rows, and what that relation has to give for them. */
function rowFacts(columns: readonly Shown[]): { facts: string[]; words: string[] } {
  // A NULL value makes its term NULL, which sum() leaves out.
  const facts = columns.flatMap(({ name, value }) => {
    const second = wordsSql(name, value).length === 2;
    const sum = `sum((w${name} + 1) * mix1)${second ? ` + sum(v${name} * mix2)` : ''}`;
    const nulls = `sum(CASE WHEN ${name} IS NULL THEN mix1::INTEGER END)`;
    return named(name, [`count(*) - count(${name})`, ...extremes(name, value), modulo(sum), modulo(nulls)]);
  });
  const words = columns.flatMap(({ name, value, held }) => {
    const [first, second] = wordsSql(held, value);
    const word = [`${held} AS ${name}`, `${first} AS w${name}`];
    return second === undefined ? word : [...word, `${second} AS v${name}`];
  });
  return { facts, words };
}

/** The same five values of a text with few different values: its word is worked out once for each of them. */
function groupedFacts({ name, value, held }: Shown, mixes: string, from: string): string {
  const [low, high] = wordsSql(name, value) as [string, string];
  const rows = `SELECT ${held} AS ${name}, ${mixes} ${from}`;
  const groups = `SELECT ${name}, count(*) AS n, sum(mix1) AS m1, sum(mix2) AS m2 FROM (${rows}) GROUP BY 1`;
  const words = `SELECT *, ${low} AS low, ${high} AS high FROM (${groups})`;
  const sum = 'sum((low + 1)::HUGEINT * m1 + high::HUGEINT * m2)';
  const nulls = (what: string): string => `sum(${what}) FILTER (WHERE ${name} IS NULL)`;
  const five = [`coalesce(${nulls('n')}, 0)`, ...extremes(name, value), modulo(sum), modulo(nulls('m1'))];
  return `SELECT ${named(name, five).join(', ')} FROM (${words})`;
}

/**
 * One row with five values a column (NULLs, min, max, hash, nullHash) in the order of `shard` (column → type), then rows,
 * different keys, least and greatest key. The hashes are sums, so the order of rows does not matter; they are modulo 2^64.
 */
export function columnFactsSql(dataset: Dataset, shard: ReadonlyMap<string, string>, file: string): string {
  const columns = [...shard].map(([name, type], index) => ({
    ...{ column: name, name: `c${index}`, value: parseValueType(type), held: `shard.${identifier(name)}` },
  }));
  const isRepeated = ({ column, value }: (typeof columns)[number]): boolean => {
    const declared = dataset.columns.find(({ name }) => name === column)?.type ?? '';
    return value.family === 'text' && declared.startsWith('LowCardinality(');
  };
  const repeated = columns.filter(isRepeated);
  const others = columns.filter((column) => !isRepeated(column));
  const key = `shard.${identifier(dataset.key.name)}`;
  const mixes = `${mixSql(key)} AS mix1, ${mixSql(`xor(${key}::UBIGINT, 2654435769)`)} AS mix2`;
  const from = `FROM read_parquet(${literal(file)}) AS shard`;
  const { facts, words } = rowFacts(others);
  const ends = `count(*) AS n, count(DISTINCT k) AS keys, CAST(min(k) AS VARCHAR) AS least, CAST(max(k) AS VARCHAR) AS greatest`;
  const rows = `SELECT ${[...facts, ends].join(',\n')} FROM (SELECT ${[...words, mixes, `${key} AS k`].join(', ')} ${from})`;
  const relations = [rows, ...repeated.map((column) => groupedFacts(column, mixes, from))];
  const shown = columns.flatMap(({ name }) => letters.map((letter) => `${letter}${name}`));
  return `SELECT ${[...shown, 'n', 'keys', 'least', 'greatest'].join(', ')} FROM ${relations.map((one) => `(${one})`).join(',\n')}`;
}
