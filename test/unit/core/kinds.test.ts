import { describe, expect, test } from 'vitest';
import { duckdbType, kindHolds, parseKind } from '../../../src/core/kinds.js';

/** MySQL's words → the kind, and its type in the export file. */
const table: readonly (readonly [string, object, string])[] = [
  ['tinyint', { type: 'int', bits: 8, unsigned: false }, 'TINYINT'],
  ['tinyint(4)', { type: 'int', bits: 8, unsigned: false }, 'TINYINT'],
  ['tinyint(3) unsigned', { type: 'int', bits: 8, unsigned: true }, 'UTINYINT'],
  ['tinyint(1)', { type: 'bool' }, 'TINYINT'],
  ['boolean', { type: 'bool' }, 'TINYINT'],
  ['smallint', { type: 'int', bits: 16, unsigned: false }, 'SMALLINT'],
  ['smallint unsigned', { type: 'int', bits: 16, unsigned: true }, 'USMALLINT'],
  ['mediumint', { type: 'int', bits: 32, unsigned: false }, 'INTEGER'],
  ['int', { type: 'int', bits: 32, unsigned: false }, 'INTEGER'],
  ['INT(11)', { type: 'int', bits: 32, unsigned: false }, 'INTEGER'],
  ['int(10) unsigned zerofill', { type: 'int', bits: 32, unsigned: true }, 'UINTEGER'],
  ['bigint', { type: 'int', bits: 64, unsigned: false }, 'BIGINT'],
  ['bigint unsigned', { type: 'int', bits: 64, unsigned: true }, 'UBIGINT'],
  ['decimal(6,3)', { type: 'decimal', precision: 6, scale: 3 }, 'DECIMAL(6,3)'],
  ['decimal', { type: 'decimal', precision: 10, scale: 0 }, 'DECIMAL(10,0)'],
  ['numeric(38, 38)', { type: 'decimal', precision: 38, scale: 38 }, 'DECIMAL(38,38)'],
  ['float', { type: 'float' }, 'FLOAT'],
  ['double', { type: 'double' }, 'DOUBLE'],
  ['decimal(65,30)', { type: 'text' }, 'VARCHAR'],
  ['date', { type: 'date' }, 'DATE'],
  ['datetime', { type: 'datetime' }, 'TIMESTAMP'],
  ['datetime(6)', { type: 'datetime' }, 'TIMESTAMP'],
  ['timestamp(3)', { type: 'timestamp' }, 'TIMESTAMP WITH TIME ZONE'],
  ['time(6)', { type: 'text' }, 'VARCHAR'],
  ['year', { type: 'int', bits: 16, unsigned: true }, 'USMALLINT'],
  ['year(4)', { type: 'int', bits: 16, unsigned: true }, 'USMALLINT'],
  ['bit(1)', { type: 'int', bits: 8, unsigned: true }, 'UTINYINT'],
  ['bit', { type: 'int', bits: 8, unsigned: true }, 'UTINYINT'],
  ['bit(9)', { type: 'int', bits: 16, unsigned: true }, 'USMALLINT'],
  ['bit(33)', { type: 'int', bits: 64, unsigned: true }, 'UBIGINT'],
  ['bit(64)', { type: 'int', bits: 64, unsigned: true }, 'UBIGINT'],
  ['tinyint(1) unsigned', { type: 'int', bits: 8, unsigned: true }, 'UTINYINT'],
  ["set('a','b,c')", { type: 'text' }, 'VARCHAR'],
  ['uuid', { type: 'text' }, 'VARCHAR'],
  ['vector(3)', { type: 'bytes' }, 'BLOB'],
  ['varchar(50) character set latin1', { type: 'text' }, 'VARCHAR'],
  ['varchar(50)', { type: 'text' }, 'VARCHAR'],
  ['char(3)', { type: 'text' }, 'VARCHAR'],
  ['longtext', { type: 'text' }, 'VARCHAR'],
  ['json', { type: 'text' }, 'VARCHAR'],
  ["enum('it''s','(x)')", { type: 'text' }, 'VARCHAR'],
  ["enum('a','b')", { type: 'text' }, 'VARCHAR'],
  ['blob', { type: 'bytes' }, 'BLOB'],
  ['varbinary(16)', { type: 'bytes' }, 'BLOB'],
  ['flag', { type: 'flag' }, 'BOOLEAN'],
];

test.each(table)('%s', (text, kind, inFile) => {
  expect(parseKind(text)).toEqual(kind);
  expect(duckdbType(parseKind(text))).toBe(inFile);
});

test.each(['', 'geometry', 'point', 'geomcollection', 'decimal(5,6)', '12', 'xml'])(
  '%j is not carried, and that is said',
  (text) => {
    expect(() => parseKind(text)).toThrow(expect.objectContaining({ code: 'KIND_UNKNOWN', exit: 2 }) as Error);
  },
);

describe('kindHolds: every value of the live type fits the declared one', () => {
  const holds = (declared: string, live: string): boolean => kindHolds(parseKind(declared), parseKind(live));

  test.each([
    ['int', 'int'],
    ['int', 'smallint'],
    ['int', 'smallint unsigned'],
    ['bigint', 'int unsigned'],
    ['int unsigned', 'smallint unsigned'],
    ['int', 'tinyint(1)'],
    ['boolean', 'tinyint(1)'],
    ['boolean', 'tinyint(4)'],
    ['decimal(6,3)', 'decimal(6,3)'],
    ['decimal(7,3)', 'decimal(6,2)'],
    ['double', 'float'],
    ['varchar', 'longtext'],
    ['varchar', "enum('a')"],
  ])('%s holds %s', (declared, live) => expect(holds(declared, live)).toBe(true));

  test.each([
    ['int', 'bigint'],
    ['int', 'int unsigned'],
    ['int unsigned', 'int'],
    ['int unsigned', 'tinyint(1)'],
    ['int', 'decimal(6,3)'],
    ['boolean', 'tinyint(3) unsigned'],
    ['boolean', 'smallint'],
    ['decimal(6,3)', 'decimal(6,4)'],
    ['decimal(6,3)', 'decimal(7,3)'],
    ['decimal(6,3)', 'decimal(6,2)'],
    ['decimal(6,3)', 'double'],
    ['float', 'double'],
    ['varchar', 'blob'],
    ['date', 'varchar'],
  ])('%s does not hold %s', (declared, live) => expect(holds(declared, live)).toBe(false));
});
