import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { mustRun } from '../support/cli.js';
import { dataFolder, type Env, fillSources, type Migration } from '../support/migration.js';
import { startOwnClickHouse } from '../support/own-clickhouse.js';

const [shards, months] = [60, 240];
const images = shards * 250;
let source: Migration;
let data: Env;

beforeAll(async () => {
  source = await fillSources('parts', { images, months });
  data = { ...source.env, RANGE_ROWS: '250', SHARD_ROWS: '250', DATA_DIR: dataFolder('parts') };
  for (const command of ['export', 'join']) await mustRun(command, data);
});

vi.setConfig({ testTimeout: 900_000 });

/** What a hosted server's profile may fix. */
const fixed =
  '<max_partitions_per_insert_block>100</max_partitions_per_insert_block><constraints>' +
  '<max_partitions_per_insert_block><readonly/></max_partitions_per_insert_block></constraints>';

it.each([
  ['as it comes', undefined],
  ['whose profile takes 100 partitions an insert', fixed],
])(
  '60 shards of 240 months each into a server %s: exact, its parts bounded, then merged (fault 11)',
  async (_, profile) => {
    const server = await startOwnClickHouse('26.7', profile);
    onTestFinished(() => server.stop());
    const env = { ...data, ...server.env };
    await mustRun('load', env);
    const parts = "FROM system.parts WHERE active AND table = 'images_analytical'";
    const most = `SELECT max(n) FROM (SELECT partition, count() n ${parts} GROUP BY partition)`;
    // And one for the days that are not known.
    expect(await server.ask(`SELECT uniqExact(partition) ${parts}`)).toBe(String(months + 1));
    expect(Number(await server.ask(most))).toBeLessThanOrEqual(100);
    expect(await server.compare(source)).toMatchObject({ differenceCount: 0, actualRows: images });
    expect(await mustRun('optimize', env)).not.toContain('FAILED');
    expect(await server.ask(most)).toBe('1');
    expect(await server.compare(source)).toMatchObject({ differenceCount: 0, actualRows: images });
  },
);
