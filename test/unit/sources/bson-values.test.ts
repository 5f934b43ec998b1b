import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Binary, BSONSymbol, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'mongodb';
import { describe, expect, test } from 'vitest';
import type { Cell } from '../../../src/core/cells.js';
import { duckdbType, parseKind } from '../../../src/core/kinds.js';
import { type BsonReader, bsonReader } from '../../../src/sources/bson-values.js';
import { rawValue, written } from './bson.js';

const readerOf = (declared: string): BsonReader => {
  const reader = bsonReader(declared);
  if (reader === undefined) throw new Error(`${declared} is refused`);
  return reader;
};
const read = (declared: string, value: unknown): Cell | undefined => readerOf(declared)(written(value));
const long = (text: string): Long => Long.fromString(text);
const hex = (cell: Cell | undefined): string => Buffer.from(cell as Uint8Array).toString('hex');

describe('a value that its declared type holds', () => {
  test.each<[string, unknown, Cell]>([
    ['int', new Int32(-7), -7],
    ['int', long('9007199254740993'), 9007199254740993n],
    ['bigint unsigned', new Double(7), 7n],
    ['bigint', new Double(2 ** 53 + 2), 9007199254740994n],
    ['tinyint', new Double(-0), 0n],
    ['double', new Double(0.1), 0.1],
    ['double', new Double(-0), -0],
    ['double', new Double(Number.NaN), Number.NaN],
    ['double', new Double(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY],
    ['double', new Double(5e-324), 5e-324],
    ['double', new Int32(7), 7],
    ['double', long('9007199254740992'), 9007199254740992],
    ['double', long('-9007199254740992'), -9007199254740992],
    ['float', new Double(0.5), 0.5],
    ['float', new Double(Math.fround(0.1)), Math.fround(0.1)],
    ['float', new Double(Number.NaN), Number.NaN],
    ['float', new Double(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY],
    ['float', new Double(-0), -0],
    ['float', new Int32(16777216), 16777216],
    ['float', long('33554432'), 33554432],
    ['decimal(6,3)', Decimal128.fromString('-12.3450'), '-12.345'],
    ['decimal(6,0)', Decimal128.fromString('1E+3'), '1000'],
    ['decimal(6,3)', new Int32(-7), '-7.000'],
    ['numeric(38,0)', long('-9223372036854775808'), '-9223372036854775808'],
    ['decimal(65,30)', Decimal128.fromString('1.50E+10'), '1.50E+10'],
    ['decimal(65,30)', Decimal128.fromString('-0.00'), '-0.00'],
    ['decimal(65,30)', Decimal128.fromString('NaN'), 'NaN'],
    ['decimal(65,30)', new Int32(7), '7'],
    ['decimal(65,30)', long('9007199254740993'), '9007199254740993'],
    ['objectid', new ObjectId('0123456789ABCDEF01234567'), '0123456789abcdef01234567'],
    ['boolean', true, 1],
    ['tinyint(1)', false, 0],
    ['flag', true, true],
    ['flag', false, false],
    ['timestamp', new Date(0), 0n],
    ['timestamp(3)', new Date(-1), -1000n],
    ['timestamp', new Date(8.64e15), 8640000000000000000n],
    ['timestamp', new Date(-8.64e15), -8640000000000000000n],
    ['json', null, 'null'],
    ['json', [], '[]'],
    ['json', {}, '{}'],
    ['json', new Int32(0), '{"$numberInt":"0"}'],
    ['json', 'x', '"x"'],
  ])('%s of %o', (declared, value, expected) => {
    expect(read(declared, value)).toBe(expected);
  });

  test.each(['char(3)', 'varchar(50)', 'tinytext', 'text', 'mediumtext', 'longtext'])(
    '%s is UTF-8, as it stands',
    (declared) => {
      expect(hex(read(declared, ' a\0b😀'))).toBe('20610062f09f9880');
      expect(hex(read(declared, ''))).toBe('');
    },
  );

  test.each(['binary(2)', 'varbinary(9)', 'tinyblob', 'blob', 'mediumblob', 'longblob'])('%s is binary', (declared) => {
    for (const subtype of [0, 2, 3, 4, 5, 6, 128]) {
      expect(hex(read(declared, new Binary(Buffer.from('00ff', 'hex'), subtype)))).toBe('00ff');
    }
    expect(hex(read(declared, new Binary(Buffer.alloc(0), 2)))).toBe('');
  });

  test('a Date that JavaScript has not is an instant all the same', () => {
    expect(readerOf('timestamp')(rawValue(9, '0160da0827892000'))).toBe(9158000000000001000n);
    expect(readerOf('timestamp')(rawValue(9, 'f753e3a59bc42000'))).toBe(9223372036854775000n);
  });
});

describe('a value that does not fit is an error, never wrapped, rounded or cut', () => {
  test.each([
    ['int', new Double(7.5), 'the double 7.5 is no integer'],
    ['bigint', new Double(Number.NaN), 'the double NaN is no integer'],
    ['bigint', new Double(Number.POSITIVE_INFINITY), 'the double Infinity is no integer'],
    ['double', long('9007199254740993'), 'the Int64 9007199254740993 is beyond 2^53'],
    ['double', long('-9223372036854775808'), 'the Int64 -9223372036854775808 is beyond 2^53'],
    ['float', new Double(0.1), '0.1 is no float: declare it double'],
    ['float', new Double(1e300), '1e+300 is no float: declare it double'],
    ['float', new Int32(16777217), '16777217 is no float: declare it double'],
    ['float', long('9007199254740993'), 'is beyond 2^53'],
    ['decimal(6,3)', Decimal128.fromString('0.0001'), '0.0001 is no decimal(6,3)'],
    ['decimal(6,3)', Decimal128.fromString('Infinity'), 'Infinity is no decimal(6,3)'],
    ['decimal(6,3)', Decimal128.fromString('NaN'), 'NaN is no decimal(6,3)'],
    ['decimal(6,3)', new Int32(1000), '1000 is no decimal(6,3)'],
    ['decimal(6,3)', long('-9223372036854775808'), '-9223372036854775808 is no decimal(6,3)'],
  ])('%s of %o', (declared, value, message) => {
    expect(() => read(declared, value)).toThrow(message);
  });

  test('a Date beyond 64 bits of microseconds', () => {
    expect(() => readerOf('timestamp')(rawValue(9, 'f853e3a59bc42000'))).toThrow(
      'the Date of 9223372036854776 ms is beyond 64 bits of microseconds',
    );
  });

  test('a string that is no UTF-8', () => {
    expect(() => readerOf('varchar')(rawValue(2, '02000000e900'))).toThrow('its text is no UTF-8');
  });
});

describe('a value of another type than declared is not taken', () => {
  const values: Record<string, unknown> = {
    double: new Double(1),
    string: '1',
    document: { x: 1 },
    array: [new Int32(1)],
    binary: new Binary(Buffer.of(1)),
    objectId: new ObjectId(),
    bool: true,
    date: new Date(1),
    int32: new Int32(1),
    int64: Long.fromNumber(1),
    decimal128: Decimal128.fromString('1'),
    timestamp: new Timestamp({ t: 1, i: 1 }),
    symbol: new BSONSymbol('1'),
  };
  test.each([
    ['int unsigned', ['double', 'int32', 'int64']],
    ['double', ['double', 'int32', 'int64']],
    ['float', ['double', 'int32', 'int64']],
    ['decimal(6,3)', ['int32', 'int64', 'decimal128']],
    ['decimal(65,30)', ['int32', 'int64', 'decimal128']],
    ['varchar', ['string']],
    ['objectid', ['objectId']],
    ['blob', ['binary']],
    ['boolean', ['bool']],
    ['timestamp', ['date']],
    ['flag', ['bool']],
    ['json', Object.keys(values)],
  ])('%s takes %j only', (declared, taken) => {
    const accepted = Object.keys(values).filter((name) => read(declared, values[name]) !== undefined);
    expect(accepted).toEqual(taken);
  });
});

test.each([
  ...['date', 'datetime', 'datetime(6)', 'time', 'year', 'bit(8)', "enum('a')", "set('a')", 'uuid', 'inet4', 'inet6'],
  ...['vector(3)', 'point', 'geometry', 'decimal(0)', 'nothing', ''],
])('%s is no type of MongoDB', (declared) => {
  expect(bsonReader(declared)).toBeUndefined();
});

describe('docs/conversions.md, from MongoDB', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/conversions.md'), 'utf8');
  const lines = page.slice(page.indexOf('| MongoDB')).split('\n');
  const rows = lines.slice(2, lines.indexOf('')).map((line) => line.split('|').map((cell) => cell.trim()));
  /** The page's words for several types → some of them. */
  const several: Record<string, readonly string[]> = {
    'tinyint … bigint (unsigned)': ['tinyint', 'bigint unsigned'],
    'decimal(p, s), p ≤ 38': ['decimal(38,10)'],
    'decimal(p, s), p > 38': ['decimal(65,30)'],
    'char, varchar, text (every size)': ['char', 'varchar', 'text', 'longtext'],
  };
  const cases = rows.flatMap(([, declared = '', , inFile = '']) =>
    (several[declared] ?? declared.split(', ')).map((one) => [one, inFile] as const),
  );

  test.each(cases)('%s is %s', (declared, inFile) => {
    expect(bsonReader(declared)).toBeDefined();
    const [least, greatest] = inFile.split(' … ');
    const name = duckdbType(parseKind(declared)).replace('38,10', 'p,s');
    expect([least, greatest]).toContain(name);
  });
});
