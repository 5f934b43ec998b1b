import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { takeLock } from '../../src/manifest/lock.js';
import { blockExports } from '../support/blocked-export.js';
import { mustRun, runCli, startCli } from '../support/cli.js';
import { fillSmall } from '../support/crash/small-dataset.js';
import { boxEnv, dataFolder, type Env, inData, onServer } from '../support/migration.js';

// Fault 27. An export that is held up at the source runs until the test lets it go on: nothing depends on who is faster.
let env: Env;
let lock: string;
let blocked: { release(): Promise<void> } | undefined;

beforeAll(async () => {
  const folder = dataFolder('k_locks');
  mkdirSync(folder, { recursive: true });
  env = { ...(await fillSmall('k_locks', folder)), ...boxEnv('26.7', 'k_locks'), CREATE: '1', DATA_DIR: folder };
  lock = join(inData(folder), '.lock-export');
  await mustRun('export', env);
  await mustRun('join', env);
});
afterEach(async () => {
  await blocked?.release();
  blocked = undefined;
});

/** An export that holds its lock and waits. */
async function heldUp(): Promise<ReturnType<typeof startCli>> {
  blocked = await blockExports(env);
  const child = startCli('export', { ...env, AGAIN: '1' });
  await vi.waitFor(() => expect(readFileSync(`${lock}.json`, 'utf8')).toContain(`"pid":${child.pid},`), {
    timeout: 30_000,
    interval: 20,
  });
  return child;
}

it('of two that start together one works, the other ends with 11 and names its pid and host', async () => {
  blocked = await blockExports(env);
  const both = [1, 2].map(() => startCli('export', { ...env, AGAIN: '1' }));
  const first = await Promise.race(both.map(async (child) => ({ child, result: await child.result })));
  const other = both.find((child) => child !== first.child);
  expect([first.result.exit, first.result.stderr]).toEqual([
    11,
    expect.stringContaining(`another run holds this stage (process ${other?.pid} on ${hostname()}`),
  ]);
  expect(other?.exitCode).toBeNull();
  await blocked.release();
  expect((await other?.result)?.exit).toBe(0);
});

it('the lock of a killed run is taken over at once', async () => {
  const child = await heldUp();
  child.kill('SIGKILL');
  await child.result;
  await blocked?.release();
  const next = await runCli('export', env);
  expect([next.exit, next.stderr]).toEqual([0, '']);
});

it('shards are loaded and joined while an export of the same data folder runs', async () => {
  const child = await heldUp();
  await mustRun('load', env);
  await mustRun('join', env);
  expect(await onServer('26.7', 'SELECT count() FROM k_locks.images_analytical')).toBe('197');
  expect(child.exitCode).toBeNull();
  await blocked?.release();
  expect((await child.result).exit).toBe(0);
});

it('two targets are loaded at once; a second load into one of them ends with 11', async () => {
  const { BOX_URL = '', BOX_USER = '', BOX_PASSWORD = '' } = env;
  const other = { OTHER_URL: BOX_URL, OTHER_USER: BOX_USER, OTHER_PASSWORD: BOX_PASSWORD, OTHER_DATABASE: 'k_locks2' };
  const release = await takeLock(join(inData(env.DATA_DIR ?? ''), '.lock-load-box'), 'load', () => undefined);
  const [same, another] = await Promise.all([
    runCli('load', env),
    runCli('load', { ...env, ...other, TARGET: 'other' }),
  ]);
  await release();
  expect([same.exit, same.stderr]).toEqual([11, expect.stringContaining(`process ${process.pid} on ${hostname()}`)]);
  expect(another.exit).toBe(0);
});

it('the lock of another host holds while it is touched, and is taken over when it has gone stale', async () => {
  const holder = { pid: 4_000_000, host: 'other-host', since: '2024-01-01T00:00:00.000Z' };
  mkdirSync(`${lock}.held`);
  writeFileSync(`${lock}.json`, JSON.stringify(holder));
  const refused = await runCli('export', env);
  expect([refused.exit, refused.stderr]).toEqual([11, expect.stringContaining('process 4000000 on other-host')]);
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(`${lock}.held`, longAgo, longAgo);
  expect((await runCli('export', env)).exit).toBe(0);
});
