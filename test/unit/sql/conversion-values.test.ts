import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Column } from '../../../src/dataset/declaration.js';
import { column, table } from '../../../src/dataset/declare.js';
import {
  type CheckedColumn,
  checkedColumns,
  policyTest,
  rejectTest,
  shownSql,
} from '../../../src/sql/column-checks.js';
import type { Engine } from '../../../src/sql/engine.js';
import { scratchFolder } from '../support.js';
import { openTestEngine } from './joined.js';

const folder = scratchFolder();
let engine: Engine;
beforeAll(async () => {
  engine = await openTestEngine(folder);
});
afterAll(() => engine.close());

function checked(valueType: string, type: string, misfit: Column['misfit'] = 'reject'): CheckedColumn {
  const [only] = checkedColumns(
    {
      format: 1,
      name: 'one',
      key: { name: 'v', digits: 10 },
      sources: [table('t', 'v', {}, { reduce: { rows: 'one' } })],
      columns: [column('v', type, 't.v', { misfit }).column],
      options: [],
      oddities: [],
      table: { name: 't', engine: '', version: '', partitionBy: '', orderBy: [], settings: {} },
    },
    new Map([['v', valueType]]),
  );
  return only as CheckedColumn;
}

/** Is the value (an SQL literal) rejected, does a policy change it, and how does it stand in the shard? */
async function look(valueType: string, type: string, literal: string, misfit?: Column['misfit']) {
  const one = checked(valueType, type, misfit);
  const [reject, policy] = [rejectTest(one, 'v') ?? 'false', policyTest(one, 'v') ?? 'false'];
  const shown = `CASE WHEN coalesce(${reject}, false) THEN NULL ELSE ${shownSql(one, 'v')} END`;
  const [row = []] = await engine.rows(
    `SELECT coalesce(${reject}, false), coalesce(${policy}, false), CAST(s AS VARCHAR), typeof(s) FROM (SELECT *, ${shown} AS s FROM (SELECT CAST(${literal} AS ${valueType}) AS v))`,
  );
  const [rejected, changed, text, shard] = row;
  expect(shard).toBe(one.conversion.shard);
  return { rejected, changed, text };
}

/** Value's type, declared type, what fits (literal → text in the shard), what does not. */
type Case = readonly [string, string, Readonly<Record<string, string>>, readonly string[]];
const same = (...texts: readonly string[]): Record<string, string> =>
  Object.fromEntries(texts.map((text) => [`'${text}'`, text]));

const cases: readonly Case[] = [
  ['INTEGER', 'UInt8', { '0': '0', '255': '255' }, ['-1', '256', '-2147483648', '2147483647']],
  ['INTEGER', 'UInt32', { '0': '0', '2147483647': '2147483647' }, ['-1']],
  ['BIGINT', 'UInt32', { '4294967295': '4294967295' }, ['4294967296', '-1']],
  ['UBIGINT', 'UInt64', { '18446744073709551615': '18446744073709551615' }, []],
  ['UBIGINT', 'Int64', { '9223372036854775807': '9223372036854775807' }, ['9223372036854775808']],
  ['BIGINT', 'Int64', { '-9223372036854775808': '-9223372036854775808' }, []],
  ['BIGINT', 'UInt64', { '9007199254740993': '9007199254740993' }, ['-1']],
  ['HUGEINT', 'UInt16', { '65535': '65535' }, ['65536', '-170141183460469231731687303715884105728']],
  ['DOUBLE', 'UInt8', { '7.0': '7', '-0.0': '0' }, ['7.5', '256', "'NaN'", "'Infinity'", '-1']],
  ['DOUBLE', 'Int64', { '9007199254740992': '9007199254740992' }, ['9223372036854775808', '1e300']],
  ['DOUBLE', 'UInt64', {}, ['1.8446744073709552e19']],
  ['FLOAT', 'Int32', { '16777216': '16777216' }, ['2147483648', '0.1']],
  ['DECIMAL(6,3)', 'Int8', { "'-128.000'": '-128' }, ["'127.001'", "'128'", "'0.001'"]],
  ['DECIMAL(38,0)', 'Int64', { "'9223372036854775807'": '9223372036854775807' }, ["'9223372036854775808'"]],
  ['DECIMAL(38,38)', 'UInt8', { "'0'": '0' }, ["'0.1'", "'-0.1'"]],
  ['TINYINT', 'Bool', { '0': 'false', '1': 'true' }, ['2', '-1']],
  ['BOOLEAN', 'Bool', { true: 'true' }, []],
  ['BOOLEAN', 'UInt8', { true: '1', false: '0' }, []],
  ['DOUBLE', 'Float32', { '0.5': '0.5', "'-0.0'": '-0.0', "'NaN'": 'nan' }, ['0.1', '1e39', '1e-320']],
  ['FLOAT', 'Float64', { '0.5': '0.5' }, []],
  ['BIGINT', 'Float64', { '9007199254740992': '9007199254740992.0' }, ['9007199254740993', '9223372036854775807']],
  ['INTEGER', 'Float32', { '16777216': '16777216.0' }, ['16777217']],
  ['DECIMAL(6,3)', 'Decimal(6, 3)', { "'-999.999'": '-999.999' }, []],
  ['DECIMAL(9,4)', 'Decimal(6, 3)', { "'2.0340'": '2.034' }, ["'2.0345'", "'999.9996'", "'1000'", "'-1000'"]],
  ['DECIMAL(38,0)', 'Decimal(6, 3)', { "'999'": '999.000' }, ["'1000'", `'${'9'.repeat(38)}'`]],
  ['DECIMAL(38,38)', 'Decimal(6, 3)', { "'0.125'": '0.125' }, ["'0.1251'", `'0.${'9'.repeat(38)}'`]],
  ['UBIGINT', 'Decimal(38, 18)', { '18446744073709551615': `18446744073709551615.${'0'.repeat(18)}` }, []],
  ['INTEGER', 'Decimal(6, 3)', { '999': '999.000' }, ['1000', '-1000']],
  [
    'VARCHAR',
    'Decimal(65, 30)',
    same(`-${'9'.repeat(35)}.${'9'.repeat(30)}`, '0.000', '12'),
    [`'${'1'.repeat(36)}'`, `'0.${'0'.repeat(30)}1'`, "'1E+3'", "''", "'abc'", "'-'", "'1.2.3'"],
  ],
  ['VARCHAR', 'String', { "'a' || chr(0) || 'b'": 'a\0b' }, []],
  ['VARCHAR', 'String', same('', ' trailing ', '😀', '\u0080'), []],
  ['BLOB', 'String', { "'\\x00\\xFF'": '\\x00\\xFF' }, []],
  ['INTEGER', 'String', { '-7': '-7' }, []],
  ['DECIMAL(6,3)', 'String', { "'-0.001'": '-0.001' }, []],
  ['DECIMAL(3,3)', 'String', { "'-0.001'": '-0.001', "'0.5'": '0.500', "'0'": '0.000' }, []],
  ['DECIMAL(38,38)', 'Decimal(76, 38)', { "'-0.5'": `-0.5${'0'.repeat(37)}` }, []],
  ['TIMESTAMP WITH TIME ZONE', 'String', { "'2020-01-01 00:00:00.5+00'": '2020-01-01 00:00:00.5+00' }, []],
  ['VARCHAR', 'FixedString(3)', same('abc', '', 'é', 'a'), ["'abcd'", "'éé'", "'a' || chr(0)"]],
  ['BLOB', 'FixedString(2)', { "'\\x00\\x00'": '\\x00\\x00', "'\\xFF'": '\\xFF' }, ["'\\xFF\\x00\\x00'", "'\\x00'"]],
  ['VARCHAR', "Enum8('a' = 1, 'it\\'s' = 2)", { "'a'": 'a', "'it''s'": "it's" }, ["'b'", "''", "'A'"]],
  [
    'VARCHAR',
    'UUID',
    { "'01234567-89AB-cdef-0123-456789abcdef'": '01234567-89ab-cdef-0123-456789abcdef' },
    ["'0123456789abcdef0123456789abcdef'", "''", "'g1234567-89ab-cdef-0123-456789abcdef'"],
  ],
  ['DATE', 'Date', same('1970-01-01', '2149-06-06'), ["'1969-12-31'", "'2149-06-07'", "'9999-12-31'"]],
  ['DATE', 'Date32', same('1900-01-01', '2299-12-31'), ["'1899-12-31'", "'2300-01-01'"]],
  ['DATE', 'DateTime', same('1970-01-01', '2106-02-07'), ["'1969-12-31'", "'2106-02-08'", "'9999-12-31'"]],
  ['DATE', 'DateTime64(3)', same('1900-01-01', '2299-12-31'), ["'1899-12-31'", "'2300-01-01'"]],
  ['DATE', 'DateTime64(9)', same('1900-01-01', '2262-04-11'), ["'1899-12-31'", "'2262-04-12'"]],
  ['TIMESTAMP', 'Date', { "'2020-01-01 00:00:00'": '2020-01-01' }, ["'2020-01-01 00:00:00.000001'", "'2149-06-07'"]],
  [
    'TIMESTAMP',
    "DateTime('UTC')",
    same('1970-01-01 00:00:00', '2106-02-07 06:28:15'),
    ["'1969-12-31 23:59:59'", "'2106-02-07 06:28:16'", "'2020-01-01 00:00:00.5'", "'1969-12-31 23:59:59.999999'"],
  ],
  [
    'TIMESTAMP',
    "DateTime64(3, 'UTC')",
    same('1900-01-01 00:00:00', '2299-12-31 23:59:59.999', '1969-12-31 23:59:59.001'),
    ["'2299-12-31 23:59:59.9991'", "'1899-12-31 23:59:59.999'", "'1969-12-31 23:59:59.0001'", "'2300-01-01'"],
  ],
  ['TIMESTAMP', "DateTime64(0, 'UTC')", same('2299-12-31 23:59:59'), ["'2299-12-31 23:59:59.1'"]],
  ['TIMESTAMP', "DateTime64(9, 'UTC')", same('2262-04-11 23:47:16.854775'), ["'2262-04-11 23:47:16.854776'"]],
  [
    'TIMESTAMP WITH TIME ZONE',
    "DateTime('Asia/Tokyo')",
    { "'1970-01-01 00:00:00+00'": '1970-01-01 00:00:00+00', "'1970-01-01 09:00:00+09'": '1970-01-01 00:00:00+00' },
    ["'1970-01-01 08:59:59+09'", "'2106-02-07 06:28:16+00'"],
  ],
  ['INTEGER[]', 'Array(UInt8)', { '[0, 255]': '[0, 255]', '[]': '[]' }, ['[256]', '[1, -1]', '[1, NULL]']],
  ['INTEGER[]', 'Array(Nullable(UInt8))', { '[1, NULL]': '[1, NULL]' }, ['[256, NULL]']],
  ['DOUBLE[]', 'Array(Float32)', { '[0.5]': '[0.5]' }, ['[0.1]', '[NULL]']],
  ['VARCHAR[]', 'Array(String)', { "['a', '']": "[a, '']" }, ["['a', NULL]"]],
  ['VARCHAR[]', 'Array(UUID)', {}, ["['x']"]],
  [
    'TIMESTAMP[]',
    "Array(DateTime('UTC'))",
    { "[TIMESTAMP '2020-01-01']": "['2020-01-01 00:00:00']" },
    ["['1969-01-01']"],
  ],
];

describe.each(cases)('%s into %s', (valueType, type, fits, misfits) => {
  test.each(Object.entries(fits))('%s fits', async (literal, text) => {
    expect(await look(valueType, type, literal)).toEqual({ rejected: false, changed: false, text });
  });
  test.each(misfits)('%s is rejected', async (literal) => {
    expect(await look(valueType, type, literal)).toMatchObject({ rejected: true });
    expect(await look(valueType, type, literal, 'unknown')).toEqual({ rejected: false, changed: true, text: null });
  });
  test('NULL stays NULL', async () => {
    expect(await look(valueType, type, 'NULL')).toEqual({ rejected: false, changed: false, text: null });
  });
});

describe('clamp: the nearest value that fits, counted', () => {
  test.each<[string, string, string, string | null]>([
    ['INTEGER', 'UInt8', '-1', '0'],
    ['INTEGER', 'UInt8', '300', '255'],
    ['INTEGER', 'Bool', '7', 'true'],
    ['HUGEINT', 'Int64', '9223372036854775808', '9223372036854775807'],
    ['DECIMAL(38,0)', 'Decimal(6, 3)', "'-12345678901'", '-999.999'],
    ['DECIMAL(9,3)', 'UInt8', "'300.5'", '255'],
    ['DATE', 'DateTime', "'9999-12-31'", '2106-02-07'],
    ['DATE', 'Date32', "'0001-01-01'", '1900-01-01'],
    ['TIMESTAMP', "DateTime('UTC')", "'2106-02-07 06:28:15.5'", '2106-02-07 06:28:15'],
    ['TIMESTAMP WITH TIME ZONE', 'DateTime64(0)', "'2300-01-01 00:00:00+00'", '2299-12-31 23:59:59+00'],
  ])('%s into %s: %s', async (valueType, type, literal, text) => {
    expect(await look(valueType, type, literal, 'clamp')).toEqual({ rejected: false, changed: true, text });
  });

  test('what is in range and cannot be held is rejected all the same', async () => {
    expect(await look('DECIMAL(6,3)', 'UInt8', "'7.5'", 'clamp')).toMatchObject({ rejected: true });
    expect(await look('TIMESTAMP', "DateTime('UTC')", "'2020-01-01 00:00:00.5'", 'clamp')).toMatchObject({
      rejected: true,
    });
    expect(await look('INTEGER', 'UInt8', '7', 'clamp')).toEqual({ rejected: false, changed: false, text: '7' });
  });

  test('has no meaning where there is no range', () => {
    for (const [value, type] of [
      ['VARCHAR', 'UUID'],
      ['DOUBLE', 'UInt8'],
      ['INTEGER[]', 'Array(UInt8)'],
    ] as const) {
      expect(() => checked(value, type, 'clamp')).toThrow(expect.objectContaining({ code: 'POLICY_UNKNOWN', exit: 2 }));
    }
  });
});

test('a pair without an exact way is refused before anything is read', () => {
  expect(() => checked('DECIMAL(6,3)', 'Float64')).toThrow(
    expect.objectContaining({ code: 'CONVERSION_MISSING', exit: 2 }),
  );
  expect(() => checked('TIMESTAMP', "DateTime('Europe/Berlin')")).toThrow('cannot become');
});
