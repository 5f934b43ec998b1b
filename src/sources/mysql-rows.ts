import { typeName } from '../core/kinds.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import type { Wire } from './mysql-connection.js';
import { quote } from './mysql-sql.js';
import type { FoundTable, RawRow } from './source.js';

/** FLOAT has six digits in the text protocol, and a BIT is no text (source.md); all else is what the server writes. */
function rawColumn(column: string, type: string): string {
  if (typeName(type) === 'float') return `CAST(${column} AS DOUBLE)`;
  return typeName(type) === 'bit' ? `${column} + 0` : column;
}

/**
 * The plain SELECT of some keys, by the key's index; of all rows where no keys are named. Keys are written out: the
 * server may compare a bound text as a double.
 */
export function rawSelect(source: Source, found: FoundTable, keys: readonly bigint[] | undefined): string {
  const types = new Map(Object.entries(found.live).map(([name, type]) => [name.toLowerCase(), type]));
  const columns = exportColumns(source).map(
    // Under names of our own: the driver refuses some.
    ({ name }, index) => `${rawColumn(quote(name), types.get(name.toLowerCase()) ?? '')} AS c${index}`,
  );
  const from = `SELECT ${columns.join(', ')} FROM ${quote(found.table)}`;
  if (keys === undefined) return from;
  const force = found.index === undefined ? '' : ` FORCE INDEX (${quote(found.index)})`;
  return `${from}${force} WHERE ${quote(source.key)} IN (${keys.join(', ')})`;
}

/**
 * Runs a statement by the text protocol and hands over its rows one by one, every value as the bytes that the server
 * wrote: nothing is decoded here. Rejects with what mysql2 says.
 */
export function rawRows({ connection, watch }: Wire, sql: string, take: (row: RawRow) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const command = connection.query({ sql, rowsAsArray: true, typeCast: false });
    const fail = (error: Error): void => settle(() => reject(error));
    const closed = (): void => fail(new Error('the connection was closed'));
    const unwatch = watch(fail);
    const settle = (tell: () => void): void => {
      unwatch();
      connection.removeListener('error', fail);
      connection.removeListener('end', closed);
      tell();
    };
    command.on('result', (row: unknown) => {
      try {
        take(row as RawRow);
      } catch (error) {
        fail(error as Error);
      }
    });
    command.on('error', fail);
    command.on('end', () => settle(resolve));
    connection.on('error', fail);
    connection.on('end', closed);
  });
}
