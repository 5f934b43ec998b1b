import { lastKey, rangesFromBounds } from '../core/ranges.js';
import type { ExportEntry } from '../manifest/entries.js';
import type { Plan } from '../manifest/plan-file.js';
import type { PlanFacts, SourceFacts } from '../report/facts.js';

/** The plan as the page shows it: its generations by their first and last key. */
export function planFacts({ rangeRows, shardRows, sample, generations, absent }: Plan): PlanFacts {
  return {
    ...{ rangeRows, shardRows, sample, absent },
    generations: generations.map(({ generation, planned, bounds, end, rows, estimated = false }) => {
      const last = rangesFromBounds(bounds.map(BigInt), BigInt(end)).at(-1);
      return {
        ...{ generation, planned, rows, estimated },
        ranges: bounds.length,
        first: bounds[0] ?? '',
        last: last === undefined ? '' : String(lastKey(last)),
      };
    }),
  };
}

/** Files, rows and bytes of the planned sources, of all that is recorded. */
export function sourceFacts(plan: Plan, exports: readonly ExportEntry[]): SourceFacts[] {
  const sums = new Map<string, { files: number; rows: number; bytes: number }>();
  for (const { source, rows, bytes } of exports) {
    const known = sums.get(source) ?? { files: 0, rows: 0, bytes: 0 };
    sums.set(source, { files: known.files + 1, rows: known.rows + rows, bytes: known.bytes + bytes });
  }
  return plan.sources.map(({ name, engine, role, table, access, index, estimate }) => ({
    ...{ name, engine, role, table, access, index, estimate },
    ...(sums.get(name) ?? { files: 0, rows: 0, bytes: 0 }),
  }));
}
