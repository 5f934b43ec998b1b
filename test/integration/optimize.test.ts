import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { killWhen, mustRun } from '../support/cli.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fillSources,
  type Migration,
  onServer,
} from '../support/migration.js';

const images = 1000;
const shards = 10;
let source: Migration;
let data: Env;

const table = (database: string): string => `${database}.images_analytical`;
const parts = (database: string): string => `FROM system.parts WHERE active AND database = '${database}'`;
const most = (database: string): Promise<string> =>
  onServer('26.7', `SELECT max(n) FROM (SELECT partition, count() n ${parts(database)} GROUP BY partition)`);

/** The shards in a table of their own, with the limits that a table may have. */
async function loaded(name: string, settings = ''): Promise<Env> {
  const database = `optimize_${name}`;
  await onServer('26.7', `DROP DATABASE IF EXISTS ${database} SYNC`);
  const env = { ...data, ...boxEnv('26.7', database), CREATE: '1', WORKERS: '1' };
  if (settings !== '') {
    await mustRun('load', { ...env, RANGE: '1-1' });
    await onServer('26.7', `ALTER TABLE ${table(database)} MODIFY SETTING ${settings}`);
  }
  await mustRun('load', env);
  return env;
}

beforeAll(async () => {
  source = await fillSources('optimize', { images, months: 12 });
  const rows = String(images / shards);
  data = { ...source.env, RANGE_ROWS: rows, SHARD_ROWS: rows, DATA_DIR: dataFolder('optimize') };
  for (const command of ['export', 'join']) await mustRun(command, data);
});

it('every partition becomes one part, also where rows were deleted; then there is nothing to do', async () => {
  const env = await loaded('plain');
  const deleting = "SETTINGS lightweight_delete_mode = 'lightweight_update_force', lightweight_deletes_sync = 2";
  await onServer('26.7', `DELETE FROM ${table('optimize_plain')} WHERE image_id = 7 ${deleting}`);
  expect(await mustRun('optimize', { ...env, DRY_RUN: '1' })).toContain("PARTITION ID '201501' FINAL");
  expect(Number(await most('optimize_plain'))).toBeGreaterThan(1);
  expect(await mustRun('optimize', env)).toMatch(/\d+ units, [\d,]+ rows/);
  expect(
    await onServer(
      '26.7',
      `SELECT count() = uniqExact(partition), max(has_lightweight_delete) ${parts('optimize_plain')} AND NOT startsWith(partition_id, 'patch')`,
    ),
  ).toBe('1\t0');
  expect(await mustRun('optimize', env)).toContain('nothing to do');
});

it('killed on its way, it goes on with what is left; a reply that is lost is no failure', async () => {
  const env = await loaded('killed');
  expect(await killWhen('optimize', env, /optimize 2015\d\d:/)).toBe(true);
  const proxy = await startFaultProxy(env.BOX_URL ?? '');
  proxy.fail({ at: 'reply', bytes: 0, where: /OPTIMIZE TABLE/, times: 2 });
  onTestFinished(() => proxy.close());
  const text = await mustRun('optimize', { ...env, BOX_URL: proxy.url });
  expect([text, proxy.met()]).toEqual([expect.stringMatching(/\d units/), expect.any(Number)]);
  expect(proxy.met()).toBeGreaterThan(0);
  expect(text).not.toContain('trying again');
  expect(await most('optimize_killed')).toBe('1');
  expect(await compareWithOracle(source, '26.7', 'optimize_killed')).toMatchObject({
    differenceCount: 0,
    actualRows: images,
  });
});

it('many shards into a table that takes few parts: the load merges before it goes on (fault 11)', async () => {
  // Nothing merges by itself here: without the load's own merges the eighth shard would be refused.
  const lazy = 'max_bytes_to_merge_at_max_space_in_pool = 1, max_bytes_to_merge_at_min_space_in_pool = 1';
  await loaded('few', `parts_to_delay_insert = 6, parts_to_throw_insert = 7, ${lazy}`);
  expect(Number(await most('optimize_few'))).toBeLessThanOrEqual(6);
  expect(await compareWithOracle(source, '26.7', 'optimize_few')).toMatchObject({
    differenceCount: 0,
    actualRows: images,
  });
});
