import { describe, expect, test } from 'vitest';
import type { LiveTable } from '../../../src/clickhouse/live-table.js';
import { type TableFacts, ttlOf } from '../../../src/clickhouse/table-facts.js';
import {
  missingTableFinding,
  type ServerLimits,
  tableFindings,
  targetDiskFinding,
} from '../../../src/pipeline/table-findings.js';

const figures = { count: (value: number) => String(value), bytes: (value: number) => `${value} B` };
const live: LiveTable = {
  ...{ database: 'd', table: 't', uuid: 'u', engine: 'ReplacingMergeTree', versionColumn: 'updated_at' },
  ...{ partitionKey: 'toYYYYMM(upload_date)', sortingKey: 'has_face, image_id', zone: 'UTC', columns: [] },
};
const plain: TableFacts = {
  ...{
    rows: 0,
    bytes: 0,
    partitions: 235,
    views: [],
    ttl: '',
    isPatchable: true,
    refusesDeletes: false,
    replica: undefined,
  },
};
const limits: ServerLimits = { partitions: undefined, knowsPatches: true };
const said = (facts: Partial<TableFacts> = {}, server: Partial<ServerLimits> = {}, more: Partial<LiveTable> = {}) =>
  tableFindings({ ...live, ...more }, [], { ...plain, ...facts }, { ...limits, ...server }, figures).map(
    ({ what, level, found }) => `${what} ${level}: ${found}`,
  );

test('a table as declared: engine, order, partitions, deletes', () => {
  expect(said()).toEqual([
    'table fine: d.t, as declared: ReplacingMergeTree(updated_at), ordered by has_face, image_id',
    'partitions fine: by toYYYYMM(upload_date), 235 so far; an insert takes a whole shard, however many it touches',
    'deletes fine: older rows of a new load go by patch parts',
  ]);
  expect(said({}, {}, { partitionKey: '' })).toHaveLength(2);
});

test('deletes: by patch parts, by a mask in every part, or refused', () => {
  const deletes = (facts: Partial<TableFacts>, server: Partial<ServerLimits> = {}) =>
    tableFindings(live, [], { ...plain, ...facts }, { ...limits, ...server }, figures)[2];
  const slow = deletes({ isPatchable: false });
  expect(slow).toMatchObject({ level: 'warning', found: expect.stringMatching(/by a mask in every part/) });
  expect(slow?.hint).toContain('\nALTER TABLE `d`.`t` MODIFY SETTING enable_block_number_column = 1, ');
  expect(deletes({}, { knowsPatches: false })).toMatchObject({
    level: 'fine',
    found: expect.stringMatching(/by a mask/),
  });
  const refused = deletes({ refusesDeletes: true });
  expect(refused).toMatchObject({ level: 'warning', found: expect.stringMatching(/projections.*refuse every delete/) });
  expect(refused?.hint).toContain("lightweight_mutation_projection_mode = 'rebuild';");
});

test('differences: those that a load stops at are a stop, the others a warning', () => {
  const difference = (stops: boolean) => ({ column: 'c', declared: 'UInt16', live: 'UInt8', what: 'narrower', stops });
  const [stop] = tableFindings(live, [difference(true), difference(false)], plain, limits, figures);
  expect(stop).toMatchObject({
    ...{ level: 'stop', found: 'd.t: 2 differences, 1 would stop a load (see below)' },
    ...{ error: { code: 'TARGET_SCHEMA', exit: 2 }, details: { event: 'table' } },
  });
  const [warning] = tableFindings(live, [difference(false)], plain, limits, figures);
  expect(warning).toMatchObject({ level: 'warning', found: expect.stringContaining('a load goes on') });
});

describe('what hangs on a table is a warning', () => {
  test('views are filled by inserts and by nothing else', () => {
    const [, , , finding] = tableFindings(live, [], { ...plain, views: ['d.by_day', 'd.by_site'] }, limits, figures);
    expect(finding).toMatchObject({
      what: 'views',
      level: 'warning',
      found: expect.stringMatching(/^d\.by_day, d\.by_site: every insert/),
    });
    expect(finding?.hint).toContain('\nDETACH TABLE d.by_day; -- afterwards: ATTACH TABLE d.by_day;\n');
  });

  test('a TTL, and a limit of partitions that cannot be lifted', () => {
    expect(said({ ttl: 'upload_date + toIntervalYear(9)' })[3]).toMatch(/^TTL warning: .*upload_date \+ .*vanishes/);
    expect(said({}, { partitions: 100 })[1]).toMatch(
      /^partitions warning: .* at 100: a shard that touches more goes in by groups/,
    );
  });

  test('a replica that cannot be written is a stop', () => {
    const replica = { isReadonly: true, delaySeconds: 0 };
    const [, , , finding] = tableFindings(live, [], { ...plain, replica }, limits, figures);
    expect(finding).toMatchObject({ level: 'stop', error: { code: 'TARGET_READONLY', exit: 12 } });
    expect(said({ replica: { isReadonly: false, delaySeconds: 7 } })[3]).toMatch(/^replica fine: .*7 s behind/);
  });
});

test.each([
  [
    'CREATE TABLE t (a Date) ENGINE = MergeTree ORDER BY a TTL a + toIntervalDay(1) SETTINGS x = 1',
    'a + toIntervalDay(1)',
  ],
  [
    'CREATE TABLE t (a Date, `b` String TTL a + INTERVAL 1 DAY, c UInt8) ENGINE = MergeTree ORDER BY a',
    'a + INTERVAL 1 DAY',
  ],
  ["CREATE TABLE t (`TTL` Date COMMENT 'a TTL b') ENGINE = MergeTree ORDER BY `TTL` SETTINGS x = 1", ''],
  ['CREATE TABLE t (a Date) ENGINE = MergeTree ORDER BY a', ''],
])('the TTL of %s', (definition, ttl) => expect(ttlOf(definition)).toBe(ttl));

test('a table that is not there: who makes it, and with which privileges', () => {
  expect(missingTableFinding('d.t', undefined, [])).toMatchObject({
    level: 'fine',
    found: 'there is no table d.t: load makes it',
  });
  const create = 'make load TARGET=box CREATE=1';
  expect(missingTableFinding('d.t', create, [])).toMatchObject({
    level: 'warning',
    hint: `let it be made by:\n${create}`,
  });
  expect(missingTableFinding('d.t', create, ['GRANT x;'])).toMatchObject({
    ...{
      level: 'warning',
      found: expect.stringContaining('may not make it'),
      hint: expect.stringContaining('\nGRANT x;\nmake'),
    },
  });
});

test.each([
  [
    { names: ['default'], freeBytes: 1000 },
    10,
    'fine',
    /^1000 B free on default, about 1000 B for a load of 100 rows \(10 B a row, by the shards\)/,
  ],
  [{ names: ['a', 'b'], freeBytes: 999 }, 10, 'warning', /^999 B free on a, b, about 1000 B/],
  [{ names: ['a'], freeBytes: 999 }, 0, 'fine', /^999 B free on a$/],
  [undefined, 10, 'fine', /may not see/],
])('the target disk %j', (disk, rowBytes, level, text) => {
  const found = targetDiskFinding(disk, { rows: 100, rowBytes, basis: 'the shards' }, figures);
  expect(found).toMatchObject({ level, found: expect.stringMatching(text) });
});
