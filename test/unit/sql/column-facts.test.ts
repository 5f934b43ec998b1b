import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../../../src/dataset/declaration.js';
import { column } from '../../../src/dataset/declare.js';
import { columnFactsSql } from '../../../src/sql/column-facts.js';
import type { Engine } from '../../../src/sql/engine.js';
import { literal } from '../../../src/sql/relations.js';
import { scratchFolder } from '../support.js';
import { openTestEngine } from './joined.js';

/** One column of each family: name, declared type, type in the file. */
const types = [
  ['id', 'UInt64', 'UBIGINT'],
  ['u8', 'UInt8', 'UTINYINT'],
  ['i16', 'Int16', 'SMALLINT'],
  ['i64', 'Int64', 'BIGINT'],
  ['b', 'Bool', 'BOOLEAN'],
  ['f', 'Float32', 'FLOAT'],
  ['d', 'Float64', 'DOUBLE'],
  ['m', 'Decimal(6, 3)', 'DECIMAL(6,3)'],
  ['w', 'Decimal(18, 4)', 'DECIMAL(18,4)'],
  ['v', 'Decimal(38, 10)', 'DECIMAL(38,10)'],
  ['day', "DateTime('UTC')", 'DATE'],
  ['at', "DateTime64(6, 'UTC')", 'TIMESTAMP WITH TIME ZONE'],
  ['x', 'String', 'BLOB'],
  ['s', 'LowCardinality(String)', 'VARCHAR'],
  ['a', 'Array(UInt32)', 'UINTEGER[]'],
] as const;
type Name = (typeof types)[number][0];
type Row = Record<Name, string>;

const dataset: Dataset = {
  format: 1,
  name: 'facts',
  key: { name: 'id', digits: 20 },
  sources: [],
  columns: types.map(([name, type]) => column(name, type, name).column),
  options: [],
  oddities: [],
  table: { name: 'facts', engine: '', version: '', partitionBy: '', orderBy: [], settings: {} },
};

/** Rows as SQL literals. */
const rows: readonly Row[] = Array.from({ length: 50 }, (_, index) => ({
  id: String(index * 1_000_000_007 + 1),
  u8: String(index % 256),
  i16: String(index * 100 - 2500),
  i64: String(BigInt(index - 25) * 9_007_199_254_740_993n),
  b: index % 3 === 0 ? 'true' : 'false',
  f: String(index / 8 - 3),
  d: String(index / 3),
  m: `${index - 25}.034`,
  // All 18 digits: with the scale they are more than the engine's product of two such decimals holds.
  w: `${index - 25}123456789012.9012`,
  v: `${index - 25}${'7'.repeat(25)}.0123456789`,
  at: literal(`${1960 + index}-01-01 00:00:00.00000${index % 10}+00`),
  x: `'\\x00\\x${(index + 100).toString(16)}'::BLOB`,
  day: literal(`19${60 + Math.floor(index / 2)}-02-${10 + (index % 9)}`),
  s: literal(`text ${index} äé漢😀`),
  a: `[${index}, 4294967295]`,
}));

const folder = scratchFolder();
let engine: Engine;
beforeAll(async () => {
  engine = await openTestEngine(folder);
});
afterAll(() => engine.close());
let serial = 0;

interface Facts {
  readonly nulls: number;
  readonly min: string | null;
  readonly max: string | null;
  readonly hash: string;
  readonly nullHash: string;
}

async function facts(of: readonly Row[]): Promise<Record<Name, Facts>> {
  const path = join(folder, `${serial++}.parquet`);
  const select = (row: Row): string =>
    `SELECT ${types.map(([name, , type]) => `CAST(${row[name]} AS ${type}) AS ${name}`).join(', ')}`;
  await engine.run(`COPY (${of.map(select).join(' UNION ALL ')}) TO ${literal(path)} (FORMAT parquet)`);
  const [row = []] = await engine.rows(
    columnFactsSql(dataset, new Map(types.map(([name, , type]) => [name, type])), path),
  );
  const text = (value: unknown): string | null => (value === null ? null : String(value));
  expect(row).toHaveLength(types.length * 5 + 4);
  expect(Number(row[types.length * 5])).toBe(of.length);
  const all = types.map(([name], index) => {
    const [nulls, min, max, hash, nullHash] = row.slice(index * 5);
    return [
      name,
      { nulls: Number(nulls), min: text(min), max: text(max), hash: String(hash), nullHash: String(nullHash) },
    ];
  });
  return Object.fromEntries(all) as Record<Name, Facts>;
}

const withRow = (index: number, change: Partial<Row>): Row[] =>
  rows.map((row, at) => (at === index ? { ...row, ...change } : row));

/** The formula of docs/format.md, computed here a second time. */
const low = 0xffffffffn;
function mix(key: bigint): bigint {
  const folded = (key & low) ^ (((key >> 32n) * 3266489909n) & low);
  const once = folded * 2654435761n;
  const mixed = (once ^ (once >> 29n)) & low;
  return (((mixed * 2246822507n) ^ ((mixed * 2246822507n) >> 31n)) & 0x7fffffffn) | 1n;
}
const md5 = (text: string | Buffer): bigint =>
  text === '' ? 0n : createHash('md5').update(text).digest().readBigUInt64LE(8);

function expected(word: (index: number) => bigint, two: boolean): string {
  const sum = rows.reduce((total, row, index) => {
    const value = BigInt.asUintN(64, word(index));
    const first = ((value & low) + 1n) * mix(BigInt(row.id));
    return total + first + (two ? (value >> 32n) * mix(BigInt(row.id) ^ 2654435769n) : 0n);
  }, 0n);
  return String(BigInt.asUintN(64, sum));
}

describe('the hash of a column', () => {
  test('does not depend on the order of rows', async () => {
    const shuffled = rows.toSorted((a, b) => Number((BigInt(a.id) * 31n) % 101n) - Number((BigInt(b.id) * 31n) % 101n));
    expect(shuffled).not.toEqual(rows);
    expect(await facts(shuffled)).toEqual(await facts(rows));
  });

  test('is that of docs/format.md', async () => {
    const there = await facts(rows);
    const float = (value: number): bigint => BigInt(new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0);
    const double = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0] ?? 0n;
    const low32 = (value: bigint): bigint => BigInt.asUintN(32, value);
    const of = (name: Name, index: number): string => rows[index]?.[name] ?? '';
    const unquoted = (name: Name, index: number): string => of(name, index).slice(1, -1);
    const scaled = (name: Name, index: number): bigint => BigInt(of(name, index).replace('.', ''));
    expect(there.id.hash).toBe(expected((index) => BigInt(of('id', index)), true));
    expect(there.u8.hash).toBe(expected((index) => BigInt(of('u8', index)), false));
    expect(there.i16.hash).toBe(expected((index) => low32(BigInt(of('i16', index))), false));
    expect(there.i64.hash).toBe(expected((index) => BigInt(of('i64', index)), true));
    expect(there.b.hash).toBe(expected((index) => (index % 3 === 0 ? 1n : 0n), false));
    expect(there.f.hash).toBe(expected((index) => float(Number(of('f', index))), false));
    expect(there.d.hash).toBe(expected((index) => double(Number(of('d', index))), true));
    expect(there.m.hash).toBe(expected((index) => low32(scaled('m', index)), false));
    expect(there.w.hash).toBe(expected((index) => scaled('w', index), true));
    expect(there.v.hash).toBe(expected((index) => scaled('v', index), true));
    const micros = (index: number): bigint => BigInt(Date.UTC(1960 + index, 0)) * 1000n + BigInt(index % 10);
    expect(there.at.hash).toBe(expected(micros, true));
    expect(there.x.hash).toBe(expected((index) => md5(Buffer.from([0, index + 100])), true));
    expect(there.day.hash).toBe(
      expected((index) => low32(BigInt(Date.parse(unquoted('day', index)) / 86_400_000)), false),
    );
    expect(there.s.hash).toBe(expected((index) => md5(unquoted('s', index)), true));
    expect(there.a.hash).toBe(expected((index) => md5(unquoted('a', index).replace(' ', '')), true));
  });

  const changes: readonly (readonly [Name, string])[] = [
    ['u8', '99'],
    ['i16', '-1'],
    ['i64', '9007199254740994'],
    ['b', 'true'],
    ['f', '0.1'],
    ['d', '0.1'],
    ['m', '-0.001'],
    ['w', '0.0001'],
    ['v', '0.0001'],
    ['at', "'2001-01-01 00:00:00.000001+00'"],
    ['x', "'a'"],
    ['day', "DATE '2001-01-01'"],
    ['s', "'text'"],
    ['a', '[1]'],
  ];

  test.each(changes)('%s: differs for one changed value, there and nowhere else', async (name, value) => {
    const [before, after] = [await facts(rows), await facts(withRow(7, { [name]: value }))];
    const different = types.map(([one]) => one).filter((one) => before[one].hash !== after[one].hash);
    expect(different).toEqual([name]);
  });

  test.each(changes)('%s: differs for two values that changed places', async (name) => {
    const [one, two] = [rows[3] as Row, rows[4] as Row];
    const swapped = withRow(3, { [name]: two[name] }).map((row, at) =>
      at === 4 ? { ...row, [name]: one[name] } : row,
    );
    const [before, after] = [await facts(rows), await facts(swapped)];
    expect(after[name].hash).not.toBe(before[name].hash);
    expect([after[name].min, after[name].max]).toEqual([before[name].min, before[name].max]);
  });

  const zeros: Partial<Row> = {
    u8: '0',
    i16: '0',
    i64: '0',
    b: 'false',
    f: '0',
    d: '0',
    m: '0',
    w: '0',
    v: '0',
    at: "'1970-01-01 00:00:00+00'",
    x: "''",
    day: "DATE '1970-01-01'",
    s: "''",
    a: '[]',
  };
  test('tells NULL from 0, from false, from the empty text and list, and from 1970', async () => {
    const nothing = Object.fromEntries(Object.keys(zeros).map((name) => [name, 'NULL']));
    const [zero, none] = [await facts(withRow(0, zeros)), await facts(withRow(0, nothing))];
    for (const name of Object.keys(zeros) as Name[]) {
      expect(none[name].hash).not.toBe(zero[name].hash);
      expect([zero[name].nulls, none[name].nulls]).toEqual([0, 1]);
      expect([zero[name].nullHash, none[name].nullHash]).toEqual(['0', String(mix(1n))]);
    }
  });

  test('what the unknown-value adds at the target follows from nullHash: its word is 0 for every type', async () => {
    const nothing = Object.fromEntries(Object.keys(zeros).map((name) => [name, 'NULL']));
    const [filled, none] = [await facts(withRow(0, zeros)), await facts(withRow(0, nothing))];
    for (const name of Object.keys(zeros) as Name[]) {
      const sum = BigInt(none[name].hash) + BigInt(none[name].nullHash);
      expect(String(BigInt.asUintN(64, sum))).toBe(filled[name].hash);
    }
  });

  test('NULL and 0 of two rows that changed places differ', async () => {
    const pair = (first: string, second: string): Row[] =>
      withRow(0, { u8: first }).map((row, at) => (at === 1 ? { ...row, u8: second } : row));
    const [one, two] = [await facts(pair('NULL', '0')), await facts(pair('0', 'NULL'))];
    expect(one.u8.hash).not.toBe(two.u8.hash);
    expect(one.u8.nullHash).not.toBe(two.u8.nullHash);
  });
});

test('the greatest 64-bit key has its facts', async () => {
  const there = await facts(withRow(0, { id: '18446744073709551615' }));
  expect(there.id.max).toBe('18446744073709551615');
});

test('least and greatest are text, none for lists; a column of NULLs has neither', async () => {
  const there = await facts(rows);
  expect([there.m.min, there.m.max]).toEqual(['-25.034', '24.034']);
  expect([there.i64.min, there.day.min, there.a.min]).toEqual([
    String(-25n * 9_007_199_254_740_993n),
    '1960-02-10',
    null,
  ]);
  const none = await facts(rows.map((row) => ({ ...row, s: 'NULL' })));
  expect(none.s).toMatchObject({ nulls: 50, min: null, max: null, hash: '0' });
});

test('columns may have the names that the query uses itself', async () => {
  const path = join(folder, 'names.parquet');
  const names = ['w0', 'v0', 'w1', 'c0', 'c1', 'mix1', 'mix2', 'shard', 'k'];
  const values = names.map((name) => `'${name}' AS "${name}"`).join(', ');
  await engine.run(`COPY (SELECT 7::UBIGINT AS id, ${values}) TO ${literal(path)} (FORMAT parquet)`);
  const shard = new Map([['id', 'UBIGINT'], ...names.map((name) => [name, 'VARCHAR'] as const)]);
  const [row = []] = await engine.rows(columnFactsSql(dataset, shard, path));
  expect(names.map((_, index) => row[(index + 1) * 5 + 1])).toEqual(names);
});
