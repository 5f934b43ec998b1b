import { TransloadError, usageError } from '../core/errors.js';
import type { Source } from '../dataset/declaration.js';
import { cannotRead } from './mysql-grants.js';
import { type Ask, quote } from './mysql-sql.js';
import type { FoundTable, ReadRequest } from './source.js';

/** Character sets whose bytes are UTF-8 already; ASCII is part of it. */
const utf8 = new Set(['utf8mb4', 'utf8mb3', 'utf8', 'ascii']);

/**
 * Resolves a source's table without regard to case, its aliases after its own name; two tables that differ only by
 * case are an error, since nobody can say which one is meant (source.md).
 */
export async function findTable(ask: Ask, source: Source): Promise<FoundTable | undefined> {
  for (const name of [source.table, ...source.aliases]) {
    const rows = await ask(
      'SELECT table_name, table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND LOWER(table_name) = LOWER(?)',
      [name],
    );
    if (rows.length > 1) {
      const names = rows.map((row) => row[0]).join(', ');
      throw usageError('TABLE_AMBIGUOUS', `tables that differ only by case: ${names}`, 'rename or drop all but one');
    }
    const found = rows[0];
    if (found) return describe(ask, source, String(found[0]), found[1] === null ? undefined : Number(found[1]));
  }
  await checkReadable(ask, source);
  return undefined;
}

/** The catalogue hides tables that the user may not read: a missing GRANT must not pass for a missing table (fault 29). */
async function checkReadable(ask: Ask, source: Source): Promise<void> {
  for (const name of [source.table, ...source.aliases]) {
    const error = await ask(`SELECT 1 FROM ${quote(name)} LIMIT 0`).catch((thrown: unknown) => thrown);
    if (!(error instanceof TransloadError) || error.code !== 'SOURCE_PRIVILEGE') continue;
    throw await cannotRead(ask, name, error, source.optional);
  }
}

/**
 * Column → type as the catalogue has it now. A character set that is none of UTF-8's is part of it (`varchar(50)
 * character set latin1`): it decides how the text is read.
 */
async function columnTypes(ask: Ask, table: string): Promise<Record<string, string>> {
  const columns = await ask(
    'SELECT column_name, column_type, character_set_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position',
    [table],
  );
  const isUtf8 = (charset: unknown): boolean => charset === null || utf8.has(String(charset));
  return Object.fromEntries(
    columns.map(([name, type, charset]) => [
      String(name),
      isUtf8(charset) ? String(type) : `${String(type)} character set ${String(charset)}`,
    ]),
  );
}

/** Throws SCHEMA_CHANGED where a column that is read has another type than when the source was looked up (fault 32). */
export async function checkUnchanged(ask: Ask, { source, table, live }: ReadRequest): Promise<void> {
  const now = new Map(Object.entries(await columnTypes(ask, table)).map(([name, type]) => [name.toLowerCase(), type]));
  const before = new Map(Object.entries(live).map(([name, type]) => [name.toLowerCase(), type]));
  const changes = Object.keys(source.columns).flatMap((name) => {
    const [was, is] = [before.get(name.toLowerCase()), now.get(name.toLowerCase())];
    return was === is ? [] : [`${table}.${name} was ${was ?? 'missing'} and is ${is ?? 'missing'}`];
  });
  if (changes.length === 0) return;
  throw usageError(
    'SCHEMA_CHANGED',
    `the source changed during the run: ${changes.join('; ')}`,
    `if that is right, export the source again: make export AGAIN=1 SOURCES=${source.name}`,
  );
}

async function describe(ask: Ask, source: Source, table: string, estimate: number | undefined): Promise<FoundTable> {
  const live = await columnTypes(ask, table);
  const indexes = await ask(
    `SELECT index_name, non_unique, (SELECT COUNT(*) FROM information_schema.statistics p WHERE p.table_schema = s.table_schema
       AND p.table_name = s.table_name AND p.index_name = s.index_name) AS parts
     FROM information_schema.statistics s
     WHERE table_schema = DATABASE() AND table_name = ? AND seq_in_index = 1 AND LOWER(column_name) = LOWER(?)
       AND index_type = 'BTREE' AND sub_part IS NULL
     ORDER BY (index_name = 'PRIMARY') DESC, non_unique, parts, index_name`,
    [table, source.key],
  );
  const best = indexes[0];
  return {
    table,
    live,
    index: best === undefined ? undefined : String(best[0]),
    unique: best !== undefined && Number(best[1]) === 0 && Number(best[2]) === 1,
    estimate,
  };
}

/** Least and greatest key, or undefined where the table has no row. */
export async function greatestAndLeast(
  ask: Ask,
  source: Source,
  table: string,
): Promise<{ least: bigint; greatest: bigint } | undefined> {
  const key = quote(source.key);
  const [row] = await ask(`SELECT MIN(${key}), MAX(${key}) FROM ${quote(table)}`);
  if (row === undefined || row[0] === null) return undefined;
  return { least: BigInt(String(row[0])), greatest: BigInt(String(row[1])) };
}
