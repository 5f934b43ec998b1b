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

/** The value as two 32-bit words (low, high); the second is left out where the type has 32 bits or fewer. */
function wordsSql(column: Column): [string] | [string, string] {
  const name = identifier(column.name);
  const { type } = parseColumnType(column.type);
  const split = (value: string): [string, string] => [`(${value} & ${low})`, `(${value} >> 32)`];
  const signed = (value: string): string => `((${value})::HUGEINT & 18446744073709551615)::UBIGINT`;
  switch (type.base) {
    case 'bool':
      return [`${name}::UTINYINT::UBIGINT`];
    case 'int':
      if (type.bits < 64) return [type.unsigned ? `${name}::UBIGINT` : `(${signed(name)} & ${low})`];
      return split(type.unsigned ? name : signed(name));
    case 'float32':
      return [`${name}::BIT::UINTEGER::UBIGINT`];
    case 'float64':
      return split(`${name}::BIT::UBIGINT`);
    case 'decimal':
      return split(signed(`${name} * ${10n ** BigInt(type.scale)}`));
    case 'date':
    case 'date32':
    case 'datetime':
      return split(signed(`date_diff('day', DATE '1970-01-01', ${name})`));
    case 'array':
      return split(`md5_number_lower(array_to_string(${name}, ','))`);
    default:
      return split(`md5_number_lower(${name})`);
  }
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
  const facts = columns.flatMap((column) => {
    const name = identifier(column.name);
    const [first, second] = wordsSql(column);
    const term = `(${first} + 1) * mix1${second === undefined ? '' : ` + (${second}) * mix2`}`;
    const sum =
      second === undefined ? `sum(${term})` : `sum(((${first} + 1) * mix1)::UBIGINT) + sum((${second}) * mix2)`;
    return [
      `count(*) - count(${name})`,
      ...extremes(column),
      modulo(
        `${sum} FILTER (WHERE ${name} IS NOT NULL)`.replace(/\) \+ sum/, `) FILTER (WHERE ${name} IS NOT NULL) + sum`),
      ),
      modulo(`sum(mix1) FILTER (WHERE ${name} IS NULL)`),
    ];
  });
  const key = identifier(dataset.key.name);
  const mixed = `SELECT *, ${mixSql(key)} AS mix1, ${mixSql(`(${key}::UBIGINT + 1)`)} AS mix2 FROM read_parquet(${literal(file)})`;
  return `SELECT ${facts.join(',\n')}, count(*), CAST(min(${key}) AS VARCHAR), CAST(max(${key}) AS VARCHAR) FROM (${mixed})`;
}
