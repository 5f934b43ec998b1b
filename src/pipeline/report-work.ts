import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import type { LedgerEntry } from '../manifest/ledger.js';
import type { StageWork } from '../report/facts.js';
import { loadSpans } from './load-spans.js';

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

/** Every insert into the present table that came to its end. */
function loadUnits(ledger: readonly LedgerEntry[], shards: readonly ShardEntry[]): Unit[] {
  const bytes = new Map(shards.map(({ sha256, bytes: size }) => [sha256, size]));
  const units = loadSpans(ledger).map(({ from, to, rows, sha256 }) => ({
    ...{ end: new Date(to).toISOString(), seconds: (to - from) / 1000, rows, bytes: bytes.get(sha256) ?? 0 },
  }));
  return units.sort(byEnd);
}
