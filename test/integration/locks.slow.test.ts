import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { blockExports } from '../support/blocked-export.js';
import { mustRun, startCli } from '../support/cli.js';
import { fillSmall } from '../support/crash/small-dataset.js';
import { dataFolder, inData } from '../support/migration.js';

it('a run whose lock is taken away stops by itself, though it waits for the source', async () => {
  const folder = dataFolder('k_locks_lost');
  mkdirSync(folder, { recursive: true });
  const env = { ...(await fillSmall('k_locks_lost', folder)), DATA_DIR: folder };
  const lock = join(inData(folder), '.lock-export');
  const blocked = await blockExports(env);
  const child = startCli('export', env);
  await vi.waitFor(() => expect(readFileSync(`${lock}.json`, 'utf8')).toContain(`"pid":${child.pid},`), {
    timeout: 30_000,
  });
  rmSync(`${lock}.held`, { recursive: true });
  const { exit, stderr } = await child.result;
  expect([exit, stderr]).toEqual([11, expect.stringContaining('code: LOCK_LOST')]);
  await blocked.release();
  await mustRun('export', env);
});
