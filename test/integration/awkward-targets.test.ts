import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustRun, runCli } from '../support/cli.js';
import {
  type ClickHouseServer,
  type ClickHouseVersion,
  clickHouseQuery,
  startClickHouse,
} from '../support/clickhouse-server.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fillSources,
  type Migration,
  onServer,
} from '../support/migration.js';
import { cacheDir, freshDataDir, installEnv, searchPath } from '../support/servers.js';
import { casesOf } from '../support/suite.js';

const images = 8000;
const equal = { differences: [], differenceCount: 0, actualRows: images };
const table = 'images_analytical';
let source: Migration;
let data: Env;

beforeAll(async () => {
  source = await fillSources('awkward', { images });
  data = { ...source.env, RANGE_ROWS: '4000', SHARD_ROWS: '4000', DATA_DIR: dataFolder('awkward') };
  for (const command of ['export', 'join']) await mustRun(command, data);
});

/** A server of its own with other limits, closed when the file ends. */
const started: ClickHouseServer[] = [];
afterAll(() => Promise.all(started.map((server) => server.stop())));
async function ownServer(version: ClickHouseVersion, profileXml: string): Promise<ClickHouseServer> {
  const options = { version, cacheDir, dataDir: freshDataDir('awkward'), path: searchPath, installEnv };
  const server = await startClickHouse({ ...options, database: 'awkward', profileXml });
  started.push(server);
  return server;
}
const targetEnv = ({ url, user, password }: ClickHouseServer): Env => ({
  ...data,
  ...{ TARGET: 'box', BOX_URL: url, BOX_USER: user, BOX_PASSWORD: password, BOX_DATABASE: 'awkward', CREATE: '1' },
});
const parts =
  "SELECT max(n) FROM (SELECT count() n FROM system.parts WHERE active AND table = 'images_analytical' GROUP BY partition)";

describe.each(casesOf<ClickHouseVersion>(['25.8'], ['26.7']))('a hosted profile on %s', (version) => {
  it('that fixes the partitions of an insert: groups of months, a bounded number of parts', async () => {
    const fixed =
      '<max_partitions_per_insert_block>100</max_partitions_per_insert_block><constraints>' +
      '<max_partitions_per_insert_block><readonly/></max_partitions_per_insert_block></constraints>';
    const server = await ownServer(version, fixed);
    await mustRun('load', { ...targetEnv(server), DATA_DIR: data.DATA_DIR ?? '' });
    expect(await clickHouseQuery(server, `SELECT count(), uniqExact(image_id) FROM awkward.${table}`)).toBe(
      '8000\t8000\n',
    );
    expect(Number(await clickHouseQuery(server, parts))).toBeLessThanOrEqual(4);
    expect(await mustRun('verify', targetEnv(server))).toContain('no difference');
  });

  it('that limits partitions, inserts asynchronously, fills NULL with defaults and dedups: nothing of it matters', async () => {
    const profile =
      '<max_partitions_per_insert_block>10</max_partitions_per_insert_block><async_insert>1</async_insert>' +
      '<wait_for_async_insert>0</wait_for_async_insert><input_format_null_as_default>1</input_format_null_as_default>' +
      '<date_time_overflow_behavior>ignore</date_time_overflow_behavior><max_insert_block_size>1000</max_insert_block_size>' +
      '<session_timezone>Asia/Tokyo</session_timezone><join_use_nulls>1</join_use_nulls>';
    const server = await ownServer(version, profile);
    const env = targetEnv(server);
    await mustRun('load', env);
    expect(await mustRun('verify', env)).toContain('no difference');
    const days = `SELECT groupBitXor(cityHash64(image_id, toString(toDate(upload_date, 'UTC')), caption, face_x)) FROM`;
    await mustRun('load', { ...data, ...boxEnv('26.7', 'awkward'), CREATE: '1' });
    expect((await clickHouseQuery(server, `${days} awkward.${table}`)).trim()).toBe(
      await onServer('26.7', `${days} awkward.${table}`),
    );
    await clickHouseQuery(server, 'SYSTEM FLUSH LOGS').catch(() => undefined);
    const used = await clickHouseQuery(
      server,
      `SELECT DISTINCT Settings['async_insert'], Settings['input_format_null_as_default'], Settings['date_time_overflow_behavior']
       FROM system.query_log WHERE type = 'QueryFinish' AND query LIKE 'INSERT INTO %images_analytical%'`,
    );
    expect(used).toBe('0\t0\tthrow\n');
    await mustRun('load', { ...env, AGAIN: '1' });
    expect(await clickHouseQuery(server, `SELECT count(), uniqExact(updated_at) FROM awkward.${table}`)).toBe(
      '8000\t1\n',
    );
  });

  it('with little memory: smaller inserts of the same shard', async () => {
    const server = await ownServer(version, '<max_memory_usage>60000000</max_memory_usage>');
    const result = await runCli('load', targetEnv(server));
    const count = await clickHouseQuery(server, `SELECT count(), uniqExact(image_id) FROM awkward.${table}`);
    expect([result.exit, count]).toEqual([0, '8000\t8000\n']);
  });
});

describe('other tables', () => {
  // The other tables of this suite are made after this one's.
  beforeAll(() => mustRun('load', { ...data, ...boxEnv('26.7', 'awkward_few'), CREATE: '1', BOX_INSERT_ROWS: '1500' }));

  it('inserts of few rows each', async () => {
    expect(await compareWithOracle(source, '26.7', 'awkward_few')).toMatchObject(equal);
  });

  it('a table of another name with wider types, no partitions and another order', async () => {
    await onServer('26.7', 'CREATE DATABASE IF NOT EXISTS awkward_wide');
    const wider: Record<string, string> = {
      Bool: 'UInt8',
      UInt8: 'Int32',
      UInt16: 'UInt64',
      UInt32: 'Int64',
      'Decimal(6, 3)': 'Decimal(18, 6)',
      Float32: 'Float32',
      'Array(UInt8)': 'Array(UInt16)',
      'Array(UInt32)': 'Array(Int64)',
      String: 'LowCardinality(String)',
      'LowCardinality(String)': 'String',
      "DateTime('UTC')": "DateTime64(3, 'America/New_York')",
    };
    const columns = (
      await onServer(
        '26.7',
        `SELECT name, type FROM system.columns WHERE database = 'awkward_few' AND table = '${table}' FORMAT TSVRaw`,
      )
    )
      .split('\n')
      .map((line) => line.split('\t') as [string, string])
      .map(([name, type]) => `${name} ${name === 'updated_at' ? type : (wider[type] ?? type)}`)
      .reverse();
    await onServer(
      '26.7',
      `CREATE TABLE awkward_wide.\`my table\` (${columns.join(', ')}, more Nullable(String), note String DEFAULT 'x', two UInt8 ALIAS 2)
       ENGINE = ReplacingMergeTree(updated_at) ORDER BY (upload_date, image_id)`,
    );
    const env = { ...data, ...boxEnv('26.7', 'awkward_wide'), BOX_TABLE: 'my table' };
    expect(await mustRun('load', env)).toMatch(/gets its\s+default/);
    await onServer('26.7', `CREATE VIEW awkward_wide.${table} AS SELECT * FROM awkward_wide.\`my table\``);
    expect(await compareWithOracle(source, '26.7', 'awkward_wide')).toMatchObject(equal);
    expect(await mustRun('verify', env)).toContain('no difference');
    expect(await mustRun('load', env)).toContain('nothing to do');
  });

  it.each(
    casesOf(
      [
        ['width UInt8', 'not every value would fit'],
        ['other UInt16', 'values would be lost'],
        ['width UInt16, more UInt8', 'has no default'],
      ],
      [
        ['width Int16', 'not every value would fit'],
        ['face_x Decimal(6, 2)', 'not every value would fit'],
        ['caption FixedString(10)', 'not every value would fit'],
        ["gender Enum8('men' = 1)", 'not every value'],
        ['Width UInt16', 'case only'],
        ['width UInt16 MATERIALIZED 1', 'the server computes it'],
      ],
    ),
  )('a table with %s: the difference is shown, nothing is loaded', async (column, what) => {
    const database = 'awkward_narrow';
    await onServer('26.7', `DROP DATABASE IF EXISTS ${database} SYNC`);
    await onServer('26.7', `CREATE DATABASE ${database}`);
    const name = (column.split(' ')[0] ?? '').toLowerCase().replace('other', 'width');
    const ddl = (await onServer('26.7', `SHOW CREATE TABLE awkward_few.${table} FORMAT TSVRaw`))
      .replace(`awkward_few.${table}`, `${database}.${table}`)
      .replace(new RegExp(`\`${name}\` [^\\n]*?(,?)\\n`), `${column}$1\n`);
    await onServer('26.7', ddl);
    const result = await runCli('load', { ...data, ...boxEnv('26.7', database) });
    expect([result.exit, result.stdout]).toEqual([2, expect.stringContaining(what)]);
    expect(await onServer('26.7', `SELECT count() FROM ${database}.${table}`)).toBe('0');
  });

  it('a user who may only read: 12, the grant is named', async () => {
    const env = {
      ...data,
      ...boxEnv('26.7', 'awkward_few'),
      BOX_USER: 'reader',
      BOX_PASSWORD: 'only-reads',
      AGAIN: '1',
    };
    const result = await runCli('load', env);
    expect([result.exit, result.stdout + result.stderr]).toEqual([12, expect.stringMatching(/grant[^\n]*INSERT/i)]);
    expect(await mustRun('verify', { ...data, ...boxEnv('26.7', 'awkward_few') })).toContain('no difference');
  });
});
