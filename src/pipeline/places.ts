import type { ClickHouse } from '../clickhouse/client.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { inclusiveRange } from '../core/ranges.js';
import { formOf, type Readable, readable } from '../core/readable.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { inRoot, inShards, type Layout } from '../manifest/layout.js';
import type { LedgerEntry } from '../manifest/ledger.js';
import type { Plan } from '../manifest/plan-file.js';
import type { Engine } from '../sql/engine.js';
import { expectedQueries } from '../sql/expected-rows.js';
import { readableSql } from '../sql/readable-sql.js';
import { type Inputs, identifier, type OptionValues, readFiles } from '../sql/relations.js';
import type { ValueTypes } from '../sql/value-types.js';

/** The files of a dataset, and what reads them: where some keys are looked up. */
export interface Places {
  /** The declaration that the shards were made with, or will be. */
  readonly dataset: JoinedDataset;
  readonly layout: Layout;
  readonly plan: Plan | undefined;
  readonly exports: readonly ExportEntry[];
  readonly shards: readonly ShardEntry[];
  readonly engine: Engine;
  readonly options: OptionValues;
  readonly types: ValueTypes;
}

/** The target's table, with what this data folder loaded into it. */
export interface LoadedTable {
  readonly client: ClickHouse;
  readonly live: LiveTable;
  readonly ledger: readonly LedgerEntry[];
}

export interface Reject {
  readonly column: string;
  readonly value: string | null;
  readonly reason: string;
}

/** A key's row: its values by column, or why it has none. */
export interface JoinedRow {
  readonly values: ReadonlyMap<string, Readable> | undefined;
  readonly rejects: readonly Reject[];
}

/** Keys → their rows; a key without a row is not in it. */
export type JoinedRows = ReadonlyMap<string, JoinedRow>;

/** The table that holds the keys in question. */
const keysTable = '"$keys"';
/** Greatest number of keys that are looked up together. */
export const keysMax = 10_000;

/** True where one of the sorted keys lies in an entry's range. A lookup's entry has none, and belongs to every key. */
export function holdsKey(sorted: readonly bigint[], { first, last }: Pick<ExportEntry, 'first' | 'last'>): boolean {
  if (first === null || last === null) return sorted.length > 0;
  const { from, to } = inclusiveRange(BigInt(first), BigInt(last));
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as bigint) < from) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && (sorted[low] as bigint) < to;
}

const inOrder = (keys: readonly bigint[]): bigint[] => [...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));

/** The export files of each source that may hold rows of the keys. */
export function exportFiles({ dataset, exports, layout }: Places, keys: readonly bigint[]): Map<string, string[]> {
  const sorted = inOrder(keys);
  const files = new Map(dataset.sources.map(({ name }) => [name, [] as string[]]));
  for (const entry of exports) {
    if (entry.rows > 0 && holdsKey(sorted, entry)) files.get(entry.source)?.push(inRoot(layout, entry.file));
  }
  return files;
}

const listKeys = (engine: Engine, keys: readonly bigint[]): Promise<void> =>
  engine.run(`CREATE OR REPLACE TABLE ${keysTable} AS SELECT unnest([${keys.join(', ')}]::UBIGINT[]) AS key`);

/** What the declared join makes of the keys, from wherever `inputs` are. */
export async function joinedRows(
  { engine, dataset, options, types }: Places,
  inputs: Inputs,
  keys: readonly bigint[],
): Promise<JoinedRows> {
  if (keys.length === 0) return new Map();
  await listKeys(engine, keys);
  const { shard, rows, rejects } = expectedQueries(dataset, inputs, options, types, keysTable);
  const there = await engine.rows(rows);
  // A key has a row or is rejected, so that only where one has none the other query has an answer.
  const aside = there.length < keys.length ? await engine.rows(rejects) : [];
  return gathered(dataset, [...shard], there, aside);
}

/** The keys' rows in the shards, and what was set aside of them. */
export async function shardRows(
  { engine, dataset, layout, shards }: Places,
  keys: readonly bigint[],
): Promise<JoinedRows> {
  const sorted = inOrder(keys);
  const found: JoinedRows[] = [];
  if (keys.length > 0) await listKeys(engine, keys);
  for (const { first, last, file, rows, rejects } of shards) {
    if (!holdsKey(sorted, { first, last })) continue;
    const key = identifier(dataset.key.name);
    const from = readFiles([inShards(layout, file)]);
    const columns = rows === 0 ? [] : (await engine.describe(from)).map(({ name, type }) => [name, type] as const);
    const shown = columns.map(([name, type]) => readableSql(type, identifier(name)));
    const select = `SELECT CAST(${key} AS VARCHAR), ${shown.join(', ')} FROM (${from}) WHERE ${key} IN (FROM ${keysTable})`;
    const there = rows === 0 ? [] : await engine.rows(select);
    const aside = rejects.file === null ? '' : readFiles([inShards(layout, rejects.file)]);
    const asideSql = `SELECT "key", "column", "value", reason FROM (${aside}) WHERE "key" IN (FROM ${keysTable}) ORDER BY ALL`;
    found.push(gathered(dataset, columns, there, aside === '' ? [] : await engine.rows(asideSql)));
  }
  return new Map(found.flatMap((rows) => [...rows]));
}

function gathered(
  dataset: JoinedDataset,
  columns: readonly (readonly [name: string, type: string])[],
  rows: readonly unknown[][],
  rejects: readonly unknown[][],
): JoinedRows {
  const declared = new Map(dataset.columns.map(({ name, type }) => [name, type]));
  const forms = columns.map(([name, type]) => formOf(type, declared.get(name)));
  const found = new Map<string, { values: Map<string, Readable> | undefined; rejects: Reject[] }>();
  for (const [key, ...values] of rows) {
    const named = columns.map(([name], at) => [name, readable(values[at], forms[at] ?? 'plain')] as const);
    found.set(String(key), { values: new Map(named), rejects: [] });
  }
  for (const [key, column, value, reason] of rejects) {
    const row = found.get(String(key)) ?? { values: undefined, rejects: [] };
    row.rejects.push({ column: String(column), value: value === null ? null : String(value), reason: String(reason) });
    found.set(String(key), row);
  }
  return found;
}

/** Orders texts by the numbers in them: 3 before 13. */
const inNumbers = new Intl.Collator('en', { numeric: true });

/** Rows of one source for the keys, as the export's files have them or as its server has: values in the kinds' order. */
export async function sourceRows(
  engine: Engine,
  columns: readonly { readonly name: string; readonly type: string }[],
  from: string,
): Promise<Readable[][]> {
  const select = columns.map(({ name, type }) => readableSql(type, identifier(name)));
  const rows = await engine.rows(`SELECT ${select.join(', ')} FROM (${from})`);
  const read = rows.map((row) => row.map((value, at) => readable(value, formOf(columns[at]?.type ?? ''))));
  const written = new Map(read.map((row) => [row, JSON.stringify(row)]));
  return read.sort((a, b) => {
    const [one = '', two = ''] = [written.get(a), written.get(b)];
    // To people some texts are equal that are not.
    return inNumbers.compare(one, two) || (one < two ? -1 : 1);
  });
}
