import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { appendLine } from './atomic-file.js';
import { type ExportEntry, type ManifestEntry, manifestEntrySchema, type ShardEntry } from './entries.js';
import { readJsonLines } from './json-lines.js';
import { exportDir, type Layout, manifestPath } from './layout.js';

async function readFolder(folder: string): Promise<ManifestEntry[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [] as string[];
    throw error;
  });
  const manifests = names.filter((name) => /^manifest\..+\.jsonl$/.test(name)).sort();
  const entries = await Promise.all(manifests.map((name) => readJsonLines(join(folder, name), manifestEntrySchema)));
  return entries.flat();
}

/** The newest line of each file; a file that is being made anew has none. Times are ISO text, so they sort as text. */
export function newest(entries: readonly ManifestEntry[]): Map<string, ExportEntry | ShardEntry> {
  const latest = new Map<string, ManifestEntry>();
  for (const entry of entries) {
    const known = latest.get(entry.file);
    if (known === undefined || known.time <= entry.time) latest.set(entry.file, entry);
  }
  const done = new Map<string, ExportEntry | ShardEntry>();
  for (const [file, entry] of latest) if (entry.kind !== 'redo') done.set(file, entry);
  return done;
}

/** What is recorded as exported, by file name relative to the dataset's folder. */
export async function readExports(layout: Layout): Promise<Map<string, ExportEntry>> {
  const all = newest(await readFolder(exportDir(layout)));
  return new Map([...all].filter((pair): pair is [string, ExportEntry] => pair[1].kind === 'export'));
}

/** What is recorded as joined, by file name relative to the shards folder. */
export async function readShards(layout: Layout): Promise<Map<string, ShardEntry>> {
  const all = newest(await readFolder(layout.shards));
  return new Map([...all].filter((pair): pair is [string, ShardEntry] => pair[1].kind === 'shard'));
}

/** Appends to this writer's manifest, one line at a time. */
export class ManifestWriter {
  readonly #path: string;

  constructor(folder: string, writer: string) {
    this.#path = manifestPath(folder, writer);
  }

  /** Resolves when the line is on disk. Lines of parallel units do not mix. */
  append(entry: ManifestEntry): Promise<void> {
    return appendLine(this.#path, JSON.stringify(entry));
  }
}
