import { usageError } from '../core/errors.js';
import { formOf, type Readable, readable } from '../core/readable.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import type { FoundTable, SourceServer } from '../sources/source.js';
import type { Engine } from '../sql/engine.js';
import { misreadRows, rawTable, typedRows } from '../sql/raw-tables.js';
import type { Input } from '../sql/relations.js';

/** A table without an index on the key is passed over for some keys up to so many rows, by the server's estimate. */
const smallRows = 1_000_000;
/** A few keys with more than this are not looked at. */
const bytesMax = 512 << 20;

/** A source as its server has it now, for some keys (a lookup as a whole). */
export interface AtServer {
  /** Its rows in the engine; export files where the server was not asked. */
  readonly input: Input;
  readonly table: string;
  /** Why its server has nothing, or was not asked. */
  readonly why: string | undefined;
  /** False where `input` are the export files. */
  readonly isAsked: boolean;
  /** Values that are not of their declared kind. */
  readonly misread: readonly Misread[];
}

export interface Misread {
  readonly key: string;
  readonly column: string;
  readonly value: Readable;
}

/** What is to be said of a read without an index: a small table is passed over once, for a large one its files stand. */
function withoutIndex(source: Source, { index, estimate }: FoundTable): { isAsked: boolean; why: string | undefined } {
  const rows = estimate ?? (source.role === 'lookup' ? 0 : Number.POSITIVE_INFINITY);
  if (source.role === 'lookup') {
    return rows <= smallRows
      ? asked
      : { isAsked: false, why: `${source.table} is large: its export file stands for it` };
  }
  if (index !== undefined) return asked;
  const what = `${source.table} has no index on ${source.key}`;
  return rows <= smallRows
    ? { isAsked: true, why: `${what}: it is small, and was read once` }
    : { isAsked: false, why: `${what}: its export files stand for it` };
}

const asked = { isAsked: true, why: undefined };

/**
 * Takes the rows of some keys from the source's server into the engine. `files` stand for it where asking would be a scan
 * of a large table. Throws what the server says, and KEYS_LARGE where the rows take more than 512 MB.
 */
export async function fetchSource(
  engine: Engine,
  server: SourceServer,
  source: Source,
  keys: readonly bigint[],
  files: readonly string[],
): Promise<AtServer> {
  const found = await server.find(source);
  if (found === undefined) {
    const why = `no ${source.engine === 'mysql' ? 'table' : 'collection'} ${source.table} at the source`;
    return { input: [], table: source.table, why, isAsked: true, misread: [] };
  }
  const { table } = found;
  const { isAsked, why } = withoutIndex(source, found);
  if (!isAsked) return { input: files, table, why, isAsked, misread: [] };
  const names = exportColumns(source).map(({ name }) => name);
  await engine.fill(rawTable(source), names, async (add) => {
    let bytes = 0;
    await server.rowsOf(source, found, source.role === 'lookup' ? undefined : keys, (row) => {
      for (const value of row) bytes += value?.length ?? 0;
      if (bytes > bytesMax) {
        const text = `the rows of ${keys.length} keys in ${table} take more than ${bytesMax >> 20} MB`;
        throw usageError('KEYS_LARGE', text, 'take fewer keys: SAMPLE=100');
      }
      add(row);
    });
  });
  const misread = (await engine.rows(misreadRows(source))).map(([key, column, value]) => ({
    ...{ key: String(key), column: `${source.name}.${column}` },
    value: readable(value, formOf('BLOB')),
  }));
  return { input: typedRows(source), table, why, isAsked, misread };
}
