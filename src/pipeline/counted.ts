import type { RejectsStatus } from '../core/status-report.js';
import type { Dataset } from '../dataset/declaration.js';
import type { Counted, ShardEntry } from '../manifest/entries.js';

type Counting = { readonly oddities: Readonly<Record<string, Counted>> };

/** What was counted in some files, by name, with the first example; what the dataset counts once is not added up. */
export function sumOddities({ oddities }: Dataset, entries: Iterable<Counting>): Map<string, Counted> {
  const once = new Set(oddities.filter((oddity) => oddity.once).map(({ name }) => name));
  const sums = new Map<string, { count: number; example: string | null }>();
  for (const { oddities: counted } of entries) {
    // There are many files, and few names.
    for (const name in counted) {
      const { count, example } = counted[name] as Counted;
      const known = sums.get(name);
      if (known === undefined) sums.set(name, { count, example });
      else {
        known.count = once.has(name) ? count : known.count + count;
        known.example ??= example;
      }
    }
  }
  return sums;
}

/** Rows of some shards that were set aside, with the values that did not fit, by column too. */
export function sumRejects(shards: Iterable<ShardEntry>): Omit<RejectsStatus, 'folder'> {
  const columns: Record<string, number> = {};
  let [rows, values] = [0, 0];
  for (const { rejects } of shards) {
    rows += rejects.rows;
    values += rejects.values;
    for (const [name, found] of Object.entries(rejects.columns)) columns[name] = (columns[name] ?? 0) + found;
  }
  return { rows, values, columns };
}
