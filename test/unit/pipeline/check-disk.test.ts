import { describe, expect, test } from 'vitest';
import { table } from '../../../src/dataset/declare.js';
import { diskFinding, sourceSize } from '../../../src/pipeline/check-disk.js';
import type { SourceLook } from '../../../src/pipeline/source-findings.js';

const figures = { count: (value: number) => String(value), bytes: (value: number) => `${value} B` };

function look(name: string, estimate: number | undefined, rowBytes: number | undefined): SourceLook {
  const source = table(name, 'id', {}, { reduce: { rows: 'one' } });
  const found = { table: name, live: {}, index: 'PRIMARY', unique: true, estimate };
  const facts = {
    plan: undefined,
    rowBytes,
    charsets: {},
    indexStatement: undefined,
    doublesStatement: '',
    qualified: name,
  };
  return { source, found, spread: undefined, facts };
}
const absent: SourceLook = { ...look('Gone', 1, 1), found: undefined, facts: undefined };

test('the size of all sources is by their rows and what the exported columns of one take', () => {
  expect(sourceSize([look('A', 100, 10), look('B', 10, 300), absent])).toEqual({
    rows: 110,
    bytes: 4000,
    tables: 2,
    unknown: [],
  });
  expect(sourceSize([look('A', undefined, 10), look('B', 10, undefined)])).toMatchObject({
    rows: 0,
    unknown: ['a', 'b'],
  });
  expect(sourceSize([])).toEqual({ rows: 0, bytes: 0, tables: 0, unknown: [] });
});

describe('the disk', () => {
  const size = { rows: 100, bytes: 4000, tables: 2, unknown: [] };
  const disk = { folder: '/x', free: 4000, size, needed: 4000, figures };

  test('is judged by what is still to be written, and says its basis', () => {
    expect(diskFinding(disk)).toMatchObject({
      level: 'fine',
      found: expect.stringMatching(/^4000 B free for \/x, about 4000 B to be written \(100 rows of 2 tables × 40 B /),
    });
    expect(diskFinding({ ...disk, free: 3999 })).toMatchObject({
      level: 'warning',
      hint: expect.stringContaining('DATA_DIR='),
    });
    expect(diskFinding({ ...disk, free: 0, needed: 0 })).toMatchObject({
      ...{ level: 'fine', found: '0 B free for /x; what is to be exported and joined is there' },
    });
  });

  test('says what it knows nothing of', () => {
    expect(diskFinding({ ...disk, size: { ...size, unknown: ['marks'] } }).found).toMatch(
      /nothing is known of marks\)$/,
    );
    expect(diskFinding({ ...disk, size: { ...size, rows: 0 }, free: 1 })).toMatchObject({
      ...{ level: 'fine', found: '1 B free for /x' },
    });
  });
});
