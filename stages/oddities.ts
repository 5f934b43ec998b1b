import type { OddityStatus } from '../src/core/status-report.js';
import type { Dataset } from '../src/dataset/declaration.js';
import type { ExportEntry, ShardEntry } from '../src/manifest/entries.js';
import { oddityText } from './sentences.js';

/** What was counted in all files, added up by name, and by source where an export file told it. */
export function countedOddities(
  { oddities }: Dataset,
  exports: Iterable<ExportEntry>,
  shards: Iterable<ShardEntry>,
): OddityStatus[] {
  const once = new Set(oddities.filter((oddity) => oddity.once).map(({ name }) => name));
  const declared = new Map(oddities.map(({ name, what }) => [name, what]));
  /** By source, which is null of shards, and name. There are many files, and few names. */
  const sums = new Map<string | null, Map<string, { count: number; example: string | null }>>();
  const add = (source: string | null, counted: ExportEntry['oddities']): void => {
    for (const name in counted) {
      const { count, example } = counted[name] as { count: number; example: string | null };
      const ofSource = sums.get(source) ?? new Map<string, { count: number; example: string | null }>();
      sums.set(source, ofSource);
      const known = ofSource.get(name);
      if (known === undefined) ofSource.set(name, { count, example });
      else {
        known.count = once.has(name) ? count : known.count + count;
        known.example ??= example;
      }
    }
  };
  for (const entry of exports) add(entry.source, entry.oddities);
  for (const entry of shards) add(null, entry.oddities);
  return [...sums].flatMap(([source, names]) =>
    [...names].map(([name, counted]) => ({ name, source, ...counted, what: oddityText(name, declared) })),
  );
}
