import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendLine, hashOf, publish, replaceFile, sha256OfFile, sizeOf } from '../../../src/manifest/atomic-file.js';
import { scratchFolder } from '../support.js';

const folder = scratchFolder();

describe('appendLine', () => {
  test('makes folder and file, and adds a line each time', async () => {
    const path = join(folder, 'new', 'deep', 'm.jsonl');
    await appendLine(path, '{"a":1}');
    await appendLine(path, '{"a":2}');
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n');
  });

  test.each([
    ['after a whole line', '{"a":1}\n', '{"a":2', '{"a":1}\n'],
    ['alone in the file', '', '{"a":1', ''],
    ['whole but for its newline', '{"a":1}\n', '{"a":2}', '{"a":1}\n'],
    ['longer than one read', '{"a":1}\n', 'x'.repeat(200_000), '{"a":1}\n'],
  ])('cuts a torn line off before it writes: %s', async (name, whole, torn, kept) => {
    const path = join(folder, `${name}.jsonl`);
    writeFileSync(path, whole + torn);
    await appendLine(path, '{"next":true}');
    expect(readFileSync(path, 'utf8')).toBe(`${kept}{"next":true}\n`);
  });
});

describe('publish', () => {
  test('puts the new file in the place of the old one; a temporary one left by a kill is overwritten', async () => {
    const path = join(folder, 'plan.json');
    await replaceFile(path, 'old');
    writeFileSync(`${path}.tmp`, 'left by a killed run, longer than what follows');
    expect(readFileSync(path, 'utf8')).toBe('old');
    await replaceFile(path, 'new');
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('without a finished temporary file the old one stays', async () => {
    const path = join(folder, 'shard.parquet');
    writeFileSync(path, 'old');
    await expect(publish(path)).rejects.toThrow('ENOENT');
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test('a folder in its place is an error, not a loss', async () => {
    const path = join(folder, 'taken');
    mkdirSync(join(path, 'inner'), { recursive: true });
    writeFileSync(`${path}.tmp`, 'x');
    await expect(publish(path)).rejects.toThrow();
    expect(readdirSync(path)).toEqual(['inner']);
  });
});

test('size and sha256', async () => {
  const path = join(folder, 'abc');
  writeFileSync(path, 'abc');
  expect(await sizeOf(path)).toBe(3);
  expect(await sizeOf(join(folder, 'nothing'))).toBeUndefined();
  expect(await sha256OfFile(path)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

describe('hashOf', () => {
  test('does not depend on the order of keys, nor on undefined ones', () => {
    expect(hashOf({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(hashOf({ b: [{ d: 3, c: 2 }], a: 1, e: undefined }));
  });

  test('depends on the order of a list, on types and on nesting', () => {
    const all = [[1, 2], [2, 1], [[1], 2], ['1', 2], [1, null], [1], {}, [], null, '', { a: {} }, { a: [] }];
    expect(new Set(all.map(hashOf)).size).toBe(all.length);
  });
});
