import type { OracleType } from './oracle-columns.js';
import { oracleType, targetColumns } from './oracle-columns.js';

/** A row of a target in the oracle's canonical texts; it may hold fewer columns than the oracle knows. */
export interface TargetRow {
  readonly key: number;
  readonly values: Readonly<Record<string, string | null>>;
}

export interface ReadTargetOptions {
  /** The address of the HTTP port. */
  readonly url: string;
  readonly user?: string;
  readonly password?: string;
  readonly database: string;
  readonly table: string;
  /** The ids to look at, both inclusive. */
  readonly first: number;
  readonly last: number;
  /** Reads the newest version of every row (FINAL) instead of all that are stored. */
  readonly final?: boolean;
  /** The 61 columns of target.md without updated_at by default. */
  readonly columns?: readonly string[];
}

export interface Difference {
  readonly key: number;
  readonly column: string;
  readonly expected: string | null;
  readonly found: string | null;
}

export interface Comparison {
  /** The first 20 differences. */
  readonly differences: readonly Difference[];
  readonly differenceCount: number;
  /** Expected rows that the target should hold, and those that it must not hold (values that do not fit). */
  readonly expectedRows: number;
  readonly expectedRejects: number;
  readonly actualRows: number;
}

const differencesMax = 20;

/** The canonical text of a type as a ClickHouse expression over `name`, NULL where the value is NULL. */
function expression(type: OracleType, name: string): string {
  switch (type) {
    case 'Text':
      return `hex(${name})`;
    case 'Bool':
      return `multiIf(isNull(${name}), NULL, ${name} != 0, 'true', 'false')`;
    case 'Decimal':
      return `toDecimalString(${name}, 3)`;
    case 'Float32':
      // hex() leaves leading zero bytes out, and the reinterpretation wants no Nullable.
      return `if(isNull(${name}), NULL, leftPad(hex(reinterpretAsUInt32(assumeNotNull(${name}))), 8, '0'))`;
    case 'Day':
      return `toString(toDate(${name}))`;
    case 'Array(UInt8)':
    case 'Array(UInt32)':
      return `arrayStringConcat(arrayMap(x -> toString(x), ${name}), ',')`;
    default:
      return `toString(${name})`;
  }
}

/** SELECT expressions for ClickHouse that give the oracle's canonical texts, in the order of the columns. */
function targetSelect(columns: readonly string[]): string {
  // Not AS the column's own name: ClickHouse would take the alias for the column in WHERE and ORDER BY.
  return columns.map((column) => `${expression(oracleType(column), `\`${column}\``)} AS \`c_${column}\``).join(',\n  ');
}

/** The rows of a ClickHouse table over HTTP, in image_id order. */
export async function* readTarget(options: ReadTargetOptions): AsyncGenerator<TargetRow> {
  const columns = options.columns ?? Object.keys(targetColumns);
  const sql = `SELECT toString(image_id) AS key, ${targetSelect(columns)}
FROM \`${options.database}\`.\`${options.table}\`${options.final === true ? ' FINAL' : ''}
WHERE image_id BETWEEN ${options.first} AND ${options.last} ORDER BY image_id FORMAT TabSeparated`;
  const address = new URL(options.url);
  address.searchParams.set('wait_end_of_query', '1');
  const response = await fetch(address, {
    method: 'POST',
    body: sql,
    headers: {
      authorization: `Basic ${Buffer.from(`${options.user ?? 'default'}:${options.password ?? ''}`).toString('base64')}`,
    },
  });
  if (!response.ok || response.body === null) {
    throw new Error(`ClickHouse answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  }
  for await (const line of lines(response.body)) {
    // Digits, hex digits, commas and words only: no value needs TabSeparated's escapes but NULL.
    const [key, ...texts] = line.split('\t');
    if (texts.length !== columns.length) throw new Error(`ClickHouse broke off: ${line.slice(0, 500)}`);
    const values = columns.map((column, at) => [column, texts[at] === '\\N' ? null : texts[at]]);
    yield { key: Number(key), values: Object.fromEntries(values) as TargetRow['values'] };
  }
}

async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
  }
  if (rest !== '') yield rest;
}

type Rows<T> = AsyncIterable<T> | Iterable<T>;
type Expected = TargetRow & { readonly misfits?: readonly string[] };

/**
 * Compares two streams in key order over the columns that the actual rows have. An expected row with misfits must be
 * absent; an actual row that comes twice, is missing or was not expected is a difference in the column '(row)'.
 */
export async function compareRows(expected: Rows<Expected>, actual: Rows<TargetRow>): Promise<Comparison> {
  const differences: Difference[] = [];
  const counts = { differenceCount: 0, expectedRows: 0, expectedRejects: 0, actualRows: 0 };
  const differ = (key: number, column: string, wanted: string | null, found: string | null): void => {
    counts.differenceCount += 1;
    if (differences.length < differencesMax) differences.push({ key, column, expected: wanted, found });
  };
  const wanted = cursor(expected, (row) => {
    const rejected = (row.misfits?.length ?? 0) > 0;
    if (rejected) counts.expectedRejects += 1;
    else counts.expectedRows += 1;
    return !rejected;
  });
  const found = cursor(actual, () => {
    counts.actualRows += 1;
    return true;
  });
  let left = await wanted();
  let right = await found();
  while (left !== undefined || right !== undefined) {
    if (right === undefined || (left !== undefined && left.key < right.key)) {
      if (left !== undefined) differ(left.key, '(row)', 'present', 'absent');
      left = await wanted();
    } else if (left === undefined || right.key < left.key) {
      differ(right.key, '(row)', 'absent', 'present');
      right = await found();
    } else {
      compareValues(left, right, differ);
      left = await wanted();
      right = await found();
    }
  }
  return { differences, ...counts };
}

/** The next row that `keep` lets through; closes nothing early, both sides are read to their end. */
function cursor<T>(rows: Rows<T>, keep: (row: T) => boolean): () => Promise<T | undefined> {
  const iterator = Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
  return async () => {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return undefined;
      if (keep(next.value)) return next.value;
    }
  };
}

function compareValues(
  expected: TargetRow,
  actual: TargetRow,
  differ: (key: number, column: string, wanted: string | null, found: string | null) => void,
): void {
  for (const [column, value] of Object.entries(actual.values)) {
    const wanted = expected.values[column];
    if (wanted === undefined) throw new Error(`the oracle says nothing of ${column}`);
    if (wanted !== value) differ(actual.key, column, wanted, value);
  }
}
