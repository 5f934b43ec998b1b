import { type KeyRange, lastKey, mergeNeighbours } from '../core/ranges.js';
import type { Settings } from './client.js';
import { countSettings, type LiveTable } from './live-table.js';
import { keyParts, namesIn } from './sorting-key.js';

/** The greatest key there is: the one behind it is a floating point number to the server. */
const keyMax = (1n << 64n) - 1n;

/** Keys of a range, both ends included. */
function withinSql(column: string, range: KeyRange): string {
  return `${column} >= ${range.from} AND ${column} <= ${lastKey(range)}`;
}

/** Keys of any of the ranges, in as few comparisons as can be. `column` is the key as the statement names it, quoted. */
export function withinAnySql(column: string, ranges: readonly KeyRange[]): string {
  const parts = mergeNeighbours(ranges).map((range) => `(${withinSql(column, range)})`);
  return parts.length === 0 ? 'false' : parts.join(' OR ');
}

/** The first key of the range that a key lies in, as text: what all ranges are grouped by in one scan. */
export function placeSql(column: string, ranges: readonly KeyRange[]): string {
  const ends = [...new Set(ranges.flatMap(({ from, to }) => [from, to]))].sort((a, b) => (a < b ? -1 : 1));
  const bounds = ends.filter((bound) => bound <= keyMax);
  return `toString(roundDown(toUInt64(${column}), CAST([${bounds.join()}] AS Array(UInt64))))`;
}

/** Engines whose readers may see fewer rows than are stored. */
const merging = /(?:Replacing|Summing|Aggregating|Collapsing|Coalescing|Graphite)/;

/** What makes a statement read what is left after all merges, behind the table's name; nothing where none are to come. */
export const finalSql = (live: LiveTable): string => (merging.test(live.engine) ? ' FINAL' : '');

/**
 * Settings of a statement that counts or reads with FINAL. Where rows of one sorting key cannot lie in two partitions
 * (every column of the partition key stands in the sorting key), each partition is merged by itself: the result is the
 * same, and hundreds of partitions are not held open at once.
 */
export function finalSettings(live: LiveTable): Settings {
  const sorted = new Set(keyParts(live.sortingKey).flatMap((part) => ('name' in part ? [part.name] : [])));
  const named = namesIn(live.partitionKey);
  const isApart = live.columns.every(({ name }) => !named.has(name) || sorted.has(name));
  return { ...countSettings(live), do_not_merge_across_partitions_select_final: isApart ? 1 : 0 };
}
