import { type KeyRange, mergeNeighbours, showRange } from '../core/ranges.js';
import { againText } from './make-again.js';
import type { Problem, ShardCheck, Unjoined } from './verify.js';
import type { Damage } from './verify-files.js';
import type { SourceCheck } from './verify-sources.js';

/** With more ranges than these one command takes them all, and what lies between. */
const commandsMax = 20;

/** What is wrong with the target's rows alone, which a load mends. */
const atTarget = new Set<Problem['kind']>(['rows', 'older', 'keys', 'columns', 'values']);

/** A command for each of the ranges, those that meet put together. */
function byRange(ranges: readonly KeyRange[], command: (range: KeyRange) => string): string[] {
  const merged = mergeNeighbours(ranges);
  const [first, last] = [merged[0], merged.at(-1)];
  if (merged.length <= commandsMax || first === undefined || last === undefined) return merged.map(command);
  return [command({ from: first.from, to: last.to })];
}

/** Sources whose export files are not what the server holds, by the ranges that say so, several in one command. */
function exportCommands(sources: readonly SourceCheck[]): string[] {
  const different = sources.filter(({ server, files, ranges }) => ranges.length > 0 || server !== files);
  const whole = different.filter(({ shards }) => shards.size === 0).map(({ source }) => source);
  const byRanges = new Map<string, { names: string[]; ranges: KeyRange[] }>();
  for (const { source, ranges } of different) {
    if (ranges.length === 0) continue;
    const merged = mergeNeighbours(ranges.map(({ range }) => range));
    const known = byRanges.get(merged.map(showRange).join()) ?? { names: [], ranges: merged };
    byRanges.set(merged.map(showRange).join(), { ...known, names: [...known.names, source] });
  }
  return [
    ...(whole.length > 0 ? [againText('export', [`SOURCES=${whole.join(',')}`])] : []),
    ...[...byRanges.values()].flatMap(({ names, ranges }) =>
      byRange(ranges, (range) => againText('export', [`SOURCES=${names.join(',')}`, `RANGE=${showRange(range)}`])),
    ),
  ];
}

/** Damaged files of the sources: a lookup is made again whole, the others by their ranges. */
function damageCommands(damage: readonly Damage[]): string[] {
  const ranges = new Map<string, Map<string, KeyRange>>();
  const whole: string[] = [];
  for (const { source, range, again } of damage) {
    if (source === undefined) continue;
    if (range === undefined) whole.push(again);
    else ranges.set(source, (ranges.get(source) ?? new Map<string, KeyRange>()).set(showRange(range), range));
  }
  const parts = [...ranges].flatMap(([source, some]) =>
    byRange([...some.values()], (range) => againText('export', [`SOURCES=${source}`, `RANGE=${showRange(range)}`])),
  );
  return [...whole, ...parts];
}

export interface Mending {
  readonly mend: readonly string[];
  /** Also removes rows that this data folder did not load. */
  readonly replace: readonly string[];
}

/**
 * The commands that mend what was found, in the order in which they are to be typed: an export changes what is to be
 * joined, a join what is to be loaded, and both find out by themselves.
 */
export function mendingCommands(
  checks: readonly ShardCheck[],
  sources: readonly SourceCheck[],
  unjoined: readonly Unjoined[],
  target: string,
): Mending {
  const damaged = (one: Problem): one is Problem & { kind: 'damage' } => one.kind === 'damage';
  const exports = [
    ...exportCommands(sources),
    ...damageCommands(checks.flatMap(({ problems }) => problems.filter(damaged))),
  ];
  const rejoined = checks.filter(({ problems }) =>
    problems.some((one) => one.kind === 'files' || (damaged(one) && one.source === undefined)),
  );
  const joins = byRange(
    rejoined.map(({ range }) => range),
    (range) => againText('join', [`RANGE=${showRange(range)}`]),
  );
  const isLater = exports.length > 0 || unjoined.length > 0;
  const wrong = checks.filter(({ problems }) => problems.some(({ kind }) => atTarget.has(kind)));
  const isForeign = ({ problems }: ShardCheck): boolean => problems.some(({ kind }) => kind === 'foreign');
  const load = (some: readonly ShardCheck[], knobs: string): string[] =>
    byRange(
      some.map(({ range }) => range),
      (range) => `make load AGAIN=1 ${knobs}RANGE=${showRange(range)} TARGET=${target}`,
    );
  const loads = load(
    wrong.filter((check) => !isForeign(check)),
    '',
  );
  const isReloaded = isLater || joins.length > 0;
  const mend = [
    ...new Set([
      ...exports,
      ...(unjoined.some(({ why }) => why === 'not exported') ? ['make export'] : []),
      ...joins,
      ...(isLater ? ['make join'] : []),
      ...loads,
      ...(isReloaded ? [`make load TARGET=${target}`] : []),
    ]),
  ];
  return { mend, replace: load(wrong.filter(isForeign), 'REPLACE=1 ') };
}

/** The commands that show which rows differ: those that were not read back yet. */
export function deepCommands(checks: readonly ShardCheck[], target: string): string[] {
  const open = checks.filter(({ problems, unsure }) => {
    const isRead = problems.some(({ kind }) => kind === 'values');
    return !isRead && (unsure.length > 0 || problems.some(({ kind }) => atTarget.has(kind)));
  });
  return byRange(
    open.map(({ range }) => range),
    (range) => `make verify DEEP=1 RANGE=${showRange(range)} TARGET=${target}`,
  );
}
