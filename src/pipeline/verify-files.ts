import { inclusiveRange, overlaps } from '../core/ranges.js';
import { sha256OfFile, sizeOf } from '../manifest/atomic-file.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { inRoot, inShards, type Layout } from '../manifest/layout.js';
import type { ParquetTools } from './context.js';
import { shardRange } from './load-plan.js';
import { againText, exportAgainText } from './make-again.js';

/** A file that is not what its manifest line says, and the one command that makes it again (fault 22). */
export interface Damage {
  readonly path: string;
  readonly what: string;
  readonly again: string;
}

/**
 * Looks at the files of one shard: itself, its rejects and the export files that it is made of. `checked` keeps what was
 * looked at already: a lookup belongs to every shard, and is read once.
 */
export async function verifyFiles(
  layout: Layout,
  parquet: ParquetTools,
  exports: readonly ExportEntry[],
  shard: ShardEntry,
  checked: Map<string, string>,
): Promise<Damage[]> {
  const range = shardRange(shard);
  const members = exports.filter(
    ({ first, last }) =>
      first === null || last === null || overlaps(range, inclusiveRange(BigInt(first), BigInt(last))),
  );
  const { rejects } = shard;
  const again = againText('join', [`RANGE=${shard.first}-${shard.last}`]);
  const files = [
    { path: inShards(layout, shard.file), sha256: shard.sha256, rows: shard.rows, again },
    { path: inShards(layout, rejects.file ?? ''), sha256: rejects.sha256, rows: rejects.values, again },
    ...members.map((entry) => ({
      path: inRoot(layout, entry.file),
      sha256: entry.sha256,
      rows: entry.rows,
      again: exportAgainText(entry),
    })),
  ];
  const found: Damage[] = [];
  for (const { path, sha256, rows, again } of files.filter((file) => file.rows > 0)) {
    let what = checked.get(path);
    if (what === undefined) {
      if ((await sizeOf(path)) === undefined) what = 'is missing';
      else if ((await sha256OfFile(path)) !== sha256) what = 'is damaged';
      else if ((await parquet.rows(path)) !== rows) what = `does not hold ${rows} rows`;
      else what = '';
      checked.set(path, what);
    }
    if (what !== '') found.push({ path, what, again });
  }
  return found;
}
