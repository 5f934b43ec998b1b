import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import type { LedgerEntry } from '../manifest/ledger.js';
import type { StageWork } from '../report/facts.js';

type Unit = StageWork['units'][number];

const unitOf = ({ time, seconds, rows, bytes }: ExportEntry | ShardEntry): Unit => ({
  end: time,
  seconds,
  rows,
  bytes,
});

/** What each stage has done and when, from the lines that count now; in the order of the stages. */
export function stageWork(
  exports: Iterable<ExportEntry>,
  shards: readonly ShardEntry[],
  ledgers: ReadonlyMap<string, readonly LedgerEntry[]>,
): StageWork[] {
  return [
    { stage: 'export', target: '', units: [...exports].map(unitOf).sort(byEnd) },
    { stage: 'join', target: '', units: shards.map(unitOf).sort(byEnd) },
    ...[...ledgers].map(([target, ledger]): StageWork => ({ stage: 'load', target, units: loadUnits(ledger, shards) })),
  ];
}

/** Entries come in any order of files; the same ones must make the same page. */
const byEnd = (a: Unit, b: Unit): number =>
  a.end === b.end ? a.seconds - b.seconds || a.rows - b.rows || a.bytes - b.bytes : a.end < b.end ? -1 : 1;

/** Every insert that came to its end, of all runs: from the line that begins a shard to the one that ends it. */
function loadUnits(ledger: readonly LedgerEntry[], shards: readonly ShardEntry[]): Unit[] {
  const bytes = new Map(shards.map(({ sha256, bytes: size }) => [sha256, size]));
  const begun = new Map<string, string>();
  const units: Unit[] = [];
  for (const { kind, run, shard, sha256, time, rows } of ledger) {
    const name = `${run} ${shard} ${sha256}`;
    if (kind === 'started') begun.set(name, time);
    const begin = begun.get(name);
    if (kind !== 'inserted' || begin === undefined) continue;
    begun.delete(name);
    const seconds = Math.max(0, Date.parse(time) - Date.parse(begin)) / 1000;
    units.push({ end: time, seconds, rows, bytes: bytes.get(sha256) ?? 0 });
  }
  return units.sort(byEnd);
}
