import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ManifestEntry, manifestEntrySchema } from '../../../src/manifest/entries.js';
import { type Layout, layoutOf } from '../../../src/manifest/layout.js';
import { ManifestWriter, newest, readExports, readShards } from '../../../src/manifest/manifest.js';
import { exportEntry, scratchFolder, shardEntry } from '../support.js';

const base = scratchFolder();
let serial = 0;

/** A data folder of its own with manifests by writer, given as lines. */
function folderWith(manifests: Record<string, readonly (string | object)[]>, tail = ''): Layout {
  const layout = layoutOf(join(base, String(serial++)), 'images_analytical', 10);
  for (const kind of ['export', 'shards']) mkdirSync(join(layout.root, kind), { recursive: true });
  for (const [name, lines] of Object.entries(manifests)) {
    const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    writeFileSync(join(layout.root, name), text + tail);
  }
  return layout;
}

const file = 'export/images/0000000001-0000000010.parquet';
const at = (second: number): string => `2024-01-01T00:00:0${second}.000Z`;
const redo = (second: number): ManifestEntry => ({ format: 1, kind: 'redo', file, run: 'r2', time: at(second) });

describe('reading', () => {
  test('no folder: nothing', async () => {
    const layout = layoutOf(join(base, 'none'), 'images_analytical', 10);
    expect((await readExports(layout)).size + (await readShards(layout)).size).toBe(0);
  });

  test('what was read before is read again where it changed: a line more, another file of the same size, damage', async () => {
    const name = 'export/manifest.one.jsonl';
    const layout = folderWith({ [name]: [exportEntry('images', file)] });
    const path = join(layout.root, name);
    const rows = async () => [...(await readExports(layout)).values()].map((one) => one.rows);
    const line = (count: number) => `${JSON.stringify(exportEntry('images', file, { rows: count }))}\n`;
    await rows();
    await new ManifestWriter(join(layout.root, 'export'), 'one').append(exportEntry('images', file, { rows: 5 }));
    expect(await rows()).toEqual([5]);
    for (const count of [6, 7]) {
      writeFileSync(`${path}.other`, line(count));
      renameSync(`${path}.other`, path);
      expect(await rows()).toEqual([count]);
    }
    writeFileSync(path, line(7).replace('{', '#'));
    await expect(rows()).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' });
  });

  test('the union of all writers; other files are left alone', async () => {
    const layout = folderWith({
      'export/manifest.one.jsonl': [exportEntry('images', file)],
      'export/manifest.two-2of8.jsonl': [exportEntry('site', 'export/site/all.parquet')],
      'export/notes.jsonl': ['damaged'],
      'shards/manifest.one.jsonl': [shardEntry(1, 20)],
    });
    expect([...(await readExports(layout)).keys()]).toEqual([file, 'export/site/all.parquet']);
    expect([...(await readShards(layout)).keys()]).toEqual(['images_analytical.0000000001-0000000020.parquet']);
  });

  test('a torn last line is ignored, also one that is whole but for its newline', async () => {
    for (const torn of ['{"format":1,"ki', JSON.stringify(exportEntry('site', 'x')), '\u0000\u0000', '}']) {
      const layout = folderWith({ 'export/manifest.one.jsonl': [exportEntry('images', file)] }, torn);
      expect([...(await readExports(layout)).keys()]).toEqual([file]);
    }
  });

  test('the torn line is gone after the next append', async () => {
    const layout = folderWith({ 'export/manifest.one.jsonl': [exportEntry('images', file)] }, '{"format":1,"ki');
    await new ManifestWriter(join(layout.root, 'export'), 'one').append(exportEntry('site', 'export/site/all.parquet'));
    expect((await readExports(layout)).size).toBe(2);
    expect(readFileSync(join(layout.root, 'export/manifest.one.jsonl'), 'utf8')).not.toContain('"ki\n');
  });

  test.each([
    ['no JSON', '{"format":1,'],
    ['an empty line', ''],
    ['another format', JSON.stringify({ ...exportEntry('images', 'x'), format: 2 })],
    ['a missing field', JSON.stringify({ ...exportEntry('images', 'x'), sha256: undefined })],
    ['a key that went through a double', JSON.stringify({ ...exportEntry('images', 'x'), first: 1 })],
    ['an unknown kind', JSON.stringify({ ...exportEntry('images', 'x'), kind: 'other' })],
    ['a negative count', JSON.stringify({ ...exportEntry('images', 'x'), rows: -1 })],
  ])('damage in the middle is an error with file and line: %s', async (_, line) => {
    const good = exportEntry('images', file);
    const layout = folderWith({ 'export/manifest.one.jsonl': [good, line, good] });
    const error = await readExports(layout).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MANIFEST_DAMAGED', exit: 13 });
    expect(String(error)).toContain(`${join(layout.root, 'export/manifest.one.jsonl')} line 2 `);
  });

  test.each(['/etc/passwd', '../x.parquet', 'export/../../x', 'a/..', '..\\x', 'C:\\x', '', 'a//b', './a', 'a\nb'])(
    'a name that leaves the folder is refused: %j',
    async (name) => {
      const layout = folderWith({ 'export/manifest.one.jsonl': [exportEntry('images', name)] });
      await expect(readExports(layout)).rejects.toMatchObject({ code: 'MANIFEST_DAMAGED' });
      expect(manifestEntrySchema.safeParse({ ...redo(1), file: name }).success).toBe(false);
      const rejects = { ...shardEntry(1, 2).rejects, file: name };
      expect(manifestEntrySchema.safeParse(shardEntry(1, 2, { rejects })).success).toBe(false);
    },
  );

  test('a name with dots that stays is fine', () => {
    expect(manifestEntrySchema.safeParse(exportEntry('images', 'export/a..b/..c.parquet')).success).toBe(true);
  });
});

describe('the newest line of a file wins', () => {
  const entry = (second: number, rows: number): ManifestEntry =>
    exportEntry('images', file, { time: at(second), rows });

  test('whichever writer wrote it, and whichever was read first', () => {
    expect(newest([entry(2, 20), entry(1, 10)]).get(file)?.rows).toBe(20);
    expect(newest([entry(1, 10), entry(2, 20)]).get(file)?.rows).toBe(20);
  });

  test('of two at one instant the later line', () => {
    expect(newest([entry(1, 10), entry(1, 20)]).get(file)?.rows).toBe(20);
  });

  test('a redo line takes the record away until the next one', () => {
    expect(newest([entry(1, 10), redo(2)]).size).toBe(0);
    expect(newest([entry(1, 10), redo(2), entry(3, 30)]).get(file)?.rows).toBe(30);
    expect(newest([redo(2), entry(1, 10)]).size).toBe(0);
  });
});

describe('ManifestWriter', () => {
  test('lines of parallel units do not mix', async () => {
    const layout = folderWith({});
    const writer = new ManifestWriter(join(layout.root, 'export'), 'one');
    const names = Array.from({ length: 40 }, (_, index) => `export/images/${index}.parquet`);
    await Promise.all(names.map((name) => writer.append(exportEntry('images', name))));
    expect([...(await readExports(layout)).keys()]).toEqual(names);
  });
});
