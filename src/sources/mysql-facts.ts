import { clockDifference } from '../core/clock.js';
import { TransloadError } from '../core/errors.js';
import { isLoopback, type ServerConfig } from '../core/server-config.js';
import type { Source } from '../dataset/declaration.js';
import type { ReadPlan, ServerFacts, SourceFacts } from './facts.js';
import { accountName, cannotRead } from './mysql-grants.js';
import { rowBytes } from './mysql-row-bytes.js';
import { type Ask, exportSelect, quote } from './mysql-sql.js';
import type { FoundTable } from './source.js';

/** Settings that end a connection or a statement, or leave rows out; each server has some of them. */
const settingNames = [
  'wait_timeout',
  'net_write_timeout',
  'net_read_timeout',
  'max_execution_time',
  'max_statement_time',
  'sql_select_limit',
];
/** Keys of the range that the server is asked to explain. */
const explainedKeys = 1000n;

/** `MariaDB 10.11.14`, `MySQL 9.7.0`, or what calls itself otherwise. */
export async function mysqlVersion(ask: Ask): Promise<string> {
  const [row] = await ask('SELECT VERSION()');
  const name = String(row?.[0]);
  return name.includes('MariaDB') ? `MariaDB ${name.split('-')[0]}` : `MySQL ${name}`;
}

/** What the server says of itself and of this connection. Takes no privilege. */
export async function mysqlFacts(ask: Ask, config: ServerConfig, where: string): Promise<ServerFacts> {
  const version = await mysqlVersion(ask);
  const [names] = await ask('SELECT DATABASE(), CURRENT_USER()');
  const [cipher] = await ask("SHOW SESSION STATUS LIKE 'Ssl_cipher'");
  const clock = await clockDifference(async () => {
    const [row] = await ask("SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))");
    return Number(row?.[0]) / 1000;
  });
  const valuesOf = async (scope: string): Promise<Map<string, string>> => {
    const list = settingNames.map((name) => `'${name}'`).join(', ');
    const rows = await ask(`SHOW ${scope} VARIABLES WHERE Variable_name IN (${list})`);
    return new Map(rows.map(([name, value]) => [String(name), String(value)]));
  };
  const [server, session] = [await valuesOf('GLOBAL'), await valuesOf('SESSION')];
  return {
    version,
    where,
    database: String(names?.[0]),
    account: accountName(String(names?.[1])),
    isNear: isLoopback(config.url.hostname || 'localhost'),
    cipher: String(cipher?.[1] ?? '') || undefined,
    clock,
    settings: [...server].map(([name, value]) => ({ name, server: value, session: session.get(name) ?? value })),
  };
}

/** What the catalogue, the statistics and EXPLAIN say of one source. Throws SOURCE_PRIVILEGE with the GRANT that is missing. */
export async function mysqlSourceFacts(ask: Ask, source: Source, found: FoundTable): Promise<SourceFacts> {
  const columns = await ask(
    `SELECT column_name, column_type, character_octet_length, character_set_name, avg_row_length, DATABASE()
     FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema = DATABASE() AND table_name = ?`,
    [found.table],
  );
  const [, , , , average, database] = columns[0] ?? [];
  const wanted = new Set(Object.keys(source.columns).map((name) => name.toLowerCase()));
  const exported = columns.filter(([name]) => wanted.has(String(name).toLowerCase()));
  const catalogue = columns.map(([name, type, octets]) => ({
    ...{ name: String(name), type: String(type), octets: octets === null ? null : Number(octets) },
  }));
  const [qualified, key] = [`${quote(String(database))}.${quote(found.table)}`, quote(source.key)];
  return {
    qualified,
    plan: await readPlan(ask, source, found),
    rowBytes: Number(average) > 0 ? rowBytes(catalogue, wanted, Number(average)) : undefined,
    charsets: Object.fromEntries(
      exported.flatMap(([name, , , charset]) => (charset === null ? [] : [[String(name), String(charset)]])),
    ),
    indexStatement: found.index === undefined ? `ALTER TABLE ${qualified} ADD INDEX (${key});` : undefined,
    doublesStatement: `SELECT ${key}, COUNT(*) FROM ${qualified} GROUP BY ${key} HAVING COUNT(*) > 1 LIMIT 5;`,
  };
}

/** EXPLAIN of the statement that an export sends: for a small range where it goes by ranges, else for all of the table. */
async function readPlan(ask: Ask, source: Source, found: FoundTable): Promise<ReadPlan | undefined> {
  const { table, index, live } = found;
  const isRanged = source.role !== 'lookup' && index !== undefined;
  try {
    const from = isRanged ? await leastKey(ask, source, table) : 1n;
    const range = isRanged ? { from, to: from + explainedKeys } : undefined;
    const lines = await ask(`EXPLAIN FORMAT=TRADITIONAL ${exportSelect({ source, table, index, range, live })}`);
    return isRanged ? planOf(lines) : undefined;
  } catch (error) {
    if (!(error instanceof TransloadError) || error.code !== 'SOURCE_PRIVILEGE') throw error;
    throw await cannotRead(ask, table, error);
  }
}

/** The first key from 0 on, which the index has at its end; a key that is no number begins nowhere. */
async function leastKey(ask: Ask, source: Source, table: string): Promise<bigint> {
  const [row] = await ask(`SELECT MIN(${quote(source.key)}) FROM ${quote(table)}`);
  const text = String(row?.[0] ?? '');
  return /^\d+$/.test(text) ? BigInt(text) : 1n;
}

/** Kinds of access that look at no more rows than are in the range. */
const byIndex = new Set(['range', 'ref', 'eq_ref', 'const', 'system']);

/**
 * The first line of EXPLAIN: MySQL's has 12 columns, with `partitions` before the kind of access, MariaDB's 10. A line
 * without a kind says that no row can be in the range.
 */
function planOf([line = []]: readonly unknown[][]): ReadPlan | undefined {
  const at = line.length > 10 ? 4 : 3;
  const [word, index] = [line[at], line[at + 2]];
  if (word === null || word === undefined) return undefined;
  return { word: String(word), index: byIndex.has(String(word)) && index !== null ? String(index) : undefined };
}
