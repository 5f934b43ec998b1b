import { describe, expect, test } from 'vitest';
import { insertSettings } from '../../../src/clickhouse/insert.js';
import { loadSettings, type ProfileSetting, type TargetFacts } from '../../../src/clickhouse/target-facts.js';
import { mayBe, serverLimits, targetFindings } from '../../../src/pipeline/target-findings.js';

const figures = { count: (value: number) => String(value), bytes: (value: number) => `${value} B` };
const sizes = { prefix: 'BOX', insertRows: 1_000_000 };
const limits = ['readonly', 'max_execution_time', 'max_memory_usage', 'max_rows_to_read'];

function factsWith(
  changed: Record<string, Partial<ProfileSetting>> = {},
  more: Partial<TargetFacts> = {},
): TargetFacts {
  const names = [...loadSettings, ...limits, ...Object.keys(changed)];
  const settings = new Map(
    names.map((name) => {
      const value = String(insertSettings[name] ?? 0);
      return [name, { name, value, min: undefined, max: undefined, isFixed: false, ...changed[name] }];
    }),
  );
  return {
    ...{ version: '26.7.1.1', where: 'https://box.example.com:8443', user: 'loader', database: 'd', settings },
    ...{ clock: { aheadMs: 0, uncertainMs: 0 }, lacking: [], unreadable: [] },
    ...more,
  };
}
const of = (facts: TargetFacts, what: string) =>
  targetFindings(facts, sizes, figures).filter((one) => one.what === what);

test('a target with all rights is fine in every line', () => {
  const all = targetFindings(factsWith(), sizes, figures);
  expect(all.map(({ what, level }) => `${what} ${level}`)).toEqual([
    'ClickHouse fine',
    'ClickHouse connection fine',
    'privileges fine',
    'profile fine',
  ]);
  expect(all[0]?.found).toBe('26.7.1.1 at https://box.example.com:8443, user loader');
});

test('the embedded one has neither connection nor profile', () => {
  const facts = factsWith({}, { where: 'the embedded ClickHouse' });
  expect(targetFindings(facts, { ...sizes, prefix: undefined }, figures)).toHaveLength(1);
});

test.each([
  ['http://box.example.com:8123', 'warning'],
  ['http://localhost:18123', 'fine'],
  ['http://127.0.0.1:8123', 'fine'],
  ['http://[::1]:8123', 'fine'],
  ['https://box.example.com:8443', 'fine'],
])('%s: not encrypted is a warning where it is not this machine', (where, level) => {
  const [connection] = of(factsWith({}, { where }), 'ClickHouse connection');
  expect(connection).toMatchObject({ level });
  if (level === 'warning') expect(connection?.hint).toContain('\nBOX_URL=https://box.example.com:8443');
});

describe('privileges', () => {
  test('without which no load is possible stop, with the grants to paste', () => {
    const lacking = [
      { privilege: 'INSERT', on: '`d`.`t`' },
      { privilege: 'CREATE TEMPORARY TABLE', on: '*.*' },
    ];
    const [finding] = of(factsWith({}, { lacking, user: 'odd user' }), 'privileges');
    expect(finding).toMatchObject({
      level: 'stop',
      found: 'the user lacks INSERT, CREATE TEMPORARY TABLE',
      error: { code: 'TARGET_PRIVILEGE', exit: 12 },
    });
    expect(finding?.hint.split('\n').slice(1)).toEqual([
      'GRANT INSERT ON `d`.`t` TO `odd user`;',
      'GRANT CREATE TEMPORARY TABLE ON *.* TO `odd user`;',
    ]);
  });

  test('for deletes are a warning', () => {
    const lacking = [{ privilege: 'ALTER DELETE', on: '`d`.`t`' }];
    expect(of(factsWith({}, { lacking }), 'privileges')).toMatchObject([
      { level: 'warning', hint: expect.stringContaining('\nGRANT ALTER DELETE ON `d`.`t` TO loader;') },
    ]);
  });

  test('for system tables are a warning that says what a load goes without', () => {
    const unreadable = ['system.parts', 'system.disks', 'system.storage_policies'];
    const [finding] = of(factsWith({}, { unreadable }), 'system tables');
    expect(finding).toMatchObject({
      level: 'warning',
      found: expect.stringMatching(/too many parts; free space at the target is not known$/),
    });
    expect(finding?.hint).toContain('\nGRANT SELECT ON system.parts TO loader;\n');
  });
});

describe('a profile', () => {
  test.each([
    ['readonly', { value: '2' }, 'stop', /^readonly is 2: nothing can be inserted/],
    ['max_execution_time', { value: '60' }, 'warning', /max_execution_time is 60 s: an insert that takes longer/],
    [
      'max_memory_usage',
      { value: '200000000' },
      'warning',
      /max_memory_usage is 200000000 B, .*1000000 rows.*1100000000 B/,
    ],
    ['max_rows_to_read', { value: '5' }, 'warning', /max_rows_to_read is 5: counts/],
    ['async_insert', { value: '1', isFixed: true }, 'stop', /does not let a load set async_insert = 0/],
    ['max_insert_threads', { value: '4', min: '2' }, 'stop', /does not let a load set max_insert_threads = 1/],
  ] as const)('with %s %j is a %s', (name, setting, level, text) => {
    const found = of(factsWith({ [name]: setting }), 'profile');
    expect(found).toMatchObject([{ level, found: expect.stringMatching(text) }]);
    expect(found[0]?.hint).toContain('\nALTER USER loader MODIFY SETTINGS ');
  });

  test('with room for an insert, or with none to look at, is fine', () => {
    expect(of(factsWith({ max_memory_usage: { value: '2000000000' } }), 'profile')).toMatchObject([{ level: 'fine' }]);
    // Fixed, but as a load would have it.
    expect(of(factsWith({ async_insert: { isFixed: true } }), 'profile')).toMatchObject([{ level: 'fine' }]);
  });

  test('begins with as many rows as its memory holds', () => {
    const [finding] = of(factsWith({ max_memory_usage: { value: '220000000' } }), 'profile');
    expect(finding?.hint.split('\n')[1]).toBe('BOX_INSERT_ROWS=200000');
  });

  test('of a server that does not know what a load sets is a stop', () => {
    const settings = new Map(factsWith().settings);
    settings.delete('insert_deduplication_token');
    expect(of(factsWith({}, { settings }), 'profile')).toMatchObject([
      { level: 'stop', found: expect.stringContaining('insert_deduplication_token'), error: { exit: 12 } },
    ]);
  });

  test('may hold the partitions of an insert: that stops nothing, and is said beside the table', () => {
    const fixed = factsWith({ max_partitions_per_insert_block: { value: '100', isFixed: true } });
    expect(of(fixed, 'profile')).toMatchObject([{ level: 'fine' }]);
    expect(serverLimits(fixed)).toEqual({ partitions: 100, knowsPatches: false });
    const free = factsWith({ max_partitions_per_insert_block: { value: '100' }, enable_lightweight_update: {} });
    expect(serverLimits(free)).toEqual({ partitions: undefined, knowsPatches: true });
  });
});

test.each([
  [{ value: '5' }, 0, true],
  [{ value: '0', isFixed: true }, 0, true],
  [{ value: '5', isFixed: true }, 0, false],
  [{ value: '5', min: '1' }, 0, false],
  [{ value: '5', max: '10' }, 0, true],
  [{ value: '5', max: '10' }, 11, false],
  [{ value: 'ignore' }, 'throw', true],
] as const)('a setting %j may be %s: %s', (setting, value, expected) => {
  const whole = { name: 'x', min: undefined, max: undefined, isFixed: false, ...setting };
  expect(mayBe(whole, value)).toBe(expected);
});
