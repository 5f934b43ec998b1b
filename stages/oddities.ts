import type { OddityStatus } from '../src/core/status-report.js';
import type { Dataset } from '../src/dataset/declaration.js';
import type { ExportEntry, ShardEntry } from '../src/manifest/entries.js';
import { sumOddities } from '../src/pipeline/counted.js';
import { oddityText } from './sentences.js';

/** What was counted in all files, added up by name, and by source where an export file told it. */
export function countedOddities(
  dataset: Dataset,
  exports: Iterable<ExportEntry>,
  shards: Iterable<ShardEntry>,
): OddityStatus[] {
  const declared = new Map(dataset.oddities.map(({ name, what }) => [name, what]));
  /** By source, which is null of shards. */
  const entries = new Map<string | null, (ExportEntry | ShardEntry)[]>();
  for (const entry of exports) {
    const known = entries.get(entry.source);
    if (known) known.push(entry);
    else entries.set(entry.source, [entry]);
  }
  entries.set(null, [...shards]);
  return [...entries].flatMap(([source, some]) =>
    [...sumOddities(dataset, some)].map(([name, counted]) => ({
      ...{ name, source, ...counted, what: oddityText(name, declared) },
    })),
  );
}
