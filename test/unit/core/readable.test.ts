import { describe, expect, test } from 'vitest';
import { formOf, isSame, readable } from '../../../src/core/readable.js';

const hex = (text: string): string => Buffer.from(text).toString('hex');

describe('what engines write in their own ways is one value', () => {
  test.each([
    ['FLOAT', '0.6718739867210388', '6.718739867210388e-1'],
    ['FLOAT', '1.401298464324817e-45', '1.401298464324817E-45'],
    ['FLOAT', 'inf', 'Infinity'],
    ['DOUBLE', '-inf', '-Infinity'],
    ['DOUBLE', 'nan', 'NaN'],
    ['DOUBLE', '1e22', '10000000000000000000000'],
    ['DECIMAL(6,3)', '2.500', '2.5'],
    ['DECIMAL(6,3)', '-0.000', '0'],
    ['DECIMAL(38,0)', '1E+3', '1000'],
    ['DECIMAL(38,3)', '-25E-3', '-0.025'],
    ['DATE', '2020-01-02', '2020-01-02 00:00:00'],
    ['TIMESTAMP', '2020-01-02 03:04:05.120000', '2020-01-02 03:04:05.12'],
    ['TIMESTAMP WITH TIME ZONE', '2020-01-02 03:04:05+00', '2020-01-02 03:04:05.000'],
    ['VARCHAR', hex('é'), hex('é').toUpperCase()],
  ])('%s: %s and %s', (type, one, two) => {
    expect(readable(one, formOf(type))).toEqual(readable(two, formOf(type)));
  });
});

describe('values that differ stay different', () => {
  test.each([
    ['DOUBLE', '0', '-0'],
    ['DOUBLE', '0.1', '0.10000000149011612'],
    ['FLOAT', '0.10000000149011612', '0.1'],
    ['DECIMAL(6,3)', '2.034', '2.033'],
    ['DECIMAL(38,0)', '9007199254740993', '9007199254740992'],
    ['UBIGINT', '18446744073709551615', '18446744073709551614'],
    ['DATE', '1970-01-01', '1970-01-02'],
    ['TIMESTAMP', '2020-01-02 00:00:00.000001', '2020-01-02'],
    ['VARCHAR', hex('a'), hex('a ')],
    ['VARCHAR', '', null],
    ['BLOB', 'ff', 'fe'],
    ['BLOB', 'ff', hex('0xFF')],
  ])('%s: %s and %s', (type, one, two) => {
    expect(isSame(readable(one, formOf(type)), readable(two, formOf(type)))).toBe(false);
  });
});

describe('what is read', () => {
  test.each([
    ['VARCHAR', 'String', hex('a\0b😀 '), 'a\0b😀 '],
    ['BLOB', 'String', 'fffe00', { hex: 'FFFE00' }],
    ['VARCHAR', 'FixedString(4)', '61000000', 'a'],
    ['VARCHAR', 'FixedString(4)', '61000100', 'a\0\x01'],
    ['VARCHAR', 'Decimal(65, 30)', hex('1.500'), '1.5'],
    ['VARCHAR', 'Decimal(65, 30)', hex('NaN'), 'NaN'],
    ['VARCHAR', 'Decimal(65, 30)', hex('1E+999999999'), '1E+999999999'],
    ['FLOAT', 'Float32', '0.6718739867210388', '0.671874'],
    ['FLOAT', 'Float32', '-0', '-0'],
    ['BOOLEAN', 'Bool', 'true', 'true'],
    ['VARCHAR[]', 'Array(String)', [hex('a'), null], ['a', null]],
    ['DECIMAL(6,3)[]', 'Array(Decimal(6, 3))', ['1.500'], ['1.5']],
    ['INTEGER', 'Int32', null, null],
  ])('%s of %s: %j', (type, declared, raw, value) => {
    expect(readable(raw, formOf(type, declared))).toEqual(value);
  });
});
