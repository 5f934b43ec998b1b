import { createHash } from 'node:crypto';
import { collectionNames } from '../../../../stages/demo/sample/documents.js';
import { documentBatches, rowBatches, sampleTables } from '../../../../stages/demo/sample/generate.js';
import { idOf } from '../../../../stages/demo/sample/ids.js';
import type { SampleOptions, Value } from '../../../../stages/demo/sample/sample.js';
import { resolveSample } from '../../../../stages/demo/sample/sample.js';
import { tsvRow } from '../../../../stages/demo/sample/sql-text.js';

/** The sample that must show every trap. */
export const full = { images: 20_000 } satisfies SampleOptions;
/** The ids of its images. */
export const imageIds = new Set(Array.from({ length: full.images }, (_, index) => idOf(resolveSample(full), index)));

/** A sample row with its columns' names. */
export type Named = Readonly<Record<string, Value>>;

const cache = new Map<string, readonly Named[]>();

/** All rows of a table of a sample, kept for the next caller. */
export function tableRows(options: SampleOptions, name: string): readonly Named[] {
  const cacheKey = JSON.stringify([options, name]);
  const known = cache.get(cacheKey);
  if (known !== undefined) return known;
  const sample = resolveSample(options);
  const table = sampleTables(sample).find((each) => each.name === name);
  if (table === undefined) throw new Error(`no table ${name}`);
  const rows: Named[] = [];
  for (const batch of rowBatches(sample, table)) {
    for (const row of batch) {
      if (row.length !== table.columns.length) throw new Error(`${name}: ${row.length} values in a row`);
      rows.push(Object.fromEntries(table.columns.map((column, at) => [column, row[at] ?? null])));
    }
  }
  cache.set(cacheKey, rows);
  return rows;
}

/** The rows of each image_id. */
export function byImage(rows: readonly Named[]): ReadonlyMap<Value, readonly Named[]> {
  const groups = new Map<Value, Named[]>();
  for (const row of rows) {
    const key = row.image_id ?? null;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

/** A fingerprint of all rows and documents of a sample. */
export function digest(options: SampleOptions): string {
  const sample = resolveSample(options);
  const hash = createHash('sha256');
  for (const table of sampleTables(sample)) {
    hash.update(table.name);
    for (const batch of rowBatches(sample, table)) for (const row of batch) hash.update(tsvRow(row));
  }
  for (const name of collectionNames) {
    for (const batch of documentBatches(sample, name)) {
      const text = JSON.stringify(batch, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
      );
      hash.update(text);
    }
  }
  return hash.digest('hex').slice(0, 16);
}
