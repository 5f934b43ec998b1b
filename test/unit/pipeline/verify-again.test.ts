import { expect, test } from 'vitest';
import { inclusiveRange } from '../../../src/core/ranges.js';
import { type Problem, type ShardCheck, verifyPlanned } from '../../../src/pipeline/verify.js';
import { mendingCommands } from '../../../src/pipeline/verify-again.js';
import { shardEntry } from '../support.js';

function check(first: number, ...problems: Problem[]): ShardCheck {
  const range = inclusiveRange(BigInt(first), BigInt(first + 9));
  const places = { source: null, files: null, stored: null, read: null };
  return { shard: shardEntry(first, first + 9), range, ...places, problems, unsure: [] };
}
/** So many shards with a problem, none beside another. */
const apart = (many: number, ...problems: Problem[]): ShardCheck[] =>
  Array.from({ length: many }, (_, at) => check(1 + at * 20, ...problems));
const rows: Problem = { kind: 'rows', expected: 10, read: 9 };

test('a command for each range that is apart; of more than twenty one for all between the first and the last', () => {
  expect(mendingCommands(apart(20, rows), [], [], 'boreal').mend).toHaveLength(20);
  expect(mendingCommands(apart(21, rows), [], [], 'boreal').mend).toEqual([
    'make load AGAIN=1 RANGE=1-410 TARGET=boreal',
  ]);
});

test('what removes rows of others stands by itself, with its range', () => {
  const checks = [...apart(30, rows, { kind: 'foreign', rows: 1, example: '3' }), check(1001, rows)];
  expect(mendingCommands(checks, [], [], 'boreal')).toEqual({
    mend: ['make load AGAIN=1 RANGE=1001-1010 TARGET=boreal'],
    replace: ['make load AGAIN=1 REPLACE=1 RANGE=1-590 TARGET=boreal'],
  });
});

test('damaged export files of one source are made again together', () => {
  const damage = (first: number, last: number): Problem => ({
    ...{ kind: 'damage', path: `f${first}`, what: 'is damaged', source: 'images', again: `f${first}` },
    range: inclusiveRange(BigInt(first), BigInt(last)),
  });
  const site: Problem = { kind: 'damage', path: 's', what: 'is damaged', source: 'site', again: 'make export …' };
  const { mend } = mendingCommands([check(1, site, damage(1, 5), damage(6, 10))], [], [], 'boreal');
  expect(mend).toEqual([
    'make export …',
    'make export AGAIN=1 SOURCES=images RANGE=1-10',
    'make join',
    'make load TARGET=boreal',
  ]);
});

test('a planned shard that is there is out of date, whatever part of the shards was compared', () => {
  const planned = [1, 21].map((first) => ({ range: inclusiveRange(BigInt(first), BigInt(first + 19)), ranges: [] }));
  const [there, not] = [shardEntry(1, 20), shardEntry(21, 40)];
  const shards = planned.map((shard, at) => {
    return { shard: { ...shard, generation: 1 }, file: [there, not][at]?.file ?? '', inputs: [], inputsHash: '' };
  });
  const unjoined = verifyPlanned({ shards, done: 0, waiting: [] }, new Map([[there.file, there]]));
  expect(unjoined.map(({ why }) => why)).toEqual(['changed', 'not joined']);
});
