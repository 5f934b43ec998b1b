import type { NamedKind } from '../core/batch.js';
import type { KeyRange } from '../core/ranges.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import type { ReadRequest } from './source.js';

/** Runs one statement and gives its rows as arrays; values are bound, never pasted. */
export type Ask = (sql: string, values?: readonly unknown[]) => Promise<unknown[][]>;

/** Quotes a MySQL identifier. */
export const quote = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/**
 * The expression that brings a column over unchanged: text as its UTF-8 bytes whatever character set it is stored in,
 * so that no text passes through the client's decoding. FLOAT is exact in the binary protocol as it is.
 */
function selectColumn({ name, kind }: NamedKind): string {
  return kind.type === 'text' ? `CAST(CONVERT(${quote(name)} USING utf8mb4) AS BINARY)` : quote(name);
}

/** The export SELECT of a source: in key order, through the key's index, never through another one. */
export function exportSelect(request: ReadRequest): { sql: string; values: bigint[] } {
  const { source, table, index, range } = request;
  const columns = exportColumns(source).map(selectColumn);
  const key = quote(source.key);
  const from = `SELECT ${columns.join(', ')} FROM ${quote(table)}`;
  if (range === undefined) {
    return { sql: source.role === 'lookup' ? `${from} ORDER BY ${key}` : from, values: [] };
  }
  const force = index === undefined ? '' : ` FORCE INDEX (${quote(index)})`;
  return { sql: `${from}${force} WHERE ${key} >= ? AND ${key} < ? ORDER BY ${key}`, values: [range.from, range.to] };
}

/** Counts the rows of a source. */
export function countSelect(
  source: Source,
  table: string,
  range: KeyRange | undefined,
): { sql: string; values: bigint[] } {
  const key = quote(source.key);
  const sql = `SELECT COUNT(*) FROM ${quote(table)}`;
  return range === undefined
    ? { sql, values: [] }
    : { sql: `${sql} WHERE ${key} >= ? AND ${key} < ?`, values: [range.from, range.to] };
}
