import { expect, test } from 'vitest';
import { spreadShare } from '../../../src/sources/mysql-spread.js';

const upTo = (count: number, id: (index: number) => number): bigint[] =>
  Array.from({ length: count }, (_, index) => BigInt(id(index)));
const span = 1_000_000n;

test('rows that follow each other are spread over next to nothing, in either direction and in steps', () => {
  expect(spreadShare([upTo(200, (i) => 5000 + i)], span)).toBeLessThan(0.001);
  expect(spreadShare([upTo(200, (i) => 900_000 - i * 3)], span)).toBeLessThan(0.001);
});

test('rows that lie anywhere are spread over all of it', () => {
  expect(spreadShare([upTo(200, (i) => (i * 617_033) % 1_000_000)], span)).toBeGreaterThan(0.9);
});

test('a shuffle within blocks is as wide as a block', () => {
  expect(spreadShare([upTo(200, (i) => 300_000 + ((i * 7919) % 50_000))], span)).toBeCloseTo(0.05, 2);
});

test('single rows that lie apart, and single spots, do not count; no sample says nothing', () => {
  const near = upTo(200, (i) => (i % 15 === 0 ? i * 4000 : 5000 + i));
  expect(spreadShare([near], span)).toBeLessThan(0.001);
  const far = upTo(200, (i) => (i * 617_033) % 1_000_000);
  expect(spreadShare([near, far, near], span)).toBeLessThan(0.001);
  expect(spreadShare([], span)).toBe(0);
  expect(spreadShare([[1n], []], span)).toBe(0);
});
