import { parseColumnType } from '../core/column-type.js';
import { type Column, type Dataset, shardColumns } from '../dataset/declaration.js';
import { identifier, literal } from './relations.js';

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
  return `((xor(${mixed} * 2246822507, (${mixed} * 2246822507) >> 31) & 2147483647) | 1)`;
}

/** The value as one 32-bit word, or as two (low, high) where the type may need more than 32 bits. */
function wordsSql(column: Column): [string] | [string, string] {
  const name = identifier(column.name);
  const { type } = parseColumnType(column.type);
  const split = (value: string): [string, string] => [`((${value}) & ${low})`, `((${value}) >> 32)`];
  /** Two's complement of a value that 32 bits hold. */
  const word = (value: string): [string] => [`((${value})::BIGINT & 4294967295)::UBIGINT`];
  const signed = (value: string): string => `((${value})::HUGEINT & 18446744073709551615)::UBIGINT`;
  switch (type.base) {
    case 'bool':
      return [`${name}::UTINYINT::UBIGINT`];
    case 'int':
      if (type.bits < 64) return type.unsigned ? [`${name}::UBIGINT`] : word(name);
      return split(type.unsigned ? name : signed(name));
    case 'float32':
      return [`${name}::BIT::UINTEGER::UBIGINT`];
    case 'float64':
      return split(`${name}::BIT::UBIGINT`);
    case 'decimal': {
      const scaled = `${name} * ${10n ** BigInt(type.scale)}`;
      return type.precision <= 9 ? word(scaled) : split(signed(scaled));
    }
    case 'date':
    case 'date32':
    case 'datetime':
      return word(`date_diff('day', DATE '1970-01-01', ${name})`);
    case 'array':
      return split(textWord(`array_to_string(${name}, ',')`));
    default:
      return split(textWord(name));
  }
}

/** The empty text is 0, as the other unknown-values are: what they add at the target follows from nullHash alone. */
function textWord(text: string): string {
  return `CASE WHEN ${text} = '' THEN 0::UBIGINT ELSE md5_number_lower(${text}) END`;
}

/** min and max of a column as text, or NULL where comparing makes no sense. */
function extremes(column: Column): [string, string] {
  const name = identifier(column.name);
  if (parseColumnType(column.type).type.base === 'array') return ['NULL', 'NULL'];
  return [`CAST(min(${name}) AS VARCHAR)`, `CAST(max(${name}) AS VARCHAR)`];
}

/**
 * One row with five values a column (NULLs, min, max, hash, nullHash) in the order of the shard's columns, then rows,
 * least and greatest key. The hashes are sums, so the order of rows does not matter; they are modulo 2^64.
 */
export function columnFactsSql(dataset: Dataset, file: string): string {
  const columns = shardColumns(dataset);
  const modulo = (sum: string): string => `CAST(coalesce(${sum}, 0) % 18446744073709551616 AS VARCHAR)`;
  // A NULL value makes its term NULL, which sum() leaves out.
  const facts = columns.flatMap((column, index) => {
    const name = identifier(column.name);
    const second = wordsSql(column).length === 2;
    const sum = `sum((w${index} + 1) * mix1)${second ? ` + sum(v${index} * mix2)` : ''}`;
    const nulls = `sum(CASE WHEN ${name} IS NULL THEN mix1 END)`;
    return [`count(*) - count(${name})`, ...extremes(column), modulo(sum), modulo(nulls)];
  });
  const words = columns.flatMap((column, index) => {
    const [first, second] = wordsSql(column);
    return [`${first} AS w${index}`, ...(second === undefined ? [] : [`${second} AS v${index}`])];
  });
  const key = identifier(dataset.key.name);
  const mixed = `SELECT *, ${words.join(', ')}, ${mixSql(key)} AS mix1, ${mixSql(`xor(${key}::UBIGINT, 2654435769)`)} AS mix2 FROM read_parquet(${literal(file)})`;
  return `SELECT ${facts.join(',\n')}, count(*), CAST(min(${key}) AS VARCHAR), CAST(max(${key}) AS VARCHAR) FROM (${mixed})`;
}
