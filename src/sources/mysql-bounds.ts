import { usageError } from '../core/errors.js';
import type { Source } from '../dataset/declaration.js';
import { diveForBounds } from './key-dives.js';
import { greatestAndLeast } from './mysql-catalogue.js';
import { type Ask, quote } from './mysql-sql.js';
import type { Bounds, FoundTable } from './source.js';

/**
 * Rows, by the server's own estimate, above which ranges are found by estimates of the index: an exact walk reads every
 * key, which takes minutes for 130 M wide rows.
 */
const walkRowsMax = 5_000_000;
/** Spots of the table at which the index's estimate is compared with the rows that are there. */
const spots = 5;
/** Times the least of the spots' estimates that the greatest may be, each against the rows that are there. */
const disagreementMax = 2.5;
/** InnoDB estimates too high: what is far too low (always 1 row, from some settings) is no estimate. */
const factorMin = 0.4;

/**
 * First keys of ranges of `rangeRows` rows each. A table of up to `walkMax` rows is walked: each range holds exactly as
 * many. A larger one is cut where the server's index estimates as many, and `isExact` is false. Throws KEY_NEGATIVE.
 */
export async function mysqlBounds(
  ask: Ask,
  source: Source,
  found: FoundTable,
  rangeRows: number,
  after: bigint | undefined,
  walkMax = walkRowsMax,
): Promise<Bounds> {
  const extremes = await greatestAndLeast(ask, source, found.table);
  if (extremes === undefined) return { bounds: [], end: after ?? 0n, rows: 0, isExact: true };
  // The id space begins at 1, the first AUTO_INCREMENT, unless a row has the id 0.
  const from = after ?? (extremes.least < 1n ? 0n : 1n);
  if (extremes.greatest < from) return { bounds: [], end: from, rows: 0, isExact: true };
  if (extremes.least < 0n) {
    throw usageError(
      'KEY_NEGATIVE',
      `${found.table}.${source.key} has negative ids (${extremes.least})`,
      'keys must be 0 or more',
    );
  }
  const keys = keysOf(ask, source, found);
  const end = extremes.greatest + 1n;
  const large = (found.estimate ?? 0) > walkMax && found.index !== undefined;
  // What was added since is small, however large the table is.
  const dived = large && (after === undefined || (await keys.rowsBetween(from, end)) > walkMax);
  const calibrated = dived ? await calibrate(keys, (await keys.nextKey(from)) ?? end, end, rangeRows) : undefined;
  if (calibrated === undefined) return { ...(await walk(keys, from, rangeRows)), end, isExact: true };
  const { factor, density } = calibrated;
  const dives = {
    rowsBetween: async (a: bigint, b: bigint) => (await keys.rowsBetween(a, b)) / factor,
    nextKey: keys.nextKey,
  };
  const plan = { first: from, end, rangeRows, isUnique: found.unique, density };
  return { ...(await diveForBounds(dives, plan)), end, isExact: false };
}

interface Keys {
  /** The key of the row that comes `offset` rows after the first one from `from` on. */
  keyAt(from: bigint, offset: number): Promise<bigint | undefined>;
  nextKey(from: bigint): Promise<bigint | undefined>;
  rowsBetween(from: bigint, to: bigint): Promise<number>;
  countFrom(from: bigint): Promise<number>;
}

/** What the index is asked. Keys are written out: bound, they travel as text, and may be compared as doubles. */
function keysOf(ask: Ask, source: Source, found: FoundTable): Keys {
  const key = quote(source.key);
  const select = (hint: 'FORCE' | 'USE'): string => {
    const index = found.index === undefined ? '' : ` ${hint} INDEX (${quote(found.index)})`;
    return `SELECT ${key} FROM ${quote(found.table)}${index} WHERE ${key} >= `;
  };
  const keyAt = async (from: bigint, offset: number): Promise<bigint | undefined> => {
    const [row] = await ask(`${select('FORCE')}${from} ORDER BY ${key} LIMIT 1 OFFSET ${offset}`);
    return row === undefined ? undefined : BigInt(String(row[0]));
  };
  return {
    keyAt,
    nextKey: (from) => keyAt(from, 0),
    // Of an index that is forced MySQL makes no estimate at all: there is nothing to choose.
    rowsBetween: async (from, to) =>
      estimateOf(await ask(`EXPLAIN FORMAT=TRADITIONAL ${select('USE')}${from} AND ${key} < ${to}`)),
    countFrom: async (from) => {
      const [row] = await ask(`SELECT COUNT(*) FROM ${quote(found.table)} WHERE ${key} >= ${from}`);
      return Number(row?.[0]);
    },
  };
}

/** `rows` of the first line of EXPLAIN: MySQL's has 12 columns, `rows` before `filtered` and `Extra`; MariaDB's 10. */
function estimateOf(lines: readonly unknown[][]): number {
  const [line = []] = lines;
  return Number(line.at(line.length > 10 ? -3 : -2) ?? 0);
}

/** Steps from key to key, `rangeRows` rows at a time: exact, and every key is read. */
async function walk(keys: Keys, from: bigint, rangeRows: number): Promise<Pick<Bounds, 'bounds' | 'rows'>> {
  const bounds = [from];
  for (let at = from; ; ) {
    const next = await keys.keyAt(at, rangeRows);
    if (next === undefined) break;
    at = next;
    bounds.push(at);
  }
  const rows = await keys.countFrom(bounds.at(-1) ?? from);
  return { bounds, rows: (bounds.length - 1) * rangeRows + rows };
}

/**
 * InnoDB doubles what it estimates for spans of more than about ten pages. So the estimate of a range's size is compared
 * with the rows that are there, at some spots: by how much it is too high, and how many rows an id there are. Undefined
 * where the spots disagree: what this server says is no estimate.
 */
async function calibrate(
  keys: Keys,
  first: bigint,
  end: bigint,
  rangeRows: number,
): Promise<{ factor: number; density: number } | undefined> {
  const factors: number[] = [];
  let density = 1;
  for (let spot = 0; spot < spots; spot++) {
    const from = await keys.nextKey(first + ((end - first) * BigInt(spot)) / BigInt(spots));
    const to = from === undefined ? undefined : await keys.keyAt(from, rangeRows);
    if (from === undefined || to === undefined || to === from) continue;
    if (spot === 0) density = rangeRows / Number(to - from);
    factors.push((await keys.rowsBetween(from, to)) / rangeRows);
  }
  factors.sort((a, b) => a - b);
  const [least = 0, median = 0, most = 0] = [factors[0], factors[factors.length >> 1], factors.at(-1)];
  return least >= factorMin && most <= least * disagreementMax ? { factor: median, density } : undefined;
}
