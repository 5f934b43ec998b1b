import { dirname } from 'node:path';
import { type KeyRange, lastKey } from '../core/ranges.js';
import { makeFolder, publish, removeFile, sha256OfFile, sizeOf, temporary } from '../manifest/atomic-file.js';
import type { Counted, ExportEntry } from '../manifest/entries.js';
import { exportFile, inRoot } from '../manifest/layout.js';
import type { ManifestWriter } from '../manifest/manifest.js';
import type { PlannedSource } from '../manifest/plan-file.js';
import type { Context, ParquetTools } from './context.js';

export interface FinishedFile {
  readonly source: PlannedSource;
  readonly range: KeyRange | undefined;
  readonly columns: readonly string[];
  readonly rows: number;
  readonly least: bigint | null;
  readonly greatest: bigint | null;
  readonly snapshot: string;
  readonly oddities: Readonly<Record<string, Counted>>;
  readonly seconds: number;
  /** Hash of the bytes as they were written, where the writer knows it: what the disk made of them the join sees. */
  readonly sha256?: string;
}

/** Where the file of a source and range is written before it is published. */
export async function temporaryExport(context: Context, source: string, range: KeyRange | undefined): Promise<string> {
  const path = inRoot(context.layout, exportFile(context.layout, source, range));
  await makeFolder(dirname(path));
  return temporary(path);
}

/**
 * Checks the finished temporary file, publishes it and records it; a range without rows makes no file and counts as
 * done (fault 33). An older file of that name loses its record first: between the two there is none, so that a kill
 * can never leave a record that does not belong to the file. Resolves to the file's bytes.
 */
export async function publishExport(
  context: Context,
  parquet: ParquetTools,
  manifest: ManifestWriter,
  finished: FinishedFile,
): Promise<number> {
  const { source, range, columns, rows } = finished;
  const file = exportFile(context.layout, source.name, range);
  const path = inRoot(context.layout, file);
  const common = { format: 1, file, run: context.run } as const;
  let [bytes, sha256] = [0, ''];
  if (rows > 0) {
    await parquet.check(temporary(path), columns, rows);
    sha256 = finished.sha256 ?? (await sha256OfFile(temporary(path)));
    bytes = (await sizeOf(temporary(path))) ?? 0;
  }
  if ((await sizeOf(path)) !== undefined) {
    await manifest.append({ ...common, kind: 'redo', time: new Date().toISOString() });
  }
  if (rows > 0) await publish(path);
  else {
    await removeFile(temporary(path));
    await removeFile(path);
  }
  const entry: ExportEntry = {
    ...common,
    kind: 'export',
    source: source.name,
    first: range === undefined ? null : String(range.from),
    last: range === undefined ? null : String(lastKey(range)),
    rows,
    bytes,
    sha256,
    least: finished.least === null ? null : String(finished.least),
    greatest: finished.greatest === null ? null : String(finished.greatest),
    hash: source.hash,
    time: new Date().toISOString(),
    seconds: finished.seconds,
    oddities: { ...finished.oddities },
    snapshot: finished.snapshot,
  };
  await manifest.append(entry);
  return bytes;
}
