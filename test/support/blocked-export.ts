import { type Connection, createConnection } from 'mysql2/promise';
import type { Env } from './migration.js';

/** Keeps every export of a source at work until it is released: nobody else can read one of its tables. */
export async function blockExports({ MYSQL_URL = '' }: Env): Promise<{ release(): Promise<void> }> {
  const connection: Connection = await createConnection(MYSQL_URL);
  await connection.query('LOCK TABLES Encodings WRITE');
  return { release: () => connection.end() };
}
