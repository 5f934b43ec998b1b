import { describe, expect, test } from 'vitest';
import type { RangeCount } from '../../../src/clickhouse/counts.js';
import { type LoadFacts, type LoadWork, planLoad, shardRange } from '../../../src/pipeline/load-plan.js';
import { ledgerEntry, shardEntry } from '../support.js';

const now = 1_700_000_000;
const [v1, v2] = [now - 2000, now - 1000];
const [a, b] = [shardEntry(1, 20), shardEntry(21, 40)];

const count = (versions: Record<number, number>): RangeCount =>
  new Map(Object.entries(versions).map(([version, rows]) => [Number(version), { rows, example: '7' }]));

function plan(facts: Partial<LoadFacts>): LoadWork {
  const rest = { uuid: 'u1', nowSeconds: now, again: false, replace: false, where: 'db.t at local' };
  return planLoad({ shards: [a], counts: [count({})], ledger: [], ...rest, ...facts });
}

const actions = ({ units }: LoadWork): string[] =>
  units.map(({ action, leftovers }) => `${action}${leftovers ? '!' : ''}`);
const done = [
  ledgerEntry('run', v1),
  ledgerEntry('started', v1, a),
  ledgerEntry('inserted', v1, a),
  ledgerEntry('end', v1),
];

describe('what is to be inserted', () => {
  test('nothing there: all shards, with the present second as their version', () => {
    const work = plan({ shards: [a, b], counts: [count({}), count({})] });
    expect(actions(work)).toEqual(['insert', 'insert']);
    expect(work).toMatchObject({ version: now, continued: false, done: 0, stale: [] });
    expect(work.units[0]?.range).toEqual({ from: 1n, to: 21n });
    expect(work.units.map(({ range }) => range)).toEqual([a, b].map(shardRange));
  });

  test('done: nothing', () => {
    const work = plan({ counts: [count({ [v1]: 10 })], ledger: done });
    expect(work).toMatchObject({ units: [], done: 1, stale: [] });
  });

  test('the server is believed and not the ledger: rows that are gone are inserted again (fault 25)', () => {
    expect(actions(plan({ counts: [count({})], ledger: done }))).toEqual(['insert']);
    expect(actions(plan({ counts: [count({ [v1]: 9 })], ledger: done }))).toEqual(['insert']);
  });

  test('the table was dropped and made again: its uuid differs, nothing counts as done', () => {
    expect(actions(plan({ counts: [count({})], ledger: done, uuid: 'u2' }))).toEqual(['insert']);
  });

  test('a shard that changed is inserted and its older rows go once the run has ended', () => {
    const changed = shardEntry(1, 20, { sha256: 'sha-b' });
    const work = plan({ shards: [changed], counts: [count({ [v1]: 10 })], ledger: done });
    expect(actions(work)).toEqual(['insert']);
    expect(work).toMatchObject({ version: now, continued: false });
    expect(work.stale).toHaveLength(1);
  });

  test('AGAIN=1 inserts what is done', () => {
    const work = plan({ counts: [count({ [v1]: 10 })], ledger: done, again: true });
    expect(actions(work)).toEqual(['insert']);
    expect(work.version).toBe(now);
    expect(work.stale).toHaveLength(1);
  });

  test('a shard without rows is no insert', () => {
    expect(plan({ shards: [shardEntry(1, 20, { rows: 0, sha256: '' })] })).toMatchObject({
      units: [],
      done: 1,
      stale: [],
    });
  });

  test('a shard that became empty leaves nothing of it behind', () => {
    const empty = shardEntry(1, 20, { rows: 0, sha256: '' });
    const work = plan({ shards: [empty], counts: [count({ [v1]: 10 })], ledger: done });
    expect(actions(work)).toEqual([]);
    expect(work.stale).toHaveLength(1);
  });
});

describe('a run that was killed goes on', () => {
  const open = [ledgerEntry('run', v2), ledgerEntry('started', v2, a)];

  test('before the insert: with its version', () => {
    const work = plan({ ledger: open });
    expect(actions(work)).toEqual(['insert']);
    expect(work).toMatchObject({ version: v2, continued: true });
  });

  test('part-way: what is there of the version is removed first (fault 10)', () => {
    const work = plan({ counts: [count({ [v2]: 4 })], ledger: open });
    expect(actions(work)).toEqual(['insert!']);
    expect(work).toMatchObject({ version: v2, continued: true, stale: [] });
  });

  test('after the server took all of it: only the record is missing, nothing is sent again (fault 4)', () => {
    const work = plan({ counts: [count({ [v2]: 10 })], ledger: open });
    expect(actions(work)).toEqual(['settle']);
    expect(work).toMatchObject({ version: v2, continued: true, stale: [] });
  });

  describe('with AGAIN=1', () => {
    const reload = [...done, ledgerEntry('run', v2, undefined, { again: true }), ledgerEntry('started', v2, a)];
    const both = [count({ [v1]: 10, [v2]: 10 }), count({ [v1]: 10 })];

    test('a reload goes on with its version: what it has inserted is kept, what it has not is inserted', () => {
      const ledger = [...reload, ledgerEntry('inserted', v2, a)];
      const work = plan({ shards: [a, b], counts: both, ledger, again: true });
      expect(work.units.map(({ shard }) => shard)).toEqual([b]);
      expect(work).toMatchObject({ version: v2, continued: true, done: 1 });
      expect(work.stale.map(({ keep }) => keep)).toEqual([v2, v2]);
    });

    test('a reload of which only the record is missing: settled, one version in the end', () => {
      const work = plan({ shards: [a, b], counts: both, ledger: reload, again: true });
      expect(actions(work)).toEqual(['settle', 'insert']);
      expect(work.units.map(({ version }) => version)).toEqual([v2, v2]);
      expect(work.stale.map(({ keep }) => keep)).toEqual([v2, v2]);
    });

    test('a run that was none is not gone on with: all is inserted under a version that nothing has', () => {
      const ledger = [...open, ledgerEntry('inserted', v2, a), ledgerEntry('started', v2, b)];
      const work = plan({ shards: [a, b], counts: [count({ [v2]: 10 }), count({ [v2]: 10 })], ledger, again: true });
      expect(actions(work)).toEqual(['insert', 'insert']);
      expect(work).toMatchObject({ version: now, continued: false });
      expect(work.stale.map(({ keep }) => keep)).toEqual([now, now]);
    });

    test('a run without the option after it: what is whole stays as it is, each row once', () => {
      const ledger = [...reload, ledgerEntry('inserted', v2, a)];
      const work = plan({ shards: [a], counts: [both[0] ?? new Map()], ledger });
      expect(work).toMatchObject({ units: [], done: 1, stale: [{ keep: v2 }] });
    });
  });

  test('between two shards: the first is done, the second keeps the version', () => {
    const ledger = [...open, ledgerEntry('inserted', v2, a)];
    const work = plan({ shards: [a, b], counts: [count({ [v2]: 10 }), count({})], ledger });
    expect(actions(work)).toEqual(['insert']);
    expect(work.units[0]?.shard).toBe(b);
    expect(work).toMatchObject({ version: v2, continued: true, done: 1 });
  });

  test('before older rows were removed: that is all that is left to do', () => {
    const ledger = [...done, ...open, ledgerEntry('inserted', v2, a)];
    const work = plan({ counts: [count({ [v1]: 10, [v2]: 10 })], ledger });
    expect(work).toMatchObject({ units: [], done: 1, version: v2, continued: true });
    expect(work.stale).toHaveLength(1);
  });

  test('but not with its version where a shard changed that was inserted with it', () => {
    const ledger = [...open, ledgerEntry('inserted', v2, a)];
    const changed = shardEntry(1, 20, { sha256: 'sha-b' });
    const work = plan({ shards: [changed], counts: [count({ [v2]: 10 })], ledger });
    expect(actions(work)).toEqual(['insert']);
    expect(work).toMatchObject({ version: now, continued: false });
    expect(work.stale).toHaveLength(1);
  });

  test('nor where newer rows than it are there', () => {
    const counts = [count({ [v2 + 5]: 3 })];
    expect(plan({ counts, ledger: open, replace: true })).toMatchObject({ version: now, continued: false });
  });

  test('and what it left of a changed shard is removed', () => {
    const changed = shardEntry(1, 20, { sha256: 'sha-b', rows: 12 });
    const work = plan({ shards: [changed], counts: [count({ [v2]: 4 })], ledger: open });
    expect(actions(work)).toEqual(['insert!']);
  });
});

describe('what is removed at the end of the run', () => {
  const range = shardRange(a);

  test('keeps the version just inserted', () => {
    const work = plan({ counts: [count({ [v1]: 10 })], ledger: done, again: true });
    expect(work.stale).toEqual([{ range, keep: now, rows: 10 }]);
  });

  test('never touches the rows of a shard that stays, whatever version this run writes', () => {
    const ledger = [...done, ledgerEntry('run', v2), ledgerEntry('inserted', v2, a), ledgerEntry('end', v2)];
    const work = plan({ shards: [a, b], counts: [count({ [v1]: 10, [v2]: 10 }), count({})], ledger });
    expect(actions(work)).toEqual(['insert']);
    expect(work).toMatchObject({ version: now, stale: [{ range, keep: v2 }] });
  });

  test('REPLACE=1 over a shard that is done removes newer rows of someone else and keeps ours', () => {
    const work = plan({ counts: [count({ [v1]: 10, [now + 9]: 1 })], ledger: done, replace: true });
    expect(work).toMatchObject({ units: [], done: 1, stale: [{ range, keep: v1 }] });
  });

  test('keeps nothing where the shard has no rows any more', () => {
    const empty = shardEntry(1, 20, { rows: 0, sha256: '' });
    const work = plan({ shards: [empty], counts: [count({ [v1]: 10 })], ledger: done });
    expect(work.stale).toEqual([{ range, keep: undefined, rows: 10 }]);
  });

  test('a reload with another hash keeps nothing of the old one, also at an equal count of rows', () => {
    const changed = shardEntry(1, 20, { sha256: 'sha-b' });
    const work = plan({ shards: [changed], counts: [count({ [v1]: 10 })], ledger: done });
    expect(work.stale).toEqual([{ range, keep: work.version, rows: 10 }]);
  });
});

describe('the version', () => {
  test('is greater than any at the target and any in the ledger, though the clock went back', () => {
    const early = [ledgerEntry('run', now + 50), ledgerEntry('end', now + 50)];
    expect(plan({ ledger: early }).version).toBe(now + 51);
    expect(plan({ ledger: early, counts: [count({ [now + 90]: 1 })], replace: true }).version).toBe(now + 91);
    expect(plan({ ledger: [ledgerEntry('end', now + 7, undefined, { uuid: 'other' })] }).version).toBe(now + 8);
  });
});

describe('rows of someone else', () => {
  test('stop, and are shown with an example', () => {
    const facts = { shards: [a, b], counts: [count({}), count({ [v1]: 3, [v2]: 2 })] };
    expect(() => plan(facts)).toThrow(expect.objectContaining({ code: 'FOREIGN_ROWS', exit: 2 }) as Error);
    expect(() => plan(facts)).toThrow(/5 rows .* key 7, in 21-40/);
  });

  test('REPLACE=1 loads over them and removes them', () => {
    const work = plan({ counts: [count({ [now + 9]: 3 })], replace: true });
    expect(actions(work)).toEqual(['insert']);
    expect(work.version).toBe(now + 10);
    expect(work.stale).toHaveLength(1);
  });

  test('versions of another table of that name are foreign too', () => {
    const ledger = done.map((entry) => ({ ...entry, uuid: 'dropped' }));
    expect(() => plan({ counts: [count({ [v1]: 10 })], ledger })).toThrow('did not load');
  });
});
