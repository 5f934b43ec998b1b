import { expect, test } from 'vitest';
import type { Readable } from '../../../src/core/readable.js';
import { cell, cells, cut, readableText, screenWidth } from '../../../stages/readable-cell.js';

test.each<[Readable, string]>([
  [null, 'NULL'],
  ['', "''"],
  ['NULL', "'NULL'"],
  ['a\nb\t\0\\', 'a\\nb\\t\\u0000\\\\'],
  ['\u0080\u202e\ufeff', '\\u0080\\u202e\\ufeff'],
  [{ hex: 'FF00' }, '0xFF00'],
  [['1', null, ''], "[1, NULL, '']"],
])('%j is shown in one line, whatever is in it', (value, shown) => {
  expect(readableText(value)).toBe(shown);
});

test('a cell never takes more columns than it has, wide characters counted as two', () => {
  expect(cut('漢字漢字', 8)).toBe('漢字漢字');
  expect(cut('漢字漢字', 7)).toBe('漢字漢…');
  expect(cut('e\u0301e\u0301', 2)).toBe('e\u0301e\u0301');
  for (const value of ['漢'.repeat(50), 'x'.repeat(1e6), '😀'.repeat(9), '\0'.repeat(9)]) {
    for (const columns of [8, 21]) expect(screenWidth(cell([value, value], columns))).toBeLessThanOrEqual(columns);
  }
  expect(cell(['12', '55', null], 21)).toBe('12, 55, NULL');
});

test('two long values are shown from where they part', () => {
  const text = 'a long text that is the same for a long while';
  expect(cells([`${text}, this`], [`${text}, that`], 12)).toEqual(['…, this', '…, that']);
  expect(cells(['12', '55'], ['12'], 21)).toEqual(['12, 55', '12']);
  expect(cells(['漢'.repeat(99)], [`${'漢'.repeat(98)}x`], 11).map(screenWidth)).toEqual([5, 4]);
});
