import { inclusiveRange, type KeyRange } from '../../src/core/ranges.js';
import type { Source } from '../../src/dataset/declaration.js';
import { openMongo } from '../../src/sources/mongo.js';
import { openMysql } from '../../src/sources/mysql.js';
import type { FoundTable, SourceServer } from '../../src/sources/source.js';
import { serverConfig } from '../../stages/config.js';
import { valueAt } from './batch-rows.js';

/** The URL of a server with a database in it. */
export function atDatabase(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}

/** Opens a source server as the stages do, from the variables that a user sets. */
export function openSource(env: Readonly<Record<string, string>>): SourceServer {
  const [mysql, mongo] = [serverConfig(env, 'MYSQL'), serverConfig(env, 'MONGO')];
  if (mysql !== undefined) return openMysql(mysql);
  if (mongo !== undefined) return openMongo(mongo);
  throw new Error('neither MYSQL_URL nor MONGO_URL is set');
}

/** Rows of a source as plain values: numbers and keys as bigint or number, text as bytes in hex, NULL as null. */
export async function readAll(
  server: SourceServer,
  source: Source,
  range: KeyRange | undefined = inclusiveRange(0n, 4294967295n),
): Promise<{ rows: unknown[][]; oddities: Readonly<Record<string, unknown>>; found: FoundTable }> {
  const found = await server.find(source);
  if (!found) throw new Error(`${source.table} is not there`);
  const session = await server.open(new AbortController().signal);
  try {
    const reading = session.read({ source, table: found.table, index: found.index, range, live: found.live });
    const rows: unknown[][] = [];
    for await (const batch of reading.batches)
      for (let row = 0; row < batch.rows; row++) rows.push(batch.columns.map((column) => valueAt(column, row, true)));
    return { rows, oddities: Object.fromEntries(reading.oddities), found };
  } finally {
    await session.close();
  }
}
