import { type KeyRange, mergeNeighbours, showRange } from '../core/ranges.js';
import { againText } from './make-again.js';
import type { Problem, ShardCheck, Unjoined } from './verify.js';
import type { SourceCheck } from './verify-sources.js';

/** More ranges than these are not named, one command each. */
const commandsMax = 3;

/** What is wrong with the target's rows alone, which a load mends. */
const atTarget = new Set<Problem['kind']>(['rows', 'older', 'keys', 'columns', 'values']);

/** A command for each of the ranges, those that meet put together; `again` are as many as were left out. */
function byRange(ranges: readonly KeyRange[], command: (range: KeyRange) => string): string[] {
  const merged = mergeNeighbours(ranges);
  const shown = merged.slice(0, commandsMax).map(command);
  const more = merged.length - shown.length;
  return more > 0 ? [...shown, `(and ${more} ranges more; the same command without RANGE= does all)`] : shown;
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

/**
 * The commands that mend what was found, in the order in which they are to be typed: an export changes what is to be
 * joined, a join what is to be loaded, and both find out by themselves.
 */
export function mendingCommands(
  checks: readonly ShardCheck[],
  sources: readonly SourceCheck[],
  unjoined: readonly Unjoined[],
  target: string,
): string[] {
  const damaged = checks.flatMap(({ problems }) =>
    problems.flatMap((one) => (one.kind === 'damage' ? [one.again] : [])),
  );
  const exports = [...exportCommands(sources), ...damaged.filter((command) => command.startsWith('make export'))];
  const joins = [
    ...damaged.filter((command) => command.startsWith('make join')),
    ...byRange(
      checks.filter(({ problems }) => problems.some(({ kind }) => kind === 'files')).map(({ range }) => range),
      (range) => againText('join', [`RANGE=${showRange(range)}`]),
    ),
  ];
  const isLater = exports.length > 0 || unjoined.length > 0;
  const wrong = checks.filter(({ problems }) => problems.some(({ kind }) => atTarget.has(kind)));
  const isForeign = ({ problems }: ShardCheck): boolean => problems.some(({ kind }) => kind === 'foreign');
  const load = (some: readonly ShardCheck[], knobs: string): string[] =>
    byRange(
      some.map(({ range }) => range),
      (range) => `make load AGAIN=1 ${knobs}RANGE=${showRange(range)} TARGET=${target}`,
    );
  const loads = [
    ...load(
      wrong.filter((check) => !isForeign(check)),
      '',
    ),
    ...load(wrong.filter(isForeign), 'REPLACE=1 '),
  ];
  const isReloaded = isLater || joins.length > 0;
  return [
    ...new Set([
      ...exports,
      ...(unjoined.some(({ why }) => why === 'not exported') ? ['make export'] : []),
      ...joins,
      ...(isLater ? ['make join'] : []),
      ...loads,
      ...(isReloaded ? [`make load TARGET=${target}`] : []),
    ]),
  ];
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
