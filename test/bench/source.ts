import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { bigTables, fillStatements, schemaStatements, sourceVersion } from './source-sql.js';

/** What is known of a source that was made: rows by table, and what the server said it is. */
export interface SourceFacts {
  readonly version: number;
  readonly images: number;
  readonly rows: Readonly<Record<string, number>>;
}

const connections = 2;

/**
 * Makes the reference source in a database that does not exist yet: made-up values, the same ones on every machine,
 * and rows in proportion to `images` (18.9 an image).
 *
 * @param url mysql://user:password@host:port/ of a server that may be filled
 */
export async function makeSource(url: string, database: string, images: number): Promise<SourceFacts> {
  const first = await open(url);
  try {
    await first.query(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
    await first.query(`USE \`${database}\``);
    const [[server]] = await first.query<RowDataPacket[]>('SELECT VERSION() AS version');
    const mariadb = /mariadb/i.test(String(server?.version));
    for (const sql of schemaStatements(images, mariadb)) await first.query(sql);
    const waiting = fillStatements();
    const fill = async (): Promise<void> => {
      const connection = await open(`${url}${database}`);
      try {
        // A join buffer would change the order of the rows, and keys out of order are slow to insert.
        await connection.query(
          mariadb ? 'SET SESSION join_cache_level = 0' : "SET SESSION optimizer_switch = 'block_nested_loop=off'",
        );
        for (let sql = waiting.shift(); sql !== undefined; sql = waiting.shift()) await connection.query(sql);
      } finally {
        await connection.end();
      }
    };
    await Promise.all(Array.from({ length: connections }, fill));
    await first.query('DROP TABLE bench_numbers, bench_places');
    await first.query(`ANALYZE TABLE ${bigTables.join(', ')}`);
    return { version: sourceVersion, images, rows: await countRows(first) };
  } finally {
    await first.end();
  }
}

async function open(url: string): Promise<Connection> {
  const connection = await createConnection({ uri: url, charset: 'utf8mb4' });
  // Without the checks MariaDB loads an empty table in bulk; a value that does not fit must end the statement.
  await connection.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES', unique_checks = 0, foreign_key_checks = 0");
  return connection;
}

async function countRows(connection: Connection): Promise<Record<string, number>> {
  const rows: Record<string, number> = {};
  for (const table of bigTables) {
    const [[row]] = await connection.query<RowDataPacket[]>(`SELECT count(*) AS n FROM ${table}`);
    rows[table] = Number(row?.n);
  }
  return rows;
}

/** What stands in the folder of a source that was made to its end by this version; undefined otherwise. */
export function readFacts(folder: string, images: number): SourceFacts | undefined {
  const file = join(folder, 'source.json');
  if (!existsSync(file)) return undefined;
  const facts = JSON.parse(readFileSync(file, 'utf8')) as SourceFacts;
  return facts.version === sourceVersion && facts.images === images ? facts : undefined;
}

/** Makes an empty folder for a source, or keeps the one that is complete. */
export async function prepareFolder(folder: string, images: number): Promise<SourceFacts | undefined> {
  const facts = readFacts(folder, images);
  if (facts === undefined) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return facts;
}

/** Says that the source in this folder is complete. */
export async function writeFacts(folder: string, facts: SourceFacts): Promise<void> {
  const file = join(folder, 'source.json');
  await writeFile(`${file}.part`, JSON.stringify(facts, null, 2));
  await rename(`${file}.part`, file);
}
