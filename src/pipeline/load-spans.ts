import type { LedgerEntry } from '../manifest/ledger.js';

/** One insert of a shard that came to its end. */
export interface LoadSpan {
  /** Milliseconds since 1970: from the line before the shard's first byte to the one after its count. */
  readonly from: number;
  readonly to: number;
  readonly sha256: string;
  readonly rows: number;
}

/** The inserts into the table that a ledger names last, of all runs. One that was found at the server has no time. */
export function loadSpans(ledger: readonly LedgerEntry[]): LoadSpan[] {
  const uuid = ledger.at(-1)?.uuid;
  const begun = new Map<string, string>();
  const spans: LoadSpan[] = [];
  for (const { kind, run, shard, sha256, time, rows, uuid: table } of ledger) {
    if (table !== uuid) continue;
    const name = `${run} ${shard} ${sha256}`;
    if (kind === 'started') begun.set(name, time);
    const since = begun.get(name);
    if (kind !== 'inserted' || since === undefined) continue;
    begun.delete(name);
    const [from, to] = [Date.parse(since), Date.parse(time)];
    if (!Number.isNaN(from + to)) spans.push({ from: Math.min(from, to), to, sha256, rows });
  }
  return spans;
}
