import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { mustRun } from '../support/cli.js';
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

const images = 20_000;
let source: Migration;
let data: Env;

vi.setConfig({ testTimeout: 600_000 });

beforeAll(async () => {
  source = await fillSources('cuts', { images });
  data = { ...source.env, RANGE_ROWS: '1000', SHARD_ROWS: '1000', DATA_DIR: dataFolder('cuts') };
  for (const command of ['export', 'join']) await mustRun(command, data);
});

it.each([1, 2, 3])(
  '20 shards into a partitioned table by a way that breaks at random every 2 s (seed %i): one load, exact',
  async (seed) => {
    const database = `cuts_${seed}`;
    const box = boxEnv('26.7', database);
    const proxy = await startFaultProxy(box.BOX_URL ?? '');
    onTestFinished(() => proxy.close());
    // As slow as a way that breaks often is, so that the cuts meet inserts in their course.
    proxy.slow(500_000);
    const cuts = proxy.cutAtRandom(2000, seed);
    const env = { ...data, ...box, BOX_URL: proxy.url, CREATE: '1' };
    const said = await mustRun('load', env);
    expect(cuts()).toBeGreaterThan(2);
    expect(said).toContain('trying again');
    expect(await compareWithOracle(source, '26.7', database)).toEqual(
      expect.objectContaining({ differences: [], differenceCount: 0, actualRows: images }),
    );
    expect(
      await onServer('26.7', `SELECT uniqExact(image_id), uniqExact(updated_at) FROM ${database}.images_analytical`),
    ).toBe(`${images}\t1`);
    expect(await mustRun('load', { ...data, ...box })).toContain('nothing to do');
  },
);
