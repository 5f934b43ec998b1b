import { describe, expect, test } from 'vitest';
import { fitTable } from '../../../stages/fit-table.js';
import { textOf } from '../../../stages/plain.js';

const head = ['column', 'declared', 'live', 'what would happen'];
const labels = Array.from({ length: 200 }, (_, index) => `'label ${index}' = ${index}`).join(', ');
const drawn = (rows: string[][]): string[] =>
  (textOf({ event: 'table', title: '', head, rows, width: 80 }) ?? '').split('\n');

test('what fits stays as it is', () => {
  const rows = [['width', 'UInt16', 'UInt8', 'stop: not every value would fit']];
  expect(fitTable(head, rows, 80)).toEqual(rows);
});

test('no line is wider, and no word of the last column is lost', () => {
  const what = 'stop: image_id is not in it: rows of different keys would replace each other';
  const key = 'has_face, detection_top_class_id, body_pose_cluster_512, hand_position_cluster_128, image_id';
  const lines = drawn([['(sorting key)', key, 'upload_date', what]]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  const last = lines[0]?.indexOf('what would happen') ?? 0;
  const words = lines.slice(1).map((line) => line.slice(last).trim());
  expect(words.join(' ').trim()).toBe(what);
});

test('a long Enum takes four lines, and says that there is more', () => {
  const lines = drawn([['kind', `Enum16(${labels})`, `Enum16(${labels})`, "stop: it lacks the label 'label 199'"]]);
  expect(lines.length).toBeLessThanOrEqual(5);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines.at(-1)?.match(/…/g)).toHaveLength(2);
});

describe('lines break', () => {
  const broken = (cell: string, width: number): string[] => fitTable([''], [[cell]], width)[0]?.[0]?.split('\n') ?? [];

  test.each([
    ['behind blanks', 'one two three', 9, ['one two', 'three']],
    ['behind commas and brackets', 'LowCardinality(String)', 16, ['LowCardinality(', 'String)']],
    ['anywhere where there is neither', 'abcdefghijklmnop', 10, ['abcdefghij', 'klmnop']],
    ['between characters, not inside them', '😀😀😀😀😀😀😀😀😀', 8, ['😀😀😀😀😀😀😀😀', '😀']],
    ['nowhere in an empty cell', '', 8, ['']],
  ])('%s', (_, cell, width, lines) => expect(broken(cell, width)).toEqual(lines));
});

test('a table without a width is drawn as wide as it is: an answer to a query is not cut', () => {
  const text = textOf({ event: 'table', title: '', head: ['a'], rows: [['x'.repeat(200)]] }) ?? '';
  expect(text.split('\n').at(-1)).toHaveLength(200);
});
