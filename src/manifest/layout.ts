import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type KeyRange, rangeName } from '../core/ranges.js';

/** Every path inside the data folder is made here (data/README.md draws them). */
export interface Layout {
  readonly dataset: string;
  readonly dataDir: string;
  /** The dataset's own folder. */
  readonly root: string;
  readonly shards: string;
  readonly digits: number;
}

/**
 * Finds the folders of a dataset. The shards folder may have been copied alone: DATA_DIR may be the data folder, a
 * folder that holds `shards/`, or the shards folder itself.
 */
export function layoutOf(dataDir: string, dataset: string, digits: number): Layout {
  const base = resolve(dataDir);
  const root = join(base, dataset);
  const of = (where: string, shards: string): Layout => ({ dataset, dataDir: base, root: where, shards, digits });
  if (existsSync(root)) return of(root, join(root, 'shards'));
  if (existsSync(join(base, 'shards', 'dataset.json'))) return of(base, join(base, 'shards'));
  if (existsSync(join(base, 'dataset.json'))) return of(base, base);
  return of(root, join(root, 'shards'));
}

export const planPath = (layout: Layout): string => join(layout.root, 'plan.json');

/** `export/<source>/<first>-<last>.parquet`, relative to the dataset's folder; a lookup has one file, `all.parquet`. */
export function exportFile(layout: Layout, source: string, range: KeyRange | undefined): string {
  return `export/${source}/${range === undefined ? 'all' : rangeName(range, layout.digits)}.parquet`;
}

/** `<dataset>.<first>-<last>.parquet`, relative to the shards folder. */
export function shardFile(layout: Layout, range: KeyRange): string {
  return `${layout.dataset}.${rangeName(range, layout.digits)}.parquet`;
}

/** Where the rejected values of a shard are, relative to the shards folder. */
export const rejectsFile = (layout: Layout, range: KeyRange): string => `rejects/${shardFile(layout, range)}`;

export const exportDir = (layout: Layout): string => join(layout.root, 'export');
export const datasetPath = (layout: Layout): string => join(layout.shards, 'dataset.json');
export const inRoot = (layout: Layout, file: string): string => join(layout.root, file);
export const inShards = (layout: Layout, file: string): string => join(layout.shards, file);
export const ledgerPath = (layout: Layout, target: string): string => join(layout.root, 'load', `${target}.jsonl`);
/** The page of `make report`. */
export const reportPath = (layout: Layout): string => join(layout.root, 'report.html');
/** What `verify` last found at a target. */
export const verifiedPath = (layout: Layout, target: string): string =>
  join(layout.root, 'load', `${target}.verify.json`);
export const lockPath = (layout: Layout, stage: string): string => join(layout.root, `.lock-${stage}`);
/** How the last run of a stage ended. */
export const lastRunPath = (layout: Layout, stage: string): string => join(layout.root, `.last-${stage}.json`);
export const spillDir = (layout: Layout): string => join(layout.root, 'tmp');
export const embeddedDir = (dataDir: string): string => join(resolve(dataDir), 'clickhouse');

/** The manifest that this writer appends to; readers take the union of all of a folder. */
export const manifestPath = (folder: string, writer: string): string => join(folder, `manifest.${writer}.jsonl`);

/** A name for this machine (and its part of a shared job) that is safe in a file's name. */
export function writerName(host: string, part: { index: number; count: number } | undefined): string {
  const safe =
    host
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'host';
  return part === undefined ? safe : `${safe}-${part.index}of${part.count}`;
}
