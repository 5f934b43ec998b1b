import { rmSync, writeFileSync } from 'node:fs';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { mustRun } from '../cli.js';
import { boxEnv, dataFolder, onServer } from '../migration.js';
import { atDatabase } from '../read-source.js';
import type { PlannedColumn, Schema } from './schema.js';
import { createTable, datasetJson, insertRows, sourceSelect, sourceSession, targetSelect } from './statements.js';

type Row = readonly (string | null)[];

const shownMax = 300;
/** A value as text, cut around where it differs from the other one. */
function shown(text: string | null | undefined, other: string | null | undefined): string {
  if (text === null || text === undefined) return String(text);
  if (text.length <= shownMax) return JSON.stringify(text);
  let same = 0;
  while (text[same] === other?.[same] && same < text.length) same++;
  const from = Math.max(0, same - 40);
  return `${JSON.stringify(text.slice(from, from + shownMax))} (from character ${from} of ${text.length})`;
}

async function fill(connection: Connection, database: string, schema: Schema): Promise<void> {
  await connection.query(sourceSession);
  await connection.query(`DROP DATABASE IF EXISTS ${database}`);
  await connection.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await connection.query(`USE ${database}`);
  await connection.query(createTable(schema));
  for (const statement of insertRows(schema)) await connection.query(statement);
}

/** Where the source holds something else than what was written, the test would prove nothing. */
function checkWritten(schema: Schema, rows: ReadonlyMap<string, Row>): void {
  for (const { key, literals } of schema.rows) {
    for (const [index, { name, isWritten }] of schema.columns.entries()) {
      const [literal = 'NULL', text] = [literals[index], rows.get(String(key))?.[index + 1]];
      const same = literal === 'NULL' ? text === null : (isWritten?.(literal, String(text)) ?? text !== null);
      if (!same) throw new Error(`the source holds ${text} in ${name} of ${key}, where ${literal} was written`);
    }
  }
}

function differenceIn(
  column: PlannedColumn,
  index: number,
  schema: Schema,
  source: Map<string, Row>,
  target: Map<string, Row>,
): string[] {
  const wrong = [...source].flatMap(([key, row]) => {
    const text = row[index + 1] ?? null;
    const expected = text === null ? column.forNull : column.way.expected(text);
    const found = target.get(key)?.[index + 1];
    return found === expected || found === undefined ? [] : [{ key, text, expected, found }];
  });
  const [first] = wrong;
  if (first === undefined) return [];
  const literal = schema.rows.find(({ key }) => String(key) === first.key)?.literals[index] ?? '';
  return [
    `column ${JSON.stringify(column.name)}, ${column.mysql} → ${column.target}: ${wrong.length} rows differ`,
    `  key ${first.key}, written ${literal.slice(0, shownMax)}, source's text ${shown(first.text, null)}`,
    `  expected ${shown(first.expected, first.found)}`,
    `  found    ${shown(first.found, first.expected)}`,
  ];
}

function compare(schema: Schema, source: Map<string, Row>, found: readonly Row[], output: string): void {
  const target = new Map(found.map((row) => [String(row[0]), row]));
  const missing = [...source.keys()].filter((key) => !target.has(key));
  const lines = schema.columns.flatMap((column, index) => differenceIn(column, index, schema, source, target));
  if (missing.length > 0) lines.unshift(`${missing.length} rows are not at the target: ${missing.slice(0, 5)}`, output);
  if (found.length !== source.size - missing.length) lines.unshift(`${found.length} rows at the target`);
  if (lines.length > 0) throw new Error(lines.join('\n'));
}

/** Rejected values by column, each with one example: why rows are missing. */
async function rejectedText(env: Readonly<Record<string, string>>): Promise<string> {
  const sql = 'SELECT "column", reason, count(*), min("key"), min("value") FROM rejects GROUP BY ALL';
  return mustRun('query', { ...env, TARGET: 'shards', SQL: sql }).catch((error: Error) => error.message);
}

/**
 * Writes the schema's rows to the source, takes them through export, join and load by the command line, and compares
 * every value at the target with what the source itself says it holds. The error names the columns that differ, each
 * with one value.
 */
export async function roundTrip(url: string, name: string, schema: Schema): Promise<void> {
  const connection = await createConnection({ uri: url, charset: 'utf8mb4', rowsAsArray: true });
  const folder = dataFolder(name);
  const dataset = `${folder}.json`;
  try {
    await fill(connection, name, schema);
    writeFileSync(dataset, datasetJson(schema));
    const box = boxEnv('26.7', name);
    await onServer('26.7', `DROP DATABASE IF EXISTS ${name} SYNC`);
    const sizes = {
      RANGE_ROWS: String(Math.ceil(schema.rows.length / 4)),
      SHARD_ROWS: String(Math.ceil(schema.rows.length / 2)),
    };
    const env = { ...box, ...sizes, MYSQL_URL: atDatabase(url, name), DATASET: dataset, DATA_DIR: folder, CREATE: '1' };
    let output = '';
    for (const command of ['export', 'join', 'load']) output += await mustRun(command, env);
    const [rows] = await connection.query<RowDataPacket[][]>(sourceSelect(schema));
    const source = new Map((rows as unknown as Row[]).map((row) => [String(row[0]), row]));
    checkWritten(schema, source);
    const answer = await onServer('26.7', targetSelect(schema, `${name}.t`));
    const found = answer === '' ? [] : answer.split('\n').map((line) => JSON.parse(line) as Row);
    compare(schema, source, found, found.length < source.size ? `${output}\n${await rejectedText(env)}` : '');
    await mustRun('verify', env);
    await onServer('26.7', `DROP DATABASE ${name} SYNC`);
    await connection.query(`DROP DATABASE ${name}`);
  } finally {
    await connection.end();
    rmSync(folder, { recursive: true, force: true });
    rmSync(dataset, { force: true });
  }
}
