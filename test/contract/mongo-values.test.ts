import {
  Binary,
  BSONRegExp,
  Code,
  Decimal128,
  type Document,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { describe, expect, it } from 'vitest';
import { inclusiveRange } from '../../src/core/ranges.js';
import { declareScores, useMongoScores } from '../support/mongo-scores.js';

const mongo = useMongoScores('contract_values');
const all = inclusiveRange(0n, 4294967295n);
const int = (value: number): Int32 => new Int32(value);
const long = (text: string): Long => Long.fromString(text);
const decimal = (text: string): Decimal128 => Decimal128.fromString(text);

/** The column `v` declared so, of one document a value, in their order. */
async function column(declared: string, values: readonly unknown[]): Promise<unknown[]> {
  await mongo.scores.deleteMany({});
  const documents = values.map((v, image_id) => ({ image_id: int(image_id), ...(v === missing ? {} : { v }) }));
  // So that the order of the rows is no accident.
  await mongo.scores.insertMany(documents.reverse() as Document[]);
  const { rows } = await mongo.read(declareScores({ v: declared }), all);
  expect(rows.map(([key]) => key)).toEqual(values.map((_, index) => BigInt(index)));
  return rows.map(([, value]) => value);
}
const missing = Symbol('missing');

describe('values of every declared type come over exactly', () => {
  it.each<[string, readonly unknown[], readonly unknown[]]>([
    ['int', [int(-7), long('7'), new Double(7), new Double(-0), int(2147483647)], [-7, 7, 7, 0, 2147483647]],
    [
      'bigint',
      [long('9007199254740993'), long('-9223372036854775808'), int(1), new Double(2 ** 53)],
      [9007199254740993n, -9223372036854775808n, 1n, 9007199254740992n],
    ],
    ['bigint unsigned', [long('9223372036854775807'), new Double(2 ** 63)], [9223372036854775807n, 2n ** 63n]],
    ['smallint unsigned', [int(65535), new Double(65535)], [65535, 65535]],
    [
      'double',
      [new Double(0.1), new Double(-0), new Double(Number.NaN), new Double(Number.POSITIVE_INFINITY), int(7)],
      [0.1, -0, Number.NaN, Number.POSITIVE_INFINITY, 7],
    ],
    ['double', [long('9007199254740992'), new Double(5e-324), new Double(7)], [9007199254740992, 5e-324, 7]],
    ['float', [new Double(0.5), new Double(Math.fround(0.1)), int(3)], [0.5, Math.fround(0.1), 3]],
    [
      'decimal(38,4)',
      [decimal('1E+3'), decimal('-0.1250'), int(7), long('9007199254740993'), decimal('9'.repeat(34))],
      [10000000n, -1250n, 70000n, 90071992547409930000n, BigInt(`${'9'.repeat(34)}0000`)],
    ],
    ['decimal(65,30)', [decimal('1E+3'), decimal('0.10'), decimal('-0'), int(7)], ['1E+3', '0.10', '-0', '7']],
    ['varchar(3)', ['', ' a\0b😀 ', '\ufeffé', '[]', 'null'], ['', ' a\0b😀 ', '\ufeffé', '[]', 'null']],
    ['objectid', [new ObjectId('0123456789abcdef01234567')], ['0123456789abcdef01234567']],
    [
      'blob',
      [0, 2, 3, 4, 5, 128].map(
        (subtype) => new Binary(Buffer.from('00ff0000000000000000000000000001', 'hex'), subtype),
      ),
      Array(6).fill('00ff0000000000000000000000000001'),
    ],
    ['varbinary(9)', [new Binary(Buffer.alloc(0)), new Binary(Buffer.of(1), 2)], ['', '01']],
    ['boolean', [true, false], [1, 0]],
    [
      'timestamp',
      [new Date(0), new Date(-1), new Date('0001-01-01T00:00:00Z'), new Date('9999-12-31T23:59:59.999Z')],
      [0n, -1000n, -62135596800000000n, 253402300799999000n],
    ],
  ])('%s', async (declared, values, expected) => {
    expect(await column(declared, values)).toStrictEqual(expected);
  });

  it('json carries any value, each told from each', async () => {
    const id = '0123456789abcdef01234567';
    const rows: readonly (readonly [unknown, string | null])[] = [
      [missing, null],
      [null, 'null'],
      [[], '[]'],
      [{}, '{}'],
      [int(0), '{"$numberInt":"0"}'],
      [long('0'), '{"$numberLong":"0"}'],
      [new Double(0), '{"$numberDouble":"0.0"}'],
      [decimal('0'), '{"$numberDecimal":"0"}'],
      ['', '""'],
      ['null', '"null"'],
      [false, 'false'],
      [new Date(-1), '{"$date":{"$numberLong":"-1"}}'],
      [new ObjectId(id), `{"$oid":"${id}"}`],
      [id, `"${id}"`],
      [new Binary(Buffer.of(255), 2), '{"$binary":{"base64":"/w==","subType":"02"}}'],
      [new BSONRegExp('^a(', 'ix'), '{"$regularExpression":{"pattern":"^a(","options":"ix"}}'],
      [new Timestamp({ t: 1, i: 2 }), '{"$timestamp":{"t":1,"i":2}}'],
      [new Code('f()'), '{"$code":"f()"}'],
      [new MinKey(), '{"$minKey":1}'],
      [new MaxKey(), '{"$maxKey":1}'],
      [{ b: [null, { a: int(1) }], a: 'a\0😀' }, '{"b":[null,{"a":{"$numberInt":"1"}}],"a":"a\\u0000😀"}'],
      [
        new Map([
          ['2', 'x'],
          ['1', 'y'],
        ]),
        '{"2":"x","1":"y"}',
      ],
    ];
    const values = rows.map(([value]) => value);
    expect(await column('json', values)).toEqual(rows.map(([, text]) => text));
  });

  it.each(['int', 'double', 'decimal(6,3)', 'varchar', 'blob', 'boolean', 'timestamp', 'objectid'])(
    'null and missing are NULL as %s, and an empty array is neither (fault 28)',
    async (declared) => {
      expect(await column(declared, [null, missing])).toEqual([null, null]);
      await expect(column(declared, [[]])).rejects.toMatchObject({
        code: 'BSON_TYPE',
        exit: 3,
        retryable: false,
        message: `scores.v of image_id 0 is an array, declared ${declared}`,
        hint: expect.stringContaining('declare v as json'),
      });
    },
  );

  it.each([
    ['double', 'x', 'BSON_TYPE', 'scores.v of image_id 0 is a string, declared double'],
    ['varchar', int(7), 'BSON_TYPE', 'scores.v of image_id 0 is an Int32, declared varchar'],
    ['varchar', new ObjectId('0123456789abcdef01234567'), 'BSON_TYPE', 'is an ObjectId, declared varchar'],
    ['boolean', int(1), 'BSON_TYPE', 'is an Int32, declared boolean'],
    ['timestamp', new Timestamp({ t: 1, i: 1 }), 'BSON_TYPE', 'is an oplog timestamp, declared timestamp'],
    ['blob', 'x', 'BSON_TYPE', 'is a string, declared blob'],
    ['decimal(6,3)', new Double(1), 'BSON_TYPE', 'is a double, declared decimal(6,3)'],
    ['tinyint', int(128), 'VALUE_MISFIT', '128'],
    ['tinyint unsigned', new Double(-1), 'VALUE_MISFIT', '-1'],
    ['int', long('2147483648'), 'VALUE_MISFIT', '2147483648'],
    ['bigint', new Double(2 ** 63), 'VALUE_MISFIT', '9223372036854775808'],
    ['int', new Double(7.5), 'VALUE_MISFIT', 'the double 7.5 is no integer'],
    ['double', long('9007199254740993'), 'VALUE_MISFIT', '9007199254740993'],
    ['float', new Double(0.1), 'VALUE_MISFIT', '0.1 is no float'],
    ['decimal(6,3)', decimal('0.0001'), 'VALUE_MISFIT', '0.0001 is no decimal(6,3)'],
    ['decimal(6,3)', decimal('NaN'), 'VALUE_MISFIT', 'NaN is no decimal(6,3)'],
  ])('%s of %o stops the read', async (declared, value, code, message) => {
    await expect(column(declared, [value])).rejects.toMatchObject({
      code,
      exit: 3,
      retryable: false,
      message: expect.stringContaining(message),
    });
  });
});

it('a declared type that MongoDB has not is refused before anything is read', async () => {
  for (const declared of ['date', 'datetime', 'time', 'year', 'bit(1)', "enum('a')", "set('a')", 'geometry']) {
    await expect(mongo.server.find(declareScores({ score: 'double', taken: declared }))).rejects.toMatchObject({
      code: 'KIND_UNKNOWN',
      exit: 2,
      message: `mongo_scores.taken: no field of MongoDB is carried as ${declared}`,
    });
  }
});
