import { expect, test } from 'vitest';
import { missingRole, planOf } from '../../../src/sources/mongo-facts.js';

/** Explanations in the shapes of several versions, cut to what is looked at. */
const scan = (stage: string, more: object = {}): object => ({ stage: 'FETCH', inputStage: { stage, ...more } });
const byKey = scan('IXSCAN', { indexName: 'image_id_1', keyPattern: { image_id: 1 } });

test.each([
  ['a query', { queryPlanner: { winningPlan: byKey, rejectedPlans: [] } }],
  ['a pipeline', { stages: [{ $cursor: { queryPlanner: { winningPlan: byKey } } }, { $project: {} }] }],
  ['a shard', { shards: { one: { queryPlanner: { winningPlan: byKey } } } }],
  [
    'a plan of the newer engine',
    { queryPlanner: { winningPlan: { queryPlan: byKey, slotBasedPlan: { stages: 'x' } } } },
  ],
  ['a plan among rejected ones', { queryPlanner: { winningPlan: byKey, rejectedPlans: [scan('COLLSCAN')] } }],
])('%s that goes by the index', (_, explained) => {
  expect(planOf(explained)).toEqual({ word: 'IXSCAN', index: 'image_id_1' });
});

test('one that reads the whole collection, in any part', () => {
  expect(planOf({ queryPlanner: { winningPlan: { stage: 'COLLSCAN' } } })).toEqual({
    word: 'COLLSCAN',
    index: undefined,
  });
  const shards = { a: { winningPlan: byKey }, b: { winningPlan: scan('COLLSCAN') } };
  expect(planOf({ shards })).toEqual({ word: 'COLLSCAN', index: undefined });
});

test('one that says nothing known', () => {
  for (const nothing of [{}, null, { ok: 1 }, { queryPlanner: { winningPlan: { stage: 'EOF' } } }])
    expect(planOf(nothing)).toBeUndefined();
});

test('the role that is missing is given to the user where the server knows them', async () => {
  const known = async () => ({ authInfo: { authenticatedUsers: [{ user: 'read"er', db: 'admin' }] } });
  expect(await missingRole(known, 'stock')).toBe(
    'the user needs the role read: db.getSiblingDB("admin").grantRolesToUser("read\\"er", [{ role: "read", db: "stock" }])',
  );
  expect(await missingRole(async () => ({ authInfo: { authenticatedUsers: [] } }), 'stock')).toBe('');
  expect(await missingRole(() => Promise.reject(new Error('no')), 'stock')).toBe('');
});
