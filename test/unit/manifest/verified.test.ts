import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { layoutOf, verifiedPath } from '../../../src/manifest/layout.js';
import {
  mergeVerified,
  readVerified,
  type Verified,
  type VerifiedShard,
  writeVerified,
} from '../../../src/manifest/verified.js';
import { scratchFolder } from '../support.js';

const folder = scratchFolder();
const shard = (name: string, rest: Partial<VerifiedShard> = {}): VerifiedShard => ({
  ...{ shard: name, sha256: `sha-${name}`, read: 10, problems: [], time: '2024-01-01T00:00:00.000Z' },
  ...rest,
});
const verified = (shards: readonly VerifiedShard[], rest: Partial<Verified> = {}): Verified => ({
  ...{ format: 1, target: 'box', uuid: 'u1', time: '2024-01-02T00:00:00.000Z', run: 'r1', shards: [...shards] },
  ...rest,
});
const names = ({ shards }: Verified): string[] => shards.map(({ shard: name, read }) => `${name} ${read}`);

test('is read back as it was written; there is none before', async () => {
  const layout = layoutOf(folder, 'd', 10);
  expect(await readVerified(layout, 'box')).toBeUndefined();
  const found = verified([shard('a', { problems: ['a value differs'] }), shard('b')]);
  await writeVerified(layout, found);
  expect(await readVerified(layout, 'box')).toEqual(found);
  expect(await readVerified(layout, 'other')).toBeUndefined();
  expect(verifiedPath(layout, 'box')).toBe(join(folder, 'd', 'load', 'box.verify.json'));
});

test('one that is damaged is named', async () => {
  const layout = layoutOf(join(folder, 'damaged'), 'd', 10);
  await writeVerified(layout, verified([]));
  const path = verifiedPath(layout, 'box');
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -9));
  await expect(readVerified(layout, 'box')).rejects.toMatchObject({ exit: 13, message: expect.stringContaining(path) });
});

test('shards that were not looked at stay, of the same table and as long as they are the same', () => {
  const before = verified([shard('a'), shard('b'), shard('c'), shard('d')]);
  const now = verified([shard('b', { read: 9 })], { run: 'r2' });
  const current = new Map([
    ['a', 'sha-a'],
    ['b', 'sha-b'],
    ['c', 'made again'],
  ]);
  expect(names(mergeVerified(before, now, current))).toEqual(['a 10', 'b 9']);
  expect(mergeVerified(before, now, current).run).toBe('r2');
  expect(names(mergeVerified(before, { ...now, uuid: 'u2' }, current))).toEqual(['b 9']);
  expect(names(mergeVerified(undefined, now, current))).toEqual(['b 9']);
});
