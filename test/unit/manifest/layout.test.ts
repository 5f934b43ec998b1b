import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inclusiveRange } from '../../../src/core/ranges.js';
import {
  exportFile,
  type Layout,
  layoutOf,
  ledgerPath,
  rejectsFile,
  shardFile,
  writerName,
} from '../../../src/manifest/layout.js';
import { scratchFolder } from '../support.js';

const base = scratchFolder();
const range = inclusiveRange(1n, 100_000n);

describe('names', () => {
  const layout = layoutOf('/data', 'images_analytical', 10);

  test('say first and last key, inclusive, padded', () => {
    expect(exportFile(layout, 'encodings', range)).toBe('export/encodings/0000000001-0000100000.parquet');
    expect(exportFile(layout, 'site', undefined)).toBe('export/site/all.parquet');
    expect(shardFile(layout, range)).toBe('images_analytical.0000000001-0000100000.parquet');
    expect(rejectsFile(layout, range)).toBe('rejects/images_analytical.0000000001-0000100000.parquet');
    expect(ledgerPath(layout, 'local')).toBe('/data/images_analytical/load/local.jsonl');
  });

  test('of 64-bit keys have 20 digits', () => {
    const wide = layoutOf('/data', 'd', 20);
    expect(shardFile(wide, inclusiveRange(1n, (1n << 64n) - 1n))).toBe(
      'd.00000000000000000001-18446744073709551615.parquet',
    );
  });

  test('of writers are safe in a file’s name', () => {
    expect(writerName('My-Box.local', undefined)).toBe('my-box-local');
    expect(writerName('../..', undefined)).toBe('host');
    expect(writerName('b', { index: 3, count: 8 })).toBe('b-3of8');
  });
});

describe('the shards folder alone is enough', () => {
  const of = (folder: string): Pick<Layout, 'root' | 'shards'> => {
    const { root, shards } = layoutOf(folder, 'd', 10);
    return { root, shards };
  };

  test('as the data folder, as a folder that holds shards/, or as itself', () => {
    const copied = join(base, 'copied');
    mkdirSync(join(copied, 'shards'), { recursive: true });
    writeFileSync(join(copied, 'shards', 'dataset.json'), '{}');
    expect(of(copied)).toEqual({ root: copied, shards: join(copied, 'shards') });
    expect(of(join(copied, 'shards'))).toEqual({ root: join(copied, 'shards'), shards: join(copied, 'shards') });
    const whole = join(base, 'whole');
    mkdirSync(join(whole, 'd'), { recursive: true });
    expect(of(whole)).toEqual({ root: join(whole, 'd'), shards: join(whole, 'd', 'shards') });
  });

  test('an empty folder is a data folder to be', () => {
    expect(of(join(base, 'new'))).toEqual({ root: join(base, 'new', 'd'), shards: join(base, 'new', 'd', 'shards') });
  });
});
