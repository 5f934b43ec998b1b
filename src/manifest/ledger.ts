import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { appendLine } from './atomic-file.js';
import { readJsonLines } from './json-lines.js';
import { type Layout, ledgerPath } from './layout.js';

const ledgerEntrySchema = z.object({
  format: z.literal(1),
  /**
   * `run`: a version was chosen; `end`: that run did all it set out to do; `started`, `inserted` and `removed` are a
   * shard's states; `swap` and `rollback`: two tables are about to change their names; `swapped`: they have.
   */
  kind: z.enum(['run', 'started', 'inserted', 'removed', 'end', 'swap', 'rollback', 'swapped']),
  run: z.string(),
  time: z.string(),
  database: z.string(),
  table: z.string(),
  /** Of the table: one that was dropped and made again is another table. */
  uuid: z.string(),
  /** updated_at in seconds since 1970, UTC. */
  version: z.number().int(),
  shard: z.string(),
  sha256: z.string(),
  rows: z.number().int(),
  /** Of `swap` and `rollback`: the table whose place the one of `uuid` takes. */
  replaces: z.string().optional(),
  /** Of a `run`: it was told to load again what is there (AGAIN=1). Left out where it was not. */
  again: z.literal(true).optional(),
});
export type LedgerEntry = z.infer<typeof ledgerEntrySchema>;

/** All that this data folder knows of its loads into a target, oldest first. */
export function readLedger(layout: Layout, target: string): Promise<readonly LedgerEntry[]> {
  return readJsonLines(ledgerPath(layout, target), ledgerEntrySchema);
}

/** Targets that this data folder has loaded into, by name. */
export async function ledgerTargets(layout: Layout): Promise<string[]> {
  const names = await readdir(dirname(ledgerPath(layout, 'x'))).catch(() => []);
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -'.jsonl'.length))
    .sort();
}

/** Appends one line; resolves when it is on disk. */
export function appendLedger(layout: Layout, target: string, entry: LedgerEntry): Promise<void> {
  return appendLine(ledgerPath(layout, target), JSON.stringify(entry));
}

/** What the ledger says of one shard in one table (by uuid): the newest state wins. */
export function shardStates(entries: readonly LedgerEntry[], uuid: string): Map<string, LedgerEntry> {
  const states = new Map<string, LedgerEntry>();
  for (const entry of entries) if (entry.uuid === uuid && entry.shard !== '') states.set(entry.shard, entry);
  return states;
}

/** The versions that this ledger has written into the table: rows of any other version belong to someone else. */
export function ownVersions(entries: readonly LedgerEntry[], uuid: string): Set<number> {
  return new Set(entries.filter((entry) => entry.uuid === uuid && entry.version > 0).map((entry) => entry.version));
}

/** The last run into the table that did not come to its end, if it is the last one at all. */
export function unfinishedRun(entries: readonly LedgerEntry[], uuid: string): LedgerEntry | undefined {
  const last = entries.findLast((entry) => entry.uuid === uuid && (entry.kind === 'run' || entry.kind === 'end'));
  return last?.kind === 'run' ? last : undefined;
}

/** The exchange of two tables that was begun and of which nothing says that it was done. */
export function unfinishedSwap(entries: readonly LedgerEntry[]): LedgerEntry | undefined {
  const last = entries.findLast(({ kind }) => kind === 'swap' || kind === 'rollback' || kind === 'swapped');
  return last === undefined || last.kind === 'swapped' ? undefined : last;
}
