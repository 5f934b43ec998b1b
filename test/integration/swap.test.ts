import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mustRun, runCli } from '../support/cli.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fillSources,
  inData,
  type Migration,
  onServer,
} from '../support/migration.js';
import { casesOf, slowIt } from '../support/suite.js';

const images = 1500;
const equal = { differences: [], differenceCount: 0, actualRows: images };
let source: Migration;
let server: Connection;
/** Two states of the source: what is loaded first, and what comes after a change of most sorting keys. */
let [before, after] = ['', ''];

const table = 'images_analytical';
/** A target that holds the first state, and a data folder with the shards of the second. */
async function loaded(name: string): Promise<Env & { DATA_DIR: string; BOX_DATABASE: string }> {
  const folder = dataFolder(`swap_${name}`);
  const database = `swap_${name}`;
  const env = { ...boxEnv('26.7', database), BOX_DATABASE: database, DATA_DIR: folder };
  await onServer('26.7', `DROP DATABASE IF EXISTS ${database} SYNC`);
  cpSync(before, folder, { recursive: true });
  await mustRun('load', { ...env, CREATE: '1' });
  const ledger = join(inData(folder), 'load');
  cpSync(ledger, join(folder, 'ledger'), { recursive: true });
  rmSync(inData(folder), { recursive: true });
  cpSync(inData(after), inData(folder), { recursive: true });
  cpSync(join(folder, 'ledger'), ledger, { recursive: true });
  return env;
}
const tables = (database: string): Promise<string> =>
  onServer(
    '26.7',
    `SELECT arrayStringConcat(arraySort(groupArray(name)), ' ') FROM system.tables WHERE database = '${database}'`,
  );
const captions = (name: string): Promise<string> =>
  onServer('26.7', `SELECT countIf(caption = 'moved'), count(), uniqExact(image_id) FROM ${name}`);
const old = `0\t${images}\t${images}`;
const moved = `${images}\t${images}\t${images}`;
const ledgerKinds = (env: { DATA_DIR: string }): string[] =>
  readFileSync(join(inData(env.DATA_DIR), 'load', 'box.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { kind: string }).kind);

/** Everything that a reader of the table sees while something goes on. */
async function whileReading<T>(name: string, work: () => Promise<T>): Promise<{ seen: Set<string>; result: T }> {
  const seen = new Set<string>();
  const state = { running: true };
  const reading = (async () => {
    while (state.running) seen.add(await captions(name));
  })();
  try {
    return { seen, result: await work() };
  } finally {
    state.running = false;
    await reading;
  }
}

beforeAll(async () => {
  source = await fillSources('swap', { images, months: 12 });
  server = await mysql.createConnection({ uri: source.env.MYSQL_URL ?? '' });
  const sizes = { ...source.env, RANGE_ROWS: '500', SHARD_ROWS: '500' };
  [before, after] = [dataFolder('swap_before'), dataFolder('swap_after')];
  for (const command of ['export', 'join']) await mustRun(command, { ...sizes, DATA_DIR: before });
  await server.query("UPDATE Images SET caption = 'moved', site_name_id = IF(site_name_id = 9, 8, 9)");
  cpSync(before, after, { recursive: true });
  await mustRun('export', { ...sizes, DATA_DIR: after, AGAIN: '1', SOURCES: 'images' });
  await mustRun('join', { ...sizes, DATA_DIR: after });
});
afterAll(() => server.end());

describe('loading again beside the table', () => {
  it('SWAP=1: all at once, the old table is kept, rollback puts it back, and a swap takes the new one again', async () => {
    const env = await loaded('whole');
    const name = `swap_whole.${table}`;
    expect(await mustRun('load', { ...env, DRY_RUN: '1' })).toContain('would insert');
    expect(await mustRun('load', { ...env, SWAP: '1', DRY_RUN: '1' })).toContain('would load 3 shards');
    expect([await captions(name), await tables('swap_whole')]).toEqual([old, table]);
    const { seen } = await whileReading(name, () => mustRun('load', { ...env, SWAP: '1' }));
    expect([...seen].filter((state) => state !== old && state !== moved)).toEqual([]);
    expect(seen).toContain(old);
    expect(await tables('swap_whole')).toBe(`${table} ${table}_previous`);
    expect([await captions(name), await captions(`${name}_previous`)]).toEqual([moved, old]);
    expect(await compareWithOracle(source, '26.7', 'swap_whole')).toMatchObject(equal);
    expect(await mustRun('load', { ...env, SWAP: '1' })).toContain('nothing to do');
    expect(await mustRun('load', env)).toContain('nothing to do');
    expect(await mustRun('rollback', env)).toContain('holds again what it held before');
    expect([await captions(name), await captions(`${name}_next`)]).toEqual([old, moved]);
    expect(await mustRun('rollback', env)).toContain('nothing to do');
    // What was rolled back is taken again without loading anything.
    expect(await mustRun('load', { ...env, SWAP: '1' })).toMatch(/exchanged: images_analytical[\s\S]*0 units/);
    expect([await captions(name), await captions(`${name}_previous`)]).toEqual([moved, old]);
    // A second swap replaces the table that the first one kept.
    await mustRun('load', { ...env, SWAP: '1', AGAIN: '1' });
    expect([await tables('swap_whole'), await captions(`${name}_previous`)]).toEqual([
      `${table} ${table}_previous`,
      moved,
    ]);
    const versions = `SELECT max(updated_at) FROM ${name}`;
    expect(await onServer('26.7', `SELECT (${versions}) > (SELECT max(updated_at) FROM ${name}_previous)`)).toBe('1');
  });

  it('without it: said that it would be better, then one delete removes what is older', async () => {
    const env = await loaded('place');
    // The reply to the delete is lost: it is looked for, and not sent again.
    const proxy = await startFaultProxy(env.BOX_URL ?? '');
    onTestFinished(() => proxy.close());
    proxy.fail({ at: 'reply', bytes: 0, where: /DELETE FROM/, times: 1 });
    const { seen, result } = await whileReading(`swap_place.${table}`, () =>
      mustRun('load', { ...env, BOX_URL: proxy.url }),
    );
    expect([proxy.met(), result]).toEqual([1, expect.stringMatching(/SWAP=1[\s\S]*looking whether/)]);
    // No image is ever missing: the old row goes after the new one has come.
    expect([...seen].filter((state) => !state.endsWith(`\t${images}`))).toEqual([]);
    expect(await captions(`swap_place.${table}`)).toBe(moved);
    expect(await compareWithOracle(source, '26.7', 'swap_place')).toMatchObject(equal);
    await onServer('26.7', 'SYSTEM FLUSH LOGS');
    const deletes = `SELECT count() FROM system.query_log WHERE type = 'QueryFinish' AND query LIKE 'DELETE FROM \`swap\\_place\`%'`;
    expect(await onServer('26.7', deletes)).toBe('1');
  });

  it.each(
    casesOf(
      [['after the exchange', 'EXCHANGE TABLES {t} AND {t}_next']],
      [
        ['before it', ''],
        ['after the new name', 'EXCHANGE TABLES {t} AND {t}_next; RENAME TABLE {t}_next TO {t}_previous'],
      ],
    ),
  )('a swap that was killed %s is finished by the next load, by whichever', async (_, done = '') => {
    const env = await loaded('killed');
    const name = `swap_killed.${table}`;
    await mustRun('load', { ...env, SWAP: '1' });
    // Back to where the kill found it: the ledger ends with `swap`, the names are as they were then.
    const path = join(inData(env.DATA_DIR), 'load', 'box.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\n]*"kind":"swapped"[^\n]*\n/, ''));
    await onServer('26.7', `EXCHANGE TABLES ${name} AND ${name}_previous`);
    await onServer('26.7', `RENAME TABLE ${name}_previous TO ${name}_next`);
    for (const sql of done.split(';').filter(Boolean)) await onServer('26.7', sql.replaceAll('{t}', name));
    expect(ledgerKinds(env).at(-1)).toBe('swap');
    expect(await mustRun('load', done === '' ? { ...env, SWAP: '1' } : env)).toContain('finished the exchange');
    expect([await tables('swap_killed'), await captions(name), await captions(`${name}_previous`)]).toEqual([
      ...[`${table} ${table}_previous`, moved, old],
    ]);
  });

  slowIt('a swap whose table somebody else changed meanwhile ends with 3, and says so', async () => {
    const env = await loaded('broken');
    await mustRun('load', { ...env, SWAP: '1' });
    const path = join(inData(env.DATA_DIR), 'load', 'box.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\n]*"kind":"swapped"[^\n]*\n/, ''));
    const name = `swap_broken.${table}`;
    await onServer('26.7', `RENAME TABLE ${name} TO ${name}_away`);
    await onServer('26.7', `CREATE TABLE ${name} AS ${name}_away`);
    const result = await runCli('load', env);
    expect([result.exit, result.stderr]).toEqual([3, expect.stringContaining('SWAP_BROKEN')]);
    expect([await captions(`${name}_away`), await captions(`${name}_previous`)]).toEqual([moved, old]);
  });

  slowIt('a rollback that was killed is finished, not turned round', async () => {
    const env = await loaded('back');
    await mustRun('load', { ...env, SWAP: '1' });
    await mustRun('rollback', env);
    const path = join(inData(env.DATA_DIR), 'load', 'box.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\n]*\n$/, ''));
    expect(ledgerKinds(env).at(-1)).toBe('rollback');
    expect(await mustRun('rollback', env)).toContain('interrupted');
    expect(await captions(`swap_back.${table}`)).toBe(old);
  });
});

describe('what a swap must not do', () => {
  it('lose rows: of shards that are not there, of ids that no shard covers', async () => {
    const env = await loaded('lose');
    const part = await runCli('load', { ...env, SWAP: '1', RANGE: '1-100' });
    expect([part.exit, part.stderr]).toEqual([2, expect.stringContaining('SWAP_WHOLE')]);
    const columns = `SELECT * REPLACE(4000000000 AS image_id) FROM swap_lose.${table} LIMIT 1`;
    await onServer('26.7', `INSERT INTO swap_lose.${table} ${columns}`);
    const outside = await runCli('load', { ...env, SWAP: '1' });
    expect([outside.exit, outside.stderr]).toEqual([2, expect.stringMatching(/1 of its 1501 rows.*4000000000/)]);
    expect(await captions(`swap_lose.${table}`)).toBe('0\t1501\t1501');
    await mustRun('load', { ...env, SWAP: '1', REPLACE: '1' });
    expect(await captions(`swap_lose.${table}`)).toBe(moved);
    const manifest = join(inData(env.DATA_DIR), 'plan.json');
    const plan = JSON.parse(readFileSync(manifest, 'utf8'));
    plan.generations.push({ ...plan.generations[0], generation: 2, bounds: ['5000'], end: '6000', rows: 1 });
    writeFileSync(manifest, JSON.stringify(plan));
    const missing = await runCli('load', { ...env, SWAP: '1', AGAIN: '1' });
    expect([missing.exit, missing.stderr]).toEqual([10, expect.stringContaining('SHARDS_MISSING')]);
  });

  it("drop somebody else's table of the other name, or put it in place", async () => {
    const env = await loaded('foreign');
    const previous = `swap_foreign.${table}_previous`;
    await onServer(
      '26.7',
      `CREATE TABLE ${previous} ENGINE = MergeTree ORDER BY image_id AS SELECT toUInt32(1) image_id`,
    );
    for (const [command, more] of [
      ['load', { SWAP: '1' }],
      ['rollback', {}],
    ] as const) {
      const result = await runCli(command, { ...env, ...more });
      expect([result.exit, result.stderr]).toEqual([2, expect.stringContaining('PREVIOUS_EXISTS')]);
    }
    expect([
      await onServer('26.7', `SELECT count() FROM ${previous}`),
      await captions(`swap_foreign.${table}`),
    ]).toEqual(['1', old]);
    await onServer('26.7', `TRUNCATE TABLE ${previous} SYNC`);
    expect((await runCli('rollback', env)).stderr).toContain('PREVIOUS_EXISTS');
  });

  slowIt("touch somebody else's table of that name; an empty one that a killed run made is its own", async () => {
    const env = await loaded('other');
    await onServer(
      '26.7',
      `CREATE TABLE swap_other.${table}_next ENGINE = MergeTree ORDER BY image_id AS SELECT toUInt32(1) image_id`,
    );
    const there = await runCli('load', { ...env, SWAP: '1' });
    expect([there.exit, there.stderr]).toEqual([2, expect.stringContaining('NEXT_EXISTS')]);
    await onServer('26.7', `TRUNCATE TABLE swap_other.${table}_next SYNC`);
    await mustRun('load', { ...env, SWAP: '1' });
    expect(await captions(`swap_other.${table}`)).toBe(moved);
    const nothing = await runCli('rollback', { ...env, BOX_TABLE: 'another' });
    expect([nothing.exit, nothing.stderr]).toEqual([2, expect.stringContaining('TABLE_MISSING')]);
  });

  it('exchange a table that does not hold exactly the shards', async () => {
    const env = await loaded('short');
    const name = `swap_short.${table}`;
    await mustRun('load', { ...env, SWAP: '1' });
    // As if a swap had been killed before the exchange, and someone had written into its table since.
    await onServer('26.7', `RENAME TABLE ${name}_previous TO ${name}_next`);
    await onServer('26.7', `INSERT INTO ${name}_next SELECT * REPLACE(4000000000 AS image_id) FROM ${name} LIMIT 1`);
    const result = await runCli('load', { ...env, SWAP: '1' });
    expect([result.exit, result.stderr]).toEqual([3, expect.stringContaining('not exchanged')]);
    expect([await tables('swap_short'), await captions(name)]).toEqual([`${table} ${table}_next`, moved]);
  });
});
