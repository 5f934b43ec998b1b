import type { NamedKind } from '../core/batch.js';
import { typeName } from '../core/kinds.js';
import { type KeyRange, lastKey } from '../core/ranges.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import type { ReadRequest } from './source.js';

/** Runs one statement and gives its rows as arrays; values are bound, never pasted. */
export type Ask = (sql: string, values?: readonly unknown[]) => Promise<unknown[][]>;

/** Quotes a MySQL identifier. */
export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** In place of a text that its character set cannot read: no UTF-8, so that the row is named (fault 18). */
const unreadable = "X'FF'";
/** Types whose values may be longer than max_allowed_packet, where the server's CAST gives NULL in silence. */
const long = new Set(['mediumtext', 'longtext', 'json']);

/**
 * The expression that brings a column over unchanged. Text comes as its UTF-8 bytes whatever character set it is stored
 * in, so that no text passes through the client's decoding; one that does not survive the way there and back was no
 * text of its character set. FLOAT is exact in the binary protocol as it is.
 */
function selectColumn({ name, kind }: NamedKind, type: string): string {
  const column = quote(name);
  if (typeName(type) === 'bit') return `CAST(${column} AS UNSIGNED)`;
  if (typeName(type) === 'vector') return `CAST(${column} AS BINARY)`;
  if (kind.type !== 'text') return column;
  const text = textExpression(column, type);
  return long.has(typeName(type)) ? `COALESCE(${text}, IF(${column} IS NULL, NULL, ${unreadable}))` : text;
}

const plainText = new Set(['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext']);

function textExpression(column: string, type: string): string {
  const charset = / character set (\w+)$/.exec(type)?.[1];
  if (charset === undefined && plainText.has(typeName(type))) return `CAST(${column} AS BINARY)`;
  const converted = `CAST(CONVERT(${column} USING utf8mb4) AS BINARY)`;
  // latin1 gives every byte a character; and what is no plain text is written by the server itself.
  if (charset === undefined || charset === 'latin1' || !plainText.has(typeName(type))) return converted;
  const back = `CAST(CONVERT(CONVERT(${column} USING utf8mb4) USING ${charset}) AS BINARY)`;
  return `CASE WHEN ${column} IS NULL THEN NULL WHEN ${back} = CAST(${column} AS BINARY) THEN ${converted} ELSE ${unreadable} END`;
}

/**
 * Keys of a range, both ends included. Written out: a bound value travels as text, and a server that compares a number
 * with text may do so as doubles, where keys above 2^53 are no longer told apart.
 */
function withinSql(key: string, range: KeyRange): string {
  return `${key} >= ${range.from} AND ${key} <= ${lastKey(range)}`;
}

/** Names that the driver refuses, to protect objects; rows are arrays here, and nobody reads the name. */
const refusedName = /^__(?:proto|(?:define|lookup)[GS]etter)__$/;

/** The export SELECT of a source: in key order, through the key's index, never through another one. */
export function exportSelect(request: ReadRequest): string {
  const { source, table, index, range, live } = request;
  const types = new Map(Object.entries(live).map(([name, type]) => [name.toLowerCase(), type]));
  const columns = exportColumns(source).map((column) => {
    const value = selectColumn(column, types.get(column.name.toLowerCase()) ?? '');
    return refusedName.test(column.name) ? `${value} AS renamed` : value;
  });
  const key = quote(source.key);
  const from = `SELECT ${columns.join(', ')} FROM ${quote(table)}`;
  if (range === undefined) return source.role === 'lookup' ? `${from} ORDER BY ${key}` : from;
  const force = index === undefined ? '' : ` FORCE INDEX (${quote(index)})`;
  return `${from}${force} WHERE ${withinSql(key, range)} ORDER BY ${key}`;
}

/** Counts the rows of a source. */
export function countSelect(source: Source, table: string, range: KeyRange | undefined): string {
  const sql = `SELECT COUNT(*) FROM ${quote(table)}`;
  return range === undefined ? sql : `${sql} WHERE ${withinSql(quote(source.key), range)}`;
}
