import type { KeyRange } from '../core/ranges.js';
import { type CertifiedColumn, emptyRowSql, storedSql } from './certified-columns.js';
import { type ClickHouse, quoteName, type Settings } from './client.js';
import { oddTypes, rowName, tableName } from './ddl.js';
import { finalSettings, finalSql, placeSql, withinAnySql } from './key-ranges.js';
import type { LiveTable } from './live-table.js';
import { type Extremes, extremesOf } from './value-texts.js';
import { low32, type Word, wordsOf } from './value-words.js';

/** The target's figures of one column over the rows of one shard. Hashes are modulo 2^64. */
export interface ColumnFigures {
  readonly nulls: number;
  /** Sum over the rows with NULL, as the shard's nullHash. */
  readonly nullHash: bigint;
  /** Values that no load puts there. */
  readonly strays: number;
  readonly least: string | null;
  readonly greatest: string | null;
  /** For each of the ways in which the column's values can be written. */
  readonly hashes: readonly TargetHash[];
}

export interface TargetHash {
  readonly all: bigint;
  /** Where the unknown-value's word has more than 32 bits: the hash without the rows that hold it, their nullHash, and how many they are. */
  readonly apart?: { readonly others: bigint; readonly unknown: bigint; readonly rows: number };
}

/** What stands for unknown in a column that cannot be NULL: its words, and its text as a least or greatest value. */
export interface UnknownValue {
  readonly words: readonly bigint[];
  readonly text: string | null;
}

/** The target's own certificate of one range: rows, and the figures of each column in the order they were asked for. */
export interface Certificate {
  readonly rows: number;
  readonly columns: readonly ColumnFigures[];
}

export interface CertificateRequest {
  readonly live: LiveTable;
  readonly key: string;
  /** They must not overlap. */
  readonly ranges: readonly KeyRange[];
  readonly columns: readonly CertifiedColumn[];
  readonly unknowns: readonly (UnknownValue | undefined)[];
  /** Reads what is left after all merges, which costs more; without it what is stored. */
  readonly final: boolean;
}

/** Settings on which the figures depend, whatever the profile says. */
export const figureSettings: Settings = {
  ...oddTypes,
  date_time_overflow_behavior: 'ignore',
  prefer_column_name_to_alias: 0,
  aggregate_functions_null_for_empty: 0,
  cast_keep_nullable: 0,
  short_circuit_function_evaluation: 'enable',
  // A long scan says from time to time that it goes on.
  send_progress_in_http_headers: 1,
  http_headers_progress_interval_ms: 20_000,
};

/** A number of 31 bits that a key is mixed into (docs/format.md). `key` is an unsigned number of 64 bits. */
function mixSql(key: string): string {
  const folded = `bitXor(bitAnd(${key}, ${low32}), bitAnd(bitShiftRight(${key}, 32) * 3266489909, ${low32}))`;
  const once = `(${folded} * 2654435761)`;
  const twice = `(bitAnd(bitXor(${once}, bitShiftRight(${once}, 29)), ${low32}) * 2246822507)`;
  return `bitOr(bitAnd(bitXor(${twice}, bitShiftRight(${twice}, 31)), 2147483647), 1)`;
}

const expressionsOf = (
  { live, carried }: CertifiedColumn,
  value: string,
): { words: readonly Word[]; extremes: Extremes | undefined } => ({
  words: wordsOf(value, live, carried),
  extremes: extremesOf(value, live, carried),
});

const bigOf = (answer: unknown): bigint => BigInt(String(answer ?? 0));
const textOf = (answer: unknown): string | null => (answer === null || answer === undefined ? null : String(answer));

/** What the load puts in for NULL; undefined for columns that can be NULL. One question for all. */
export async function unknownValues(
  client: ClickHouse,
  columns: readonly CertifiedColumn[],
): Promise<(UnknownValue | undefined)[]> {
  const asked = columns.filter(({ nullable }) => !nullable);
  if (asked.length === 0) return columns.map(() => undefined);
  const { prefix, relation } = emptyRowSql(asked);
  const selects = asked.map((one, index) => {
    const { words, extremes } = expressionsOf(one, storedSql(one, `${prefix}${index}`));
    const text = extremes === undefined ? 'NULL' : `toString(${extremes.text(extremes.order)})`;
    return [text, ...words.map(({ sql }) => `toString(${sql})`)];
  });
  const [row = []] = await client.rows(`SELECT ${selects.flat().join(', ')} FROM (${relation})`, figureSettings);
  let at = 0;
  const found = new Map<CertifiedColumn, UnknownValue>();
  for (const [index, one] of asked.entries()) {
    const end = at + (selects[index]?.length ?? 0);
    const [text, ...words] = row.slice(at, end);
    found.set(one, { text: textOf(text), words: words.map(bigOf) });
    at = end;
  }
  return columns.map((one) => found.get(one));
}

/** The aggregates of one column, and how the server's answers become its figures. */
interface Figure {
  readonly select: readonly string[];
  readonly read: (answers: readonly unknown[]) => ColumnFigures;
}

/** `c`, `n` and `w` with the column's number are its value, whether it is NULL, and its words. */
function figureOf(one: CertifiedColumn, index: number, unknown: UnknownValue | undefined): Figure {
  const { words, extremes } = expressionsOf(one, `c${index}`);
  const known = one.nullable ? `n${index} = 0` : '';
  const sumIf = (term: string, test: string): string => (test === '' ? `sum(${term})` : `sumIf(${term}, ${test})`);
  /** Of the words that an unknown-value shares with real ones, those of more than 32 bits: see `TargetHash`. */
  const apart = words
    .map((_, place) => unknown?.words[place] ?? 0n)
    .map((word) => (word >> 32n > 0n ? word : undefined));
  const hashes = words.flatMap(({ wide }, place) => {
    const word = `w${index}_${place}`;
    const low = wide ? `(bitAnd(${word}, ${low32}) + 1) * m1` : `(${word} + 1) * m1`;
    const term = wide ? `${low} + bitShiftRight(${word}, 32) * m2` : low;
    const unknownWord = apart[place];
    if (unknownWord === undefined) return [sumIf(term, known)];
    const isUnknown = `${word} = ${unknownWord}`;
    return [
      ...[sumIf(term, known), sumIf(term, `${word} != ${unknownWord}`)],
      ...[sumIf('m1', isUnknown), `countIf(${isUnknown})`],
    ];
  });
  const stray = words[0]?.stray;
  const extreme = (which: 'min' | 'max'): string => {
    if (extremes === undefined) return 'NULL';
    if (!one.nullable) return extremes.text(`${which}(${extremes.order})`);
    const found = `${which}OrNullIf(${extremes.order}, ${known})`;
    return `if(isNull(${found}), NULL, ${extremes.text(`assumeNotNull(${found})`)})`;
  };
  const nulls = one.nullable ? [`countIf(n${index})`, `sumIf(m1, n${index})`] : ['0', '0'];
  const strays = stray === undefined ? '0' : `countIf(${known === '' ? '' : `${known} AND `}(${stray}))`;
  return {
    select: [...nulls, strays, extreme('min'), extreme('max'), ...hashes],
    read: ([nullCount, nullHash, strayCount, least, greatest, ...sums]) => ({
      ...{ nulls: Number(nullCount), nullHash: bigOf(nullHash), strays: Number(strayCount) },
      ...{ least: textOf(least), greatest: textOf(greatest) },
      hashes: apart.map((word) => {
        const all = bigOf(sums.shift());
        if (word === undefined) return { all };
        const [others, unknown, rows] = sums.splice(0, 3);
        return { all, apart: { others: bigOf(others), unknown: bigOf(unknown), rows: Number(rows) } };
      }),
    }),
  };
}

/** The statement: one scan of the ranges, grouped by them, in levels whose names are ours alone. */
function certificateSql({ live, key, ranges, columns, final }: CertificateRequest, figures: readonly Figure[]): string {
  const keyName = `${rowName}.${quoteName(key)}`;
  const stored = columns.flatMap((one, index) => {
    const name = `${rowName}.${quoteName(one.column.name)}`;
    const value = `${storedSql(one, name)} AS c${index}`;
    return one.nullable ? [value, `isNull(${name}) AS n${index}`] : [value];
  });
  const words = columns.flatMap((one, index) => {
    const named = expressionsOf(one, `c${index}`).words.map(({ sql }, place) => `${sql} AS w${index}_${place}`);
    return [`c${index}`, ...(one.nullable ? [`n${index}`] : []), ...named];
  });
  const mixes = [`${mixSql('k')} AS m1`, `${mixSql('bitXor(k, 2654435769)')} AS m2`, `${placeSql('k', ranges)} AS g`];
  return `SELECT g, count(), ${figures.flatMap(({ select }) => select).join(',\n')} FROM (
    SELECT ${[...mixes, ...words].join(',\n')} FROM (
      SELECT toUInt64(${keyName}) AS k, ${stored.join(', ')}
      FROM ${tableName(live.database, live.table)} AS ${rowName}${final ? finalSql(live) : ''}
      WHERE ${withinAnySql(keyName, ranges)}
    )
  ) GROUP BY g`;
}

/** More columns than this are asked for in several statements: a server takes no statement of any length. */
const columnsMax = 100;

/**
 * The target's own certificates of some ranges, in their order. One scan a hundred columns, however many ranges there
 * are: the key comes last in the table's order, so that one range alone would cost nearly as much as all of them.
 */
export async function readCertificates(client: ClickHouse, request: CertificateRequest): Promise<Certificate[]> {
  const { columns, unknowns, ranges, live } = request;
  const found = ranges.map(() => ({ rows: 0, columns: [] as ColumnFigures[] }));
  const places = new Map(ranges.map(({ from }, index) => [String(from), index]));
  for (let at = 0; at < columns.length; at += columnsMax) {
    const part = columns.slice(at, at + columnsMax);
    const figures = part.map((one, index) => figureOf(one, index, unknowns[at + index]));
    const sql = certificateSql({ ...request, columns: part }, figures);
    for (const [from, count, ...answers] of await client.rows(sql, { ...figureSettings, ...finalSettings(live) })) {
      const range = found[places.get(String(from)) ?? -1];
      if (range === undefined) continue;
      range.rows = Number(count);
      for (const { select, read } of figures) range.columns.push(read(answers.splice(0, select.length)));
    }
  }
  return found;
}
