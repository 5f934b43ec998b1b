import { expect, test } from 'vitest';
import { keyGroups } from '../../../src/sources/some-keys.js';

test('keys are asked for in groups; without an index in one statement, as each would be a scan', () => {
  const keys = Array.from({ length: 1200 }, (_, at) => BigInt(at));
  const sizes = (index: string | undefined) => [...keyGroups({ index }, keys)].map((group) => group?.length);
  expect(sizes('image_id')).toEqual([500, 500, 200]);
  expect(sizes(undefined)).toEqual([1200]);
  expect([...keyGroups({ index: undefined }, undefined)]).toEqual([undefined]);
});
