import type { Source } from '../dataset/declaration.js';
import type { PlannedSource } from '../manifest/plan-file.js';
import type { FoundTable, KeySpread } from '../sources/source.js';

export interface Chosen {
  readonly access: PlannedSource['access'];
  /** Why, in words for `make check`; empty where it is what everybody expects. */
  readonly why: string;
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/**
 * How a source is read. By the key's index, range by range, is the rule: it can be continued, and all tables of a range
 * are consistent among themselves. One pass is for a table without such an index, and for one where nearly every row of
 * a range would be a page read from disk of its own: its rows lie in another order than the key, and what neighbours by
 * the key are spread over does not fit into the server's memory. How wide the rows are decides by that alone: it makes
 * the table large (docs/performance.md has the measurement). The dataset's own word comes before it.
 */
export function chooseAccess(
  source: Pick<Source, 'role' | 'key' | 'access'>,
  found: Pick<FoundTable, 'index'>,
  spread: KeySpread | undefined,
): Chosen {
  if (source.role === 'lookup') return { access: 'lookup', why: '' };
  if (found.index === undefined) return { access: 'one-pass', why: `there is no index on ${source.key}` };
  if (source.access !== undefined) return { access: source.access, why: 'the dataset says so' };
  if (spread === undefined || spread.tableBytes <= spread.cacheBytes) return { access: 'range', why: '' };
  const { spreadBytes, tableBytes, cacheBytes } = spread;
  const facts = `rows of neighbouring ${source.key} are spread over ${gigabytes(spreadBytes)} of its ${gigabytes(tableBytes)}, and the server keeps ${gigabytes(cacheBytes)} in memory`;
  return { access: spreadBytes > cacheBytes ? 'one-pass' : 'range', why: facts };
}

/**
 * A table with an index is read in one pass only where at least this share of all ranges is missing: a few are made
 * sooner by their index, however scattered their rows are.
 */
const onePassShare = 0.1;

/** True where one pass pays for the ranges that are missing of all those planned. */
export function paysOnePass({ index }: Pick<PlannedSource, 'index'>, missing: number, planned: number): boolean {
  return index === null || missing >= planned * onePassShare;
}
