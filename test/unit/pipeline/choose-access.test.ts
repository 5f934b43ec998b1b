import { describe, expect, test } from 'vitest';
import { chooseAccess, paysOnePass } from '../../../src/pipeline/choose-access.js';
import type { KeySpread } from '../../../src/sources/source.js';

const keyed = { role: 'keyed', key: 'image_id' } as const;
const indexed = { index: 'image_id' };
const scattered: KeySpread = { spreadBytes: 180e9, tableBytes: 200e9, cacheBytes: 8e9 };

describe('how a source is read', () => {
  test.each([
    ['in one pass where its rows are scattered over more than memory holds', keyed, indexed, scattered, 'one-pass'],
    ['by range where its rows follow the key', keyed, indexed, { ...scattered, spreadBytes: 1e9 }, 'range'],
    ['by range where all of it stays in memory', keyed, indexed, { ...scattered, cacheBytes: 256e9 }, 'range'],
    ['by range where nothing can be said', keyed, indexed, undefined, 'range'],
    ['by range where the dataset says so', { ...keyed, access: 'range' }, indexed, scattered, 'range'],
    ['in one pass where the dataset says so', { ...keyed, access: 'one-pass' }, indexed, undefined, 'one-pass'],
    [
      'in one pass where there is no index, whatever is said',
      { ...keyed, access: 'range' },
      { index: undefined },
      undefined,
      'one-pass',
    ],
    ['whole, a lookup', { ...keyed, role: 'lookup' }, indexed, scattered, 'lookup'],
  ] as const)('%s', (_, source, found, spread, access) => {
    expect(chooseAccess(source, found, spread).access).toBe(access);
  });

  test('and the facts that decided are said', () => {
    expect(chooseAccess(keyed, indexed, scattered).why).toBe(
      'rows of neighbouring image_id are spread over 180.0 GB of its 200.0 GB, and the server keeps 8.0 GB in memory',
    );
    expect(chooseAccess(keyed, indexed, undefined).why).toBe('');
  });
});

test('a few missing ranges of 1,300 are read by the index all the same, if there is one', () => {
  expect(paysOnePass({ index: 'image_id' }, 10, 1300)).toBe(false);
  expect(paysOnePass({ index: 'image_id' }, 130, 1300)).toBe(true);
  expect(paysOnePass({ index: null }, 1, 1300)).toBe(true);
});
