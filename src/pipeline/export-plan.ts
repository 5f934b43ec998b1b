import { inPart, type KeyRange, lastKey, showRange, touching } from '../core/ranges.js';
import type { ExportEntry } from '../manifest/entries.js';
import { exportFile } from '../manifest/layout.js';
import { type Plan, type PlannedSource, plannedRanges } from '../manifest/plan-file.js';
import { paysOnePass } from './choose-access.js';
import type { Context } from './context.js';

/** What is to be exported, as data: which sources of which ranges, which lookups, which whole tables. */
export interface ExportWork {
  readonly lookups: readonly PlannedSource[];
  readonly ranges: readonly { readonly range: KeyRange; readonly sources: readonly PlannedSource[] }[];
  readonly onePass: readonly { readonly source: PlannedSource; readonly ranges: readonly KeyRange[] }[];
  /** Files that are there already. */
  readonly done: number;
}

/** True where the file of that source and range is recorded and was made with the source's present declaration. */
export function isExported(entry: ExportEntry | undefined, source: PlannedSource): boolean {
  return entry !== undefined && entry.hash === source.hash;
}

/**
 * What the manifest still lacks of the plan, within RANGE=, PART= and SOURCES=. `present` are the files found in the
 * folder: one that was removed is made again. A lookup or whole table belongs to the first part of a shared job.
 */
export function planExport(
  context: Pick<Context, 'layout' | 'range' | 'part' | 'again'>,
  plan: Plan,
  manifest: ReadonlyMap<string, ExportEntry>,
  present: ReadonlySet<string>,
  only: readonly string[] | undefined,
): ExportWork {
  const { layout, range: wanted, part, again } = context;
  const sources = plan.sources.filter((source) => only === undefined || only.includes(source.name));
  let done = 0;
  const needs = (source: PlannedSource, range: KeyRange | undefined): boolean => {
    const file = exportFile(layout, source.name, range);
    const entry = manifest.get(file);
    return again || !isExported(entry, source) || (entry !== undefined && entry.rows > 0 && !present.has(file));
  };
  const isMissing = (source: PlannedSource, range: KeyRange | undefined): boolean => {
    const missing = needs(source, range);
    if (!missing) done++;
    return missing;
  };
  const ranges = touching(plannedRanges(plan), wanted).filter((_, index) => inPart(index, part));
  const allRanges = touching(plannedRanges(plan), wanted);
  const once = part === undefined || part.index === 1;
  const byAccess = (access: PlannedSource['access']): PlannedSource[] =>
    sources.filter((source) => source.access === access);
  const planned = plannedRanges(plan).length;
  const whole = byAccess('one-pass').map((source) => ({
    source,
    ranges: allRanges.map(({ range }) => range).filter((range) => needs(source, range)),
  }));
  const pays = whole.filter(({ source, ranges }) => paysOnePass(source, ranges.length, planned));
  const onePass = new Set(pays.map(({ source }) => source));
  const byRange = sources.filter((source) => source.access !== 'lookup' && !onePass.has(source));

  return {
    lookups: once ? byAccess('lookup').filter((source) => isMissing(source, undefined)) : [],
    ranges: ranges.flatMap(({ range }) => {
      const missing = byRange.filter((source) => isMissing(source, range));
      return missing.length === 0 ? [] : [{ range, sources: missing }];
    }),
    onePass: (once ? pays : []).flatMap(({ source }) => {
      const missing = allRanges.map(({ range }) => range).filter((range) => isMissing(source, range));
      return missing.length === 0 ? [] : [{ source, ranges: missing }];
    }),
    get done() {
      return done;
    },
  };
}

/** RANGE= takes whole ranges or shards: what was taken is said (interface.md). */
export function sayTaken(context: Pick<Context, 'range' | 'report'>, taken: readonly KeyRange[]): void {
  const [first, last] = [taken[0], taken.at(-1)];
  if (context.range === undefined) return;
  const text =
    first === undefined || last === undefined
      ? 'no planned range touches it'
      : `takes ${first.from}-${lastKey(last)} (${taken.length} whole ones)`;
  context.report({ event: 'note', text: `RANGE=${showRange(context.range)} ${text}` });
}
