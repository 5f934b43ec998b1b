import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { type ClickHouse, quoteName } from '../../src/clickhouse/client.js';
import { createTableSql, tableName } from '../../src/clickhouse/ddl.js';
import { openEmbedded } from '../../src/clickhouse/embedded.js';
import { openHttp } from '../../src/clickhouse/http.js';
import { findLiveTable, type LiveTable } from '../../src/clickhouse/live-table.js';
import { tableFacts, targetDisk } from '../../src/clickhouse/table-facts.js';
import { loadSettings, targetFacts } from '../../src/clickhouse/target-facts.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { targetConfig } from '../../stages/config.js';
import { freePort } from '../../stages/demo/server-process.js';
import { startClickHouse } from '../support/clickhouse-server.js';
import { boxEnv, dataFolder, onServer, type Version } from '../support/migration.js';
import { openSource } from '../support/read-source.js';
import { cacheDir, freshDataDir, installEnv, searchPath } from '../support/servers.js';

const database = 'contract_target_facts';
const kinds: Record<string, () => Promise<ClickHouse> | ClickHouse> = {
  embedded: () => openEmbedded(join(dataFolder('contract-target-facts'), 'clickhouse')),
  'HTTP 26.7': () => openHttp(targetConfig(boxEnv('26.7', database), 'box')),
  'HTTP 25.8': () => openHttp(targetConfig(boxEnv('25.8', database), 'box')),
};

describe.each(Object.keys(kinds))('what a target says of itself: %s', (kind) => {
  let client: ClickHouse;
  const make = async (name: string, change = (ddl: string) => ddl): Promise<LiveTable> => {
    await client.command(`DROP TABLE IF EXISTS ${tableName(client.database, name)} SYNC`);
    await client.command(change(createTableSql(imagesAnalytical, client.database, name)));
    return (await findLiveTable(client, client.database, name)) as LiveTable;
  };

  beforeAll(async () => {
    client = (await kinds[kind]?.()) as ClickHouse;
    await client.command(`CREATE DATABASE IF NOT EXISTS ${quoteName(client.database)}`);
  });
  afterAll(() => client.close());

  it('its clock, and every setting that a load sets', async () => {
    const facts = await targetFacts(client, 'nothing');
    expect(facts.version).toMatch(/^2[56]\./);
    expect(Math.abs(facts.clock.aheadMs)).toBeLessThan(2000);
    expect(loadSettings.filter((name) => !facts.settings.has(name))).toEqual([]);
    expect(facts.settings.get('readonly')).toMatchObject({ value: '0' });
    expect([facts.lacking, facts.unreadable]).toEqual([[], []]);
  });

  it('a table as declared: patch parts, no view, no TTL, its rows and partitions', async () => {
    const live = await make('plain');
    expect(await tableFacts(client, live)).toMatchObject({
      ...{ rows: 0, partitions: 0, views: [], ttl: '', isPatchable: true, refusesDeletes: false, replica: undefined },
    });
    await client.command(
      `INSERT INTO ${tableName(client.database, 'plain')} (image_id, upload_date) VALUES (1, '2020-01-01'), (2, '2021-01-01')`,
    );
    const facts = await tableFacts(client, live);
    expect(facts).toMatchObject({ rows: 2, partitions: 2 });
    expect(facts.bytes).toBeGreaterThan(0);
    const disk = await targetDisk(client, live);
    expect(disk?.names).toEqual(['default']);
    expect(disk?.freeBytes).toBeGreaterThan(1e6);
    expect((await targetDisk(client, undefined))?.names).toEqual(['default']);
  });

  it('a table with a TTL, without block numbers, and with a view on it', async () => {
    const live = await make('hung', (ddl) =>
      ddl.replace(/^SETTINGS .*$/m, 'TTL upload_date + INTERVAL 30 YEAR SETTINGS enable_block_number_column = 0'),
    );
    const view = tableName(client.database, 'by_site');
    await client.command(`DROP VIEW IF EXISTS ${view} SYNC`);
    await client.command(
      `CREATE MATERIALIZED VIEW ${view} ENGINE = SummingMergeTree ORDER BY site_name_id
       AS SELECT site_name_id, count() AS n FROM ${tableName(client.database, 'hung')} GROUP BY site_name_id`,
    );
    const facts = await tableFacts(client, live);
    expect(facts).toMatchObject({ views: [`${client.database}.by_site`], isPatchable: false, refusesDeletes: false });
    expect(facts.ttl).toMatch(/^upload_date \+ /);
    expect(facts.ttl).not.toMatch(/SETTINGS/);
  });
});

describe.each(Object.keys(kinds).slice(1))('what the findings say helps: %s', (kind) => {
  it('a table that refuses deletes, or has no patch parts, takes both after the statements', async () => {
    const client = (await kinds[kind]?.()) as ClickHouse;
    onTestFinished(() => client.close());
    const name = tableName(database, 'projected');
    await client.command(`CREATE DATABASE IF NOT EXISTS ${quoteName(database)}`);
    await client.command(`DROP TABLE IF EXISTS ${name} SYNC`);
    await client.command(`CREATE TABLE ${name} (id UInt32, v DateTime, PROJECTION by_v (SELECT id ORDER BY v))
      ENGINE = MergeTree ORDER BY id SETTINGS enable_block_number_column = 0, enable_block_offset_column = 0`);
    await client.command(`INSERT INTO ${name} VALUES (1, 1), (2, 2), (3, 3)`);
    const facts = async () => tableFacts(client, (await findLiveTable(client, database, 'projected')) as LiveTable);
    const remove = (id: number, settings = {}) => client.command(`DELETE FROM ${name} WHERE id = ${id}`, settings);
    expect(await facts()).toMatchObject({ refusesDeletes: true, isPatchable: false });
    await expect(remove(1)).rejects.toMatchObject({ number: 344 });
    await client.command(`ALTER TABLE ${name} MODIFY SETTING lightweight_mutation_projection_mode = 'rebuild'`);
    expect(await facts()).toMatchObject({ refusesDeletes: false, isPatchable: false });
    await remove(1);
    const patch = { lightweight_delete_mode: 'lightweight_update_force', allow_experimental_lightweight_update: 1 };
    await expect(remove(2, patch)).rejects.toMatchObject({ number: 344 });
    await client.command(
      `ALTER TABLE ${name} MODIFY SETTING enable_block_number_column = 1, enable_block_offset_column = 1`,
    );
    expect(await facts()).toMatchObject({ isPatchable: true });
    await remove(2, patch);
    expect(await client.rows(`SELECT groupArray(id) FROM ${name}`)).toEqual([[[3]]]);
  });
});

describe.each(['25.8'] as const)('a user who may little at %s', (version: Version) => {
  const make =
    (settings: string, ...grants: string[]) =>
    async (): Promise<ClickHouse> => {
      await onServer(version, `CREATE DATABASE IF NOT EXISTS ${database}`);
      await onServer(version, `CREATE USER OR REPLACE facts_few IDENTIFIED BY 'few' ${settings}`);
      for (const grant of grants) await onServer(version, `GRANT ${grant} TO facts_few`);
      const { url } = inject('servers').clickhouse[version];
      return openHttp(
        targetConfig({ BOX_URL: url, BOX_USER: 'facts_few', BOX_PASSWORD: 'few', BOX_DATABASE: database }, 'box'),
      );
    };

  it('lacks what the server says; the profile has its bounds', async () => {
    const settings =
      'SETTINGS max_partitions_per_insert_block = 100 CONST, max_memory_usage = 1000 MIN 500 MAX 2000000000, max_execution_time = 7';
    const client = await make(settings, `SELECT ON ${database}.t`, 'CREATE TEMPORARY TABLE ON *.*')();
    // The bound of memory is the server's word: the statements of this test need more.
    const facts = await targetFacts(client, 't').finally(() => client.close());
    expect(facts.user).toBe('facts_few');
    expect(facts.lacking.map(({ privilege }) => privilege)).toEqual(['INSERT', 'ALTER DELETE', 'ALTER UPDATE']);
    expect(facts.settings.get('max_partitions_per_insert_block')).toMatchObject({ value: '100', isFixed: true });
    expect(facts.settings.get('max_execution_time')).toMatchObject({ value: '7', isFixed: false });
    expect(facts.settings.get('max_memory_usage')).toMatchObject({ min: '500', max: '2000000000' });
  });
});

it('a ClickHouse that is taken for another protocol is recognised by what it answers', async () => {
  const [native, asMysql] = [await freePort(), await freePort()];
  const server = await startClickHouse({
    ...{ version: '25.8', cacheDir, dataDir: freshDataDir('ports'), path: searchPath, installEnv },
    configXml: `<tcp_port>${native}</tcp_port><mysql_port>${asMysql}</mysql_port>`,
  });
  const { user, password } = server;
  const client = openHttp(
    targetConfig({ BOX_URL: `http://127.0.0.1:${native}`, BOX_USER: user, BOX_PASSWORD: password }, 'box'),
  );
  const source = openSource({
    ...{ MYSQL_URL: `mysql://127.0.0.1:${asMysql}/default`, MYSQL_USER: user, MYSQL_PASSWORD: password },
  });
  try {
    await expect(client.rows('SELECT 1')).rejects.toMatchObject({
      ...{ code: 'NATIVE_PORT', exit: 2, hint: expect.stringContaining(`port ${new URL(server.url).port}`) },
    });
    await expect(source.facts()).rejects.toMatchObject({ code: 'NOT_MYSQL', exit: 2 });
  } finally {
    await source.close();
    await client.close();
    await server.stop();
  }
});
