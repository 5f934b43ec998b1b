import fc from 'fast-check';
import {
  Binary,
  BSON,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from 'mongodb';
import { describe, expect, test } from 'vitest';
import { bsonTypes, documentOf, elementsOf } from '../../../src/sources/bson-elements.js';
import { canonicalJson } from '../../../src/sources/bson-json.js';
import { rawDocument, rawValue, written } from './bson.js';

const driverText = (value: unknown): string => {
  const read = BSON.deserialize(BSON.serialize({ v: value }), { promoteValues: false, bsonRegExp: true });
  return BSON.EJSON.stringify(read.v, { relaxed: false });
};

describe('canonical Extended JSON of every BSON type', () => {
  test.each([
    [new Double(7), '{"$numberDouble":"7.0"}'],
    [new Double(-0), '{"$numberDouble":"-0.0"}'],
    [new Double(0.1), '{"$numberDouble":"0.1"}'],
    [new Double(1e300), '{"$numberDouble":"1e+300"}'],
    [new Double(Number.NaN), '{"$numberDouble":"NaN"}'],
    [new Double(Number.NEGATIVE_INFINITY), '{"$numberDouble":"-Infinity"}'],
    [new Int32(7), '{"$numberInt":"7"}'],
    [Long.fromString('9007199254740993'), '{"$numberLong":"9007199254740993"}'],
    [Decimal128.fromString('1.50E+10'), '{"$numberDecimal":"1.50E+10"}'],
    ['7', '"7"'],
    ['', '""'],
    ['a\0b"\\😀\ufeff\u2028', JSON.stringify('a\0b"\\😀\ufeff\u2028')],
    [true, 'true'],
    [false, 'false'],
    [null, 'null'],
    [[], '[]'],
    [{}, '{}'],
    [[null, [], {}], '[null,[],{}]'],
    [{ a: { b: [new Int32(1)] }, '': null }, '{"a":{"b":[{"$numberInt":"1"}]},"":null}'],
    [new ObjectId('0123456789abcdef01234567'), '{"$oid":"0123456789abcdef01234567"}'],
    [new Date(-1), '{"$date":{"$numberLong":"-1"}}'],
    [new Binary(Buffer.from('00ff', 'hex'), 0), '{"$binary":{"base64":"AP8=","subType":"00"}}'],
    [new Binary(Buffer.from('00ff', 'hex'), 2), '{"$binary":{"base64":"AP8=","subType":"02"}}'],
    [new Binary(Buffer.alloc(0), 128), '{"$binary":{"base64":"","subType":"80"}}'],
    [new BSONRegExp('a(', 'ix'), '{"$regularExpression":{"pattern":"a(","options":"ix"}}'],
    [new BSONSymbol('s'), '{"$symbol":"s"}'],
    [new Code('f()'), '{"$code":"f()"}'],
    [new Code('f()', { x: new Int32(1) }), '{"$code":"f()","$scope":{"x":{"$numberInt":"1"}}}'],
    [new Timestamp({ t: 4294967295, i: 2 }), '{"$timestamp":{"t":4294967295,"i":2}}'],
    [new MinKey(), '{"$minKey":1}'],
    [new MaxKey(), '{"$maxKey":1}'],
  ])('%o', (value, expected) => {
    expect(canonicalJson(written(value))).toBe(expected);
    expect(driverText(value)).toBe(expected);
  });

  test('is that of the driver, for documents of any shape', () => {
    const leaf = fc.oneof(
      fc.double().map((value) => new Double(value)),
      fc.maxSafeInteger().map((value) => Long.fromNumber(value)),
      fc.integer().map((value) => new Int32(value)),
      fc.string({ unit: 'binary' }),
      fc.uint8Array().map((bytes) => new Binary(bytes)),
      fc.constantFrom(null, true, false),
    );
    const name = fc.string({ unit: 'grapheme' }).filter((text) => !/^\d|^\$|\0/.test(text) && text !== '__proto__');
    const { document } = fc.letrec((tie) => ({
      document: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('document')), fc.dictionary(name, tie('document'))),
    }));
    fc.assert(
      fc.property(document, (value) => {
        expect(canonicalJson(written(value))).toBe(driverText(value));
      }),
    );
  });
});

describe("where the driver's objects are not what was stored", () => {
  const jsonOf = (raw: Buffer): string => canonicalJson(documentOf(raw));

  test('names that look like numbers stay in their order, and of two equal names both stay', () => {
    const twice = rawDocument([0x10, '2', '01000000'], [0x10, '1', '02000000'], [0x10, '2', '03000000']);
    expect(jsonOf(twice)).toBe('{"2":{"$numberInt":"1"},"1":{"$numberInt":"2"},"2":{"$numberInt":"3"}}');
  });

  test('undefined is no null', () => {
    expect(jsonOf(rawDocument([bsonTypes.undefined, 'u', ''], [bsonTypes.null, 'n', '']))).toBe(
      '{"u":{"$undefined":true},"n":null}',
    );
  });

  test('a Date that JavaScript has not is still a Date', () => {
    expect(canonicalJson(rawValue(bsonTypes.date, 'ffffffffffffff7f'))).toBe(
      '{"$date":{"$numberLong":"9223372036854775807"}}',
    );
  });

  test('a DBPointer is no DBRef', () => {
    expect(canonicalJson(rawValue(bsonTypes.dbPointer, '02000000630000112233445566778899aabb'))).toBe(
      '{"$dbPointer":{"$ref":"c","$id":{"$oid":"00112233445566778899aabb"}}}',
    );
  });

  test('a text that is no UTF-8 is an error, and not replaced (fault 18)', () => {
    for (const type of [bsonTypes.string, bsonTypes.symbol, bsonTypes.code]) {
      expect(() => canonicalJson(rawValue(type, '02000000e900'))).toThrow('its text is no UTF-8');
    }
    expect(() => canonicalJson(rawValue(bsonTypes.regex, 'e90000'))).toThrow('its text is no UTF-8');
    expect(() => jsonOf(rawDocument([bsonTypes.null, '\xe9', '']))).toThrow('its text is no UTF-8');
    expect(jsonOf(rawDocument([bsonTypes.string, 'v', '04000000efbfbd00']))).toBe('{"v":"\ufffd"}');
  });
});

describe('damaged documents are named as such', () => {
  test.each([
    ['cut', rawDocument([0x10, 'a', '01000000']).subarray(0, 9), 'runs past its document'],
    ['too long a value', rawDocument([0x02, 'a', 'ff00000061']), 'runs past its document'],
    ['a length below zero', rawDocument([0x03, 'a', 'f0ffffff00']), 'runs past its document'],
    ['a type that is none', rawDocument([0x20, 'a', '']), 'BSON type 32 is not known'],
    ['no zero at its end', Buffer.from('0500000001', 'hex'), 'has no end'],
  ])('%s', (_, raw, message) => {
    expect(() => elementsOf(documentOf(raw))).toThrow(message);
  });

  test('a binary of subtype 2 whose two lengths differ', () => {
    expect(() => canonicalJson(rawValue(bsonTypes.binary, '060000000203000000aabb'))).toThrow('its two lengths differ');
    expect(canonicalJson(rawValue(bsonTypes.binary, '060000000202000000aabb'))).toContain('"qrs="');
  });
});
