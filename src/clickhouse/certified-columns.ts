import { type ColumnType, parseColumnType } from '../core/column-type.js';
import type { Column, JoinedDataset } from '../dataset/declaration.js';
import { type Carried, carriedType, fileType, parseCarried } from './carried.js';
import { quoteName } from './client.js';
import { compareTable } from './compare.js';
import { insertedColumns } from './insert.js';
import { bareOf, valueSql } from './insert-values.js';
import type { LiveTable } from './live-table.js';
import { wordsOf } from './value-words.js';

/** A column of the target whose values can be compared with the shards'. */
export interface CertifiedColumn {
  readonly column: Column;
  readonly liveType: string;
  readonly live: ColumnType;
  readonly nullable: boolean;
  /** What the shards carry, in the joining engine's words, and taken apart. */
  readonly carriedType: string;
  readonly carried: Carried;
  /** Why another hash than the shard's proves no difference: one and the same value can be written in several ways. */
  readonly ambiguous?: string;
}

/** A column that is not compared, and why. */
export interface Uncompared {
  readonly column: string;
  readonly why: string;
  /** True where the table cannot hold what the shards do: a load would refuse it. */
  readonly stops: boolean;
}

/** The columns that both the shards and the live table have, and why some of those that they should have are not. */
export function sharedColumns(
  dataset: JoinedDataset,
  live: LiveTable,
): { columns: CertifiedColumn[]; uncompared: Uncompared[] } {
  const stops = new Map(compareTable(dataset, live).flatMap((one) => (one.stops ? [[one.column, one.what]] : [])));
  const types = new Map(live.columns.map(({ name, type }) => [name, type]));
  const columns: CertifiedColumn[] = [];
  const uncompared: Uncompared[] = [];
  for (const column of insertedColumns(dataset, live)) {
    const liveType = types.get(column.name);
    const why = stops.get(column.name);
    if (why !== undefined || liveType === undefined) {
      uncompared.push({ column: column.name, why: why ?? 'the table does not have it', stops: true });
      continue;
    }
    const { type, nullable } = parseColumnType(liveType);
    const inShard = carriedType(dataset, column);
    const carried = parseCarried(inShard, parseColumnType(column.type).type);
    const ambiguous = ambiguity[carried.family === 'digits' ? 'digits' : type.base];
    const rest = ambiguous === undefined ? {} : { ambiguous };
    columns.push({ column, liveType, live: type, nullable, carriedType: inShard, carried, ...rest });
  }
  return { columns, uncompared };
}

const ambiguity: Readonly<Record<string, string>> = {
  fixedstring: 'a FixedString does not tell a value that ends in NUL from a shorter one',
  digits: 'numbers of more than 38 digits travel as text, which can be written in several ways',
};

/** Those of the columns that a certificate can be made of: hashes of some lists would differ for equal values, or not for others. */
export function certifiedColumns(
  dataset: JoinedDataset,
  live: LiveTable,
): { columns: CertifiedColumn[]; uncompared: Uncompared[] } {
  const { columns, uncompared } = sharedColumns(dataset, live);
  const hasWord = ({ live: type, carried }: CertifiedColumn): boolean => wordsOf('c', type, carried).length > 0;
  const why = 'a list of texts, NULLs, floating point, bytes or long numbers: DEEP=1 compares it';
  const wordless = columns
    .filter((one) => !hasWord(one))
    .map(({ column }) => ({ column: column.name, why, stops: false }));
  return { columns: columns.filter(hasWord), uncompared: [...uncompared, ...wordless] };
}

/** The stored value, never NULL, without LowCardinality where its functions would not take it. */
export function storedSql({ liveType, nullable }: CertifiedColumn, name: string): string {
  const value = nullable ? `assumeNotNull(${name})` : name;
  const bare = bareOf(liveType);
  return liveType.startsWith('LowCardinality(') && bare !== 'String' ? `CAST(${value} AS ${bare})` : value;
}

/**
 * A relation of one row with what a load puts in for NULL, or for a list that is not known, by the load's own expression.
 * Its columns are called `prefix` and their number.
 */
export function emptyRowSql(columns: readonly CertifiedColumn[]): { prefix: string; relation: string } {
  // An alias that is also a column's name would be taken for the one or for the other.
  let prefix = 's';
  while (columns.some(({ column }) => column.name.startsWith(prefix))) prefix += '_';
  const nothing = ({ column, carriedType: carried }: CertifiedColumn): string => {
    const type = fileType(carried);
    return `CAST(${type.startsWith('Array(') ? '[]' : 'NULL'} AS ${type}) AS ${quoteName(column.name)}`;
  };
  const values = columns.map(
    ({ column, liveType, carriedType: carried }, index) =>
      `${valueSql(column, liveType, carried)} AS ${prefix}${index}`,
  );
  return { prefix, relation: `SELECT ${values.join(', ')} FROM (SELECT ${columns.map(nothing).join(', ')})` };
}
