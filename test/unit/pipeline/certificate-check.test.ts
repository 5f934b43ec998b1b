import { describe, expect, test } from 'vitest';
import { parseCarried } from '../../../src/clickhouse/carried.js';
import type { ColumnFigures, UnknownValue } from '../../../src/clickhouse/certificate.js';
import type { CertifiedColumn } from '../../../src/clickhouse/certified-columns.js';
import { parseColumnType } from '../../../src/core/column-type.js';
import { column } from '../../../src/dataset/declare.js';
import type { ColumnFacts } from '../../../src/manifest/entries.js';
import { checkCertificate } from '../../../src/pipeline/certificate-check.js';
import { shardEntry } from '../support.js';

const facts = (rest: Partial<ColumnFacts> = {}): ColumnFacts => ({
  ...{ name: 'c', nulls: 0, min: '1', max: '9', hash: '1000', nullHash: '0' },
  ...rest,
});
const figures = (rest: Partial<ColumnFigures> = {}): ColumnFigures => ({
  ...{ nulls: 0, nullHash: 0n, strays: 0, least: '1', greatest: '9', hashes: [{ all: 1000n }] },
  ...rest,
});

function certified(liveType = 'UInt8', carriedType = 'UTINYINT', rest: Partial<CertifiedColumn> = {}): CertifiedColumn {
  const { type, nullable } = parseColumnType(liveType);
  const carried = parseCarried(carriedType, type);
  return { column: column('c', liveType, '').column, liveType, live: type, nullable, carriedType, carried, ...rest };
}

/** What is found of one column of a shard of ten rows. */
function finding(
  expected: ColumnFacts,
  found: ColumnFigures,
  one = certified(),
  unknown: UnknownValue | undefined = one.nullable ? undefined : { words: [0n], text: '0' },
): string | undefined {
  const shard = shardEntry(1, 10, { columns: [expected] });
  const { columns } = checkCertificate(shard, { rows: 10, columns: [found] }, [one], [unknown], 'id');
  return columns[0] && `${columns[0].kind}: ${columns[0].detail}`;
}

describe('a column', () => {
  test('with the shard’s figures is equal; with another hash it is not', () => {
    expect(finding(facts(), figures())).toBeUndefined();
    expect(finding(facts(), figures({ hashes: [{ all: 1001n }] }))).toBe('differs: some values');
  });

  test('that cannot be NULL has the unknown-value’s word in its hash, modulo 2^64', () => {
    const some = facts({ nulls: 2, hash: String(2n ** 64n - 10n), nullHash: '7' });
    expect(finding(some, figures({ hashes: [{ all: 2n ** 64n - 3n }] }))).toBeUndefined();
    const three = { words: [3n], text: '3' };
    expect(finding(some, figures({ hashes: [{ all: 18n }] }), certified(), three)).toBeUndefined();
    expect(finding(some, figures({ hashes: [{ all: 2n ** 64n - 3n }] }), certified(), three)).toMatch(/^differs/);
  });

  test('whose unknown-value is a text is told by the other rows alone, unless it is a real value too', () => {
    const text = certified('String', 'VARCHAR');
    const unknown = { words: [2n ** 40n], text: 'none' };
    const of = (others: bigint, known: bigint, rows = 2): ColumnFigures =>
      figures({ hashes: [{ all: 5n, apart: { others, unknown: known, rows } }] });
    const some = facts({ nulls: 2, nullHash: '7' });
    expect(finding(some, of(1000n, 7n), text, unknown)).toBeUndefined();
    expect(finding(some, of(1001n, 7n), text, unknown)).toMatch(/^differs/);
    expect(finding(some, of(900n, 11n, 3), text, unknown)).toBe(
      'unsure: what stands for unknown, none, is a value of its own too',
    );
    // One of the NULLs became another value; or another row than a NULL has the unknown-value.
    expect(finding(some, of(1100n, 3n, 1), text, unknown)).toBe('differs: some values');
    expect(finding(some, of(900n, 11n, 2), text, unknown)).toBe('differs: some values');
    const apart = { others: 1n, unknown: 2n, rows: 2 };
    expect(finding(facts(), figures({ hashes: [{ all: 1000n, apart }] }), text, unknown)).toBeUndefined();
  });

  test('that the hash does not tell is told by its least and greatest, in one short line', () => {
    const padded = certified('FixedString(4)', 'VARCHAR', { ambiguous: 'NUL' });
    const unknown = { words: [0n], text: '' };
    const long = `\u001b[2J\n${'x'.repeat(100)}`;
    const found = finding(facts(), figures({ hashes: [{ all: 1n }], greatest: long }), padded, unknown);
    expect(found).toBe(`differs: greatest \\u001b[2J\\u000a${'x'.repeat(55)}…, in the shard 9`);
  });

  test('that can be NULL has its NULLs in the same rows', () => {
    const nullable = certified('Nullable(UInt8)');
    const some = facts({ nulls: 2, nullHash: '7' });
    expect(finding(some, figures({ nulls: 2, nullHash: 7n }), nullable)).toBeUndefined();
    expect(finding(some, figures({ nulls: 1, nullHash: 3n }), nullable)).toBe('differs: 1 NULLs, in the shard 2');
    expect(finding(some, figures({ nulls: 2, nullHash: 8n }), nullable)).toBe('differs: NULL in other rows');
  });

  test('with values that no shard holds differs, whatever its hash is', () => {
    expect(finding(facts(), figures({ strays: 1 }))).toBe('differs: 1 values that no shard holds');
  });

  test('whose type writes a value in several ways is equal by any of them, and told by none otherwise', () => {
    const padded = certified('FixedString(4)', 'VARCHAR', { ambiguous: 'NUL' });
    const unknown = { words: [0n, 0n], text: '' };
    const of = (...all: bigint[]): ColumnFigures => figures({ hashes: all.map((one) => ({ all: one })) });
    expect(finding(facts(), of(1n, 1000n), padded, unknown)).toBeUndefined();
    expect(finding(facts(), of(1n, 2n), padded, unknown)).toBe('unsure: NUL');
  });
});

describe('least and greatest', () => {
  const differs = (carried: string, live: string, pair: [string, string], rest: Partial<ColumnFacts> = {}): boolean =>
    finding(facts({ min: pair[0], ...rest }), figures({ least: pair[1] }), certified(live, carried)) !== undefined;

  test.each([
    ['DECIMAL(6,3)', 'Decimal(6, 3)', '-1.500', '-1.5'],
    ['DECIMAL(3,3)', 'Decimal(3, 3)', '.500', '0.5'],
    ['DECIMAL(6,3)', 'Decimal(6, 3)', '0.000', '0'],
    ['FLOAT', 'Float32', '0.1', '0.10000000149011612'],
    ['DOUBLE', 'Float64', '-inf', '-inf'],
    ['DOUBLE', 'Float64', '1e-45', 'nan'],
    ['BLOB', 'FixedString(3)', '41', '410000'],
    ['VARCHAR', 'FixedString(3)', 'a', 'a\0\0'],
  ])('%s in %s: %s and %s are the same', (carried, live, expected, found) => {
    expect(differs(carried, live, [expected, found])).toBe(false);
  });

  test.each([
    ['DECIMAL(6,3)', 'Decimal(6, 3)', '1.500', '1.501'],
    ['FLOAT', 'Float32', '0.1', '0.2'],
    ['VARCHAR', 'String', 'a', 'a\0'],
    ['UTINYINT', 'UInt8', '1', '2'],
  ])('%s in %s: %s and %s are not', (carried, live, expected, found) => {
    expect(differs(carried, live, [expected, found])).toBe(true);
  });

  test('the unknown-value may be one of them where it stands for NULL', () => {
    const unknown = { words: [0n], text: '0' };
    const hash = { hashes: [{ all: 1007n }] };
    expect(
      finding(facts({ nulls: 1, nullHash: '7' }), figures({ least: '0', ...hash }), certified(), unknown),
    ).toBeUndefined();
    expect(finding(facts({ nulls: 1, nullHash: '7' }), figures({ least: '2', ...hash }), certified(), unknown)).toBe(
      'differs: least 2, in the shard 1',
    );
  });
});

test('with other rows, or other keys, the columns say nothing', () => {
  const id = { ...certified(), column: column('id', 'UInt8', '').column };
  const shard = shardEntry(1, 10, { columns: [facts({ name: 'id' }), facts()] });
  const both = [id, certified()];
  const unknowns = both.map(() => ({ words: [0n], text: '0' }));
  const check = (rows: number, ...all: bigint[]) =>
    checkCertificate(
      shard,
      { rows, columns: all.map((one) => figures({ hashes: [{ all: one }] })) },
      both,
      unknowns,
      'id',
    );
  expect(check(11, 1n, 1n)).toEqual({ otherKeys: true, columns: [] });
  expect(check(10, 1n, 1n)).toEqual({ otherKeys: true, columns: [] });
  expect(check(10, 1000n, 1n)).toMatchObject({ otherKeys: false, columns: [{ column: 'c' }] });
});
