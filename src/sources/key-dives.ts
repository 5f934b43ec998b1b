/**
 * Bounds of ranges by estimates instead of by counting: an index knows in well under a millisecond about how many rows
 * lie between two keys, however many they are.
 */
export interface KeyDives {
  /** Rows from the key `from` on and before `to`, as the index estimates them: never negative, and monotone but for noise. */
  rowsBetween(from: bigint, to: bigint): Promise<number>;
  /** The least key that is `from` or more, or undefined behind the last row. */
  nextKey(from: bigint): Promise<bigint | undefined>;
}

export interface Dived {
  /** First keys of the ranges: the first one given, then each where the one before ends. */
  readonly bounds: bigint[];
  /** Rows of all ranges, by the estimates. */
  readonly rows: number;
}

/** A range is taken whose estimate is this near to what was asked for. */
const tolerance = 0.1;
/** Ids of a range grow and shrink by no more than this at one look: an estimate over a gap says little about what follows. */
const stepFactorMax = 8;
/** Looks at one range in all: where the ids are distributed so that no end fits, the nearest one below is taken. */
const looksMax = 40;
/** A wide span is looked at in so many pieces too, since an estimate rests on a few pages at the span's beginning. */
const pieces = 4n;

/**
 * Cuts the keys from `first` on and before `end` into consecutive ranges of about `rangeRows` rows. A gap makes a range
 * wide and never more ranges. `isUnique`: a span can hold no more rows than ids, whatever the estimate says.
 * `density`: rows an id to begin with (1 is a key without gaps). Pure but for the dives.
 */
export async function diveForBounds(
  dives: KeyDives,
  { first, end, rangeRows, isUnique, density }: DivePlan,
): Promise<Dived> {
  const bounds: bigint[] = [];
  let rows = 0;
  let idsOfRow = 1 / density;
  for (let at = first; at < end; ) {
    const range = await nextRange(dives, at, { end, rangeRows, isUnique, idsOfRow });
    bounds.push(at);
    rows += range.rows;
    at = range.to;
    idsOfRow = range.idsOfRow;
  }
  return { bounds, rows: Math.round(rows) };
}

export interface DivePlan {
  readonly first: bigint;
  readonly end: bigint;
  readonly rangeRows: number;
  readonly isUnique: boolean;
  readonly density: number;
}

interface Found {
  readonly to: bigint;
  readonly rows: number;
  /** Of the span behind the gap that the range began with. */
  readonly idsOfRow: number;
}

type RangePlan = Pick<DivePlan, 'end' | 'rangeRows' | 'isUnique'> & { readonly idsOfRow: number };

/** Searches the end of one range: by the density of the one before, then by what the looks say, between the nearest two. */
async function nextRange(dives: KeyDives, at: bigint, plan: RangePlan): Promise<Found> {
  const { end, rangeRows } = plan;
  // Where rows begin: a gap before them belongs to the range and says nothing about their density.
  const begin = (await dives.nextKey(at)) ?? end;
  if (begin >= end) return { to: end, rows: 0, idsOfRow: plan.idsOfRow };
  let below: Look = { to: begin, rows: 0 };
  let above: Look | undefined;
  let to = within(begin + ids(rangeRows * plan.idsOfRow), begin + 1n, end);
  for (let looks = 0; looks < looksMax; looks++) {
    const rows = await rowsOf(dives, begin, to, plan);
    const look = { to, rows };
    if (Math.abs(rows - rangeRows) <= rangeRows * tolerance || (to === end && rows <= rangeRows)) {
      return found(begin, look, plan);
    }
    if (rows > rangeRows) above = look;
    else {
      const isGap = looks > 0 && rows - below.rows < (rangeRows - below.rows) * tolerance;
      below = look;
      // Nothing was gained: the rows go on behind a gap, if they do.
      if (isGap && above === undefined) below = { to: (await dives.nextKey(to)) ?? end, rows };
    }
    const next = nextEnd(begin, below, above, plan, looks % 2 === 1);
    if (next === undefined) break;
    to = next;
  }
  const isNearer = above !== undefined && above.rows * below.rows < rangeRows * rangeRows;
  const taken = above !== undefined && (isNearer || below.to === begin) ? above : below;
  return found(begin, taken, plan);
}

function found(begin: bigint, { to, rows }: Look, plan: RangePlan): Found {
  return { to, rows, idsOfRow: rows > 0 ? Number(to - begin) / rows : plan.idsOfRow };
}

interface Look {
  readonly to: bigint;
  readonly rows: number;
}

/** The next end to look at; undefined where there is none between the two that are known. */
function nextEnd(
  begin: bigint,
  below: Look,
  above: Look | undefined,
  { end, rangeRows, idsOfRow }: RangePlan,
  halves: boolean,
): bigint | undefined {
  const missing = rangeRows - below.rows;
  if (above === undefined) {
    if (below.to >= end) return undefined;
    const span = Number(below.to - begin);
    const wanted = below.rows > 0 && span > 0 ? (missing * span) / below.rows : missing * idsOfRow;
    const step = Math.min(Math.max(wanted, 1), Math.max(span, rangeRows * idsOfRow) * (stepFactorMax - 1));
    return within(below.to + ids(step), below.to + 1n, end);
  }
  if (above.to - below.to <= 1n) return undefined;
  // Between two looks rows lie evenly, if they do: else every other look halves what is left.
  const width = above.to - below.to;
  const share = halves ? 0.5 : missing / (above.rows - below.rows);
  const step = ids(Number(width) * Math.min(Math.max(share, 0.02), 0.98));
  return within(below.to + step, below.to + 1n, above.to - 1n);
}

/** The estimate for a span: of the whole, or of its pieces where that is more; on a unique key never above its ids. */
async function rowsOf(dives: KeyDives, from: bigint, to: bigint, plan: RangePlan): Promise<number> {
  const span = to - from;
  const most = plan.isUnique ? Number(span) : Number.POSITIVE_INFINITY;
  const whole = Math.min(await dives.rowsBetween(from, to), most);
  // A span that can hold no more than twice the rows is bounded by that; so is one that is too large already.
  if (span <= 2 * plan.rangeRows && plan.isUnique) return whole;
  if (span < pieces || whole > plan.rangeRows * (1 + tolerance)) return whole;
  let sum = 0;
  for (let piece = 0n; piece < pieces; piece++) {
    sum += await dives.rowsBetween(from + (span * piece) / pieces, from + (span * (piece + 1n)) / pieces);
  }
  return Math.min(Math.max(whole, sum), most);
}

const ids = (count: number): bigint => BigInt(Math.max(1, Math.round(count)));

const within = (value: bigint, least: bigint, greatest: bigint): bigint =>
  value < least ? least : value > greatest ? greatest : value;
