import { parseKind } from '../core/kinds.js';
import type { Source } from '../dataset/declaration.js';
import { greatestAndLeast } from './mysql-catalogue.js';
import { type Ask, quote } from './mysql-sql.js';
import type { FoundTable, KeySpread } from './source.js';

/** Spots of the key's index that are looked at, and the rows that follow each other at one. */
const spots = 16;
const rowsOfSpot = 200;
/** Of the rows of one spot this share at either end is left out: one row that lies apart says nothing about the rest. */
const trimmed = 0.1;

/**
 * How far the rows of neighbouring keys lie from each other in an InnoDB table, by some thousand entries of the key's
 * index, which hold the primary key too: no row is read. Undefined where the key's index is the table's own order, or
 * nothing can be said: no single integer primary key, another engine.
 */
export async function mysqlSpread(
  ask: Ask,
  source: Source,
  found: FoundTable,
  knownCacheBytes?: number,
): Promise<KeySpread | undefined> {
  if (found.index === undefined || found.index === 'PRIMARY') return undefined;
  const [facts] = await ask(
    'SELECT engine, data_length, @@innodb_buffer_pool_size FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?',
    [found.table],
  );
  const primary = await primaryKey(ask, found);
  if (facts?.[0] !== 'InnoDB' || primary === undefined) return undefined;
  const [tableBytes, cacheBytes] = [Number(facts[1]), knownCacheBytes ?? Number(facts[2])];
  // Where all of it stays in memory it is all the same where the rows lie.
  if (tableBytes <= cacheBytes) return { spreadBytes: 0, tableBytes, cacheBytes };
  const extremes = await greatestAndLeast(ask, source, found.table);
  const of = await greatestAndLeast(ask, { ...source, key: primary }, found.table);
  if (extremes === undefined || of === undefined) return undefined;
  const key = quote(source.key);
  const span = extremes.greatest - extremes.least;
  const samples: bigint[][] = [];
  for (let spot = 0; spot < spots; spot++) {
    const from = extremes.least + (span * BigInt(spot)) / BigInt(spots);
    const rows = await ask(
      `SELECT ${quote(primary)} FROM ${quote(found.table)} FORCE INDEX (${quote(found.index)}) WHERE ${key} >= ${from} ORDER BY ${key} LIMIT ${rowsOfSpot}`,
    );
    samples.push(rows.map(([id]) => BigInt(String(id))));
  }
  return { spreadBytes: Math.round(tableBytes * spreadShare(samples, of.greatest - of.least)), tableBytes, cacheBytes };
}

/**
 * The share of the primary key's `span` over which rows of neighbouring keys are spread: 0 where they follow each other,
 * 1 where they lie anywhere. The median of the samples, each the primary keys of rows that are neighbours by the key.
 */
export function spreadShare(samples: readonly (readonly bigint[])[], span: bigint): number {
  const shares = samples
    .filter((ids) => ids.length > 1 && span > 0n)
    .map((ids) => {
      const sorted = [...ids].sort((a, b) => (a < b ? -1 : 1));
      const cut = Math.floor(sorted.length * trimmed);
      const [low = 0n, high = 0n] = [sorted[cut], sorted[sorted.length - 1 - cut]];
      return Math.min(1, Number(high - low) / Number(span) / (1 - 2 * trimmed));
    })
    .sort((a, b) => a - b);
  return shares[shares.length >> 1] ?? 0;
}

/** The table's primary key where it is one column of an integer type. */
async function primaryKey(ask: Ask, { table, live }: FoundTable): Promise<string | undefined> {
  const columns = await ask(
    "SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? AND index_name = 'PRIMARY'",
    [table],
  );
  const name = String(columns[0]?.[0]);
  if (columns.length !== 1 || live[name] === undefined) return undefined;
  try {
    return parseKind(live[name]).type === 'int' ? name : undefined;
  } catch {
    return undefined;
  }
}
