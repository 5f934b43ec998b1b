import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ClickHouse, quoteName } from '../../src/clickhouse/client.js';
import { createTableSql, tableName } from '../../src/clickhouse/ddl.js';
import { openEmbedded } from '../../src/clickhouse/embedded.js';
import { openHttp } from '../../src/clickhouse/http.js';
import { findLiveTable, type LiveTable } from '../../src/clickhouse/live-table.js';
import { tableFacts, targetDisk } from '../../src/clickhouse/table-facts.js';
import { loadSettings, targetFacts } from '../../src/clickhouse/target-facts.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { targetConfig } from '../../stages/config.js';
import { boxEnv, dataFolder, onServer, type Version } from '../support/migration.js';

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
      ...{ rows: 0, partitions: 0, views: [], ttl: '', isPatchable: true, replica: undefined },
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
    expect(facts).toMatchObject({ views: [`${client.database}.by_site`], isPatchable: false });
    expect(facts.ttl).toMatch(/^upload_date \+ /);
    expect(facts.ttl).not.toMatch(/SETTINGS/);
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
