import { inclusiveRange, type KeyRange, overlaps } from '../core/ranges.js';
import { fileMissing, sha256OfFile, sizeOf } from '../manifest/atomic-file.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { inRoot, inShards } from '../manifest/layout.js';
import type { Context, ParquetTools } from './context.js';
import { shardRange } from './load-plan.js';
import { againText, exportAgainText } from './make-again.js';

/** A file that is not what its manifest line says, and the one command that makes it again (fault 22). */
export interface Damage {
  readonly path: string;
  readonly what: string;
  readonly again: string;
  /** Of an export file: its source, and its range where it has one. */
  readonly source?: string;
  readonly range?: KeyRange;
}

/** What was looked at already, by path: a lookup belongs to every shard, and is read once. */
export interface Looked {
  readonly what: Map<string, string>;
  /** Export files that are no longer here, of shards that were made of them: somebody needed the room. */
  readonly removed: Set<string>;
}

/** True where rows of a range lie in an export file; a lookup's belongs to every range. */
export const isMember = ({ first, last }: ExportEntry, range: KeyRange): boolean =>
  first === null || last === null || overlaps(range, inclusiveRange(BigInt(first), BigInt(last)));

/**
 * Looks at the files of one shard: itself, its rejects and the export files that it is made of. Where the shard
 * `isCurrent`, nothing needs an export file any more, and one that was removed is no damage.
 */
export async function verifyFiles(
  { layout, signal }: Pick<Context, 'layout' | 'signal'>,
  parquet: ParquetTools,
  exports: readonly ExportEntry[],
  shard: ShardEntry,
  isCurrent: boolean,
  { what: known, removed }: Looked,
): Promise<Damage[]> {
  const range = shardRange(shard);
  const members = exports.filter((entry) => isMember(entry, range));
  const { rejects } = shard;
  const again = againText('join', [`RANGE=${shard.first}-${shard.last}`]);
  const files: (Omit<Damage, 'what'> & { sha256: string | null; rows: number })[] = [
    { path: inShards(layout, shard.file), sha256: shard.sha256, rows: shard.rows, again },
    { path: inShards(layout, rejects.file ?? ''), sha256: rejects.sha256, rows: rejects.values, again },
    ...members.map((entry) => ({
      path: inRoot(layout, entry.file),
      sha256: entry.sha256,
      rows: entry.rows,
      again: exportAgainText(entry),
      source: entry.source,
      ...(entry.first === null || entry.last === null
        ? {}
        : { range: inclusiveRange(BigInt(entry.first), BigInt(entry.last)) }),
    })),
  ];
  const found: Damage[] = [];
  for (const { sha256, rows, ...file } of files.filter((file) => file.rows > 0)) {
    signal.throwIfAborted();
    const { path } = file;
    let what = known.get(path);
    if (what === undefined) {
      if ((await sizeOf(path)) === undefined) what = fileMissing;
      else if ((await sha256OfFile(path)) !== sha256) what = 'is damaged';
      else if ((await parquet.rows(path)) !== rows) what = `does not hold ${rows} rows`;
      else what = '';
      known.set(path, what);
    }
    if (what === fileMissing && file.source !== undefined && isCurrent) removed.add(path);
    else if (what !== '') found.push({ ...file, what });
  }
  return found;
}
