import { afterAll, beforeAll, expect, it } from 'vitest';
import { atStep } from '../support/at-step.js';
import { mustRun } from '../support/cli.js';
import { dataFolder, type Env, fillSources, type Migration } from '../support/migration.js';
import { type OwnClickHouse, startOwnClickHouse } from '../support/own-clickhouse.js';

const images = 2000;
let source: Migration;
let server: OwnClickHouse;
let env: Env;

beforeAll(async () => {
  source = await fillSources('k_server', { images, months: 12 });
  server = await startOwnClickHouse('26.7');
  const sizes = { RANGE_ROWS: '500', SHARD_ROWS: '500', WORKERS: '1' };
  env = { ...source.env, ...sizes, ...server.env, DATA_DIR: dataFolder('k_server') };
  await mustRun('export', env);
  await mustRun('join', env);
});
afterAll(() => server.stop());

it('ClickHouse is killed in the middle of a load and started again: the same command makes it exact', async () => {
  const cut = await atStep('load', env, ['send piece of shard', 2], () => server.kill());
  expect([3, 12]).toContain(cut.exit);
  expect(cut.stdout).toMatch(/connection|connect|ECONN|socket/i);
  await server.startAgain();
  await mustRun('load', env);
  expect(await server.compare(source)).toMatchObject({ differenceCount: 0, actualRows: images });
  expect(await server.ask('SELECT uniqExact(updated_at) FROM own.images_analytical')).toBe('1');
  expect(await mustRun('load', env)).toContain('nothing to do');
});
