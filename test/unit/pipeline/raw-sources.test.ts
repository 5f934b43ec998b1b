import { expect, test } from 'vitest';
import { sourceNamed } from '../../../src/dataset/declaration.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { fetchSource } from '../../../src/pipeline/raw-sources.js';
import type { FoundTable, SourceServer } from '../../../src/sources/source.js';
import type { Engine } from '../../../src/sql/engine.js';

/** A server that is asked for rows, or not: what it answers is another test's matter. */
async function askedOf(name: string, found: Partial<FoundTable> | undefined): Promise<[asked: boolean, why?: string]> {
  let asked = false;
  const table = { table: name, live: {}, index: undefined, unique: false, estimate: undefined, ...found };
  const server = {
    find: async () => (found === undefined ? undefined : table),
    rowsOf: async () => {
      asked = true;
    },
  } as unknown as SourceServer;
  const fill = (_table: string, _columns: readonly string[], write: (add: () => void) => Promise<void>) =>
    write(() => {});
  const engine = { fill, rows: async () => [] } as unknown as Engine;
  const { why, input, isAsked } = await fetchSource(
    engine,
    server,
    sourceNamed(imagesAnalytical, name),
    [1n],
    ['file'],
  );
  expect(isAsked || (input as readonly string[])[0] === 'file').toBe(true);
  return why === undefined ? [asked] : [asked, why];
}

test('no large table is passed over for some keys: its export files stand for it, and that is said', async () => {
  const large = 2_000_000;
  expect(await askedOf('encodings', { index: 'image_id', estimate: large })).toEqual([true]);
  expect(await askedOf('imagestopics', { estimate: large })).toEqual([
    ...[false, 'ImagesTopics has no index on image_id: its export files stand for it'],
  ]);
  expect(await askedOf('imagestopics', { estimate: undefined })).toEqual([false, expect.stringContaining('no index')]);
  expect(await askedOf('imagestopics', { estimate: 500 })).toEqual([
    ...[true, 'ImagesTopics has no index on image_id: it is small, and was read once'],
  ]);
  expect(await askedOf('location', { index: 'PRIMARY', estimate: large })).toEqual([
    ...[false, 'Location is large: its export file stands for it'],
  ]);
  expect(await askedOf('location', { index: 'PRIMARY', estimate: 260 })).toEqual([true]);
  expect(await askedOf('imagesclusters', undefined)).toEqual([false, 'no table ImagesClusters at the source']);
});
