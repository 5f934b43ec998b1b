import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { mustRun } from './cli.js';
import type { Env } from './migration.js';

/** A query of a page: the comment that it begins with names the places where it runs. */
export interface PageQuery {
  readonly heading: string;
  readonly places: readonly string[];
  readonly sql: string;
}

/** A row by its column names, every value as text. */
export type Row = Readonly<Record<string, string | null>>;

/** The queries in the fenced SQL blocks of a page, in order, each with the heading that it stands under. */
export function pageQueries(markdown: string): readonly PageQuery[] {
  let heading = '';
  const queries: PageQuery[] = [];
  for (const [, title, sql] of markdown.matchAll(/^## (.+)$|^```sql\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else if (sql !== undefined) {
      const places = /^\/\* ([a-z, ]+) \*\/ /.exec(sql)?.[1]?.split(', ') ?? [];
      queries.push({ heading, places, sql: sql.trim() });
    }
  }
  return queries;
}

/** Runs a query on a MySQL server, by the text protocol as most clients do. */
export async function askMysql(url: string, sql: string, session: readonly string[] = []): Promise<Row[]> {
  const connection = await createConnection({ uri: url, dateStrings: true });
  try {
    for (const statement of session) await connection.query(statement);
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows.map(inText);
  } finally {
    await connection.end();
  }
}

/** Runs a query by `make query` at the target of `env`, or on its shards or export files. */
export async function askCommand(env: Env, sql: string): Promise<Row[]> {
  const output = await mustRun('query', { ...env, SQL: sql, JSON: '1', FORMAT: 'JSONEachRow' });
  const events = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  for (const event of events) {
    if (event.event === 'text') return lines(event.text).map((line) => inText(JSON.parse(line)));
    if (event.event === 'table') return event.rows.map((row) => tableRow(event.head, row));
  }
  throw new Error(`no answer in ${output}`);
}

/** Where queries run: at the source's servers, at targets, and on the files of a data folder. */
export interface Places {
  readonly mysqlUrls: readonly string[];
  readonly targets: readonly Env[];
  readonly files: Env;
}

/** The answers of a query in all of its places. */
export async function everywhere({ places, sql }: PageQuery, { mysqlUrls, targets, files }: Places): Promise<Row[][]> {
  const answers: Row[][] = [];
  for (const place of places) {
    if (place === 'mysql') for (const url of mysqlUrls) answers.push(await askMysql(url, sql));
    else if (place === 'target') for (const target of targets) answers.push(await askCommand(target, sql));
    else answers.push(await askCommand({ ...files, TARGET: place }, sql));
  }
  return answers;
}

type Event =
  | { event: 'run' }
  | { event: 'text'; text: string }
  | { event: 'table'; head: readonly string[]; rows: readonly (readonly string[])[] };

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

function tableRow(head: readonly string[], row: readonly string[]): Row {
  return Object.fromEntries(head.map((name, at) => [name, row[at] === 'NULL' ? null : (row[at] ?? null)]));
}

function inText(row: Readonly<Record<string, unknown>>): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)]));
}
