import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClickHouse, quoteName } from '../../src/clickhouse/client.js';
import { countFinal, countRanges, deleteRows } from '../../src/clickhouse/counts.js';
import { createTableSql, oddTypes, tableName } from '../../src/clickhouse/ddl.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../../src/clickhouse/insert.js';
import { findLiveTable, type LiveTable } from '../../src/clickhouse/live-table.js';
import { inclusiveRange } from '../../src/core/ranges.js';
import type { JoinedDataset } from '../../src/dataset/declaration.js';
import { column } from '../../src/dataset/declare.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { openEngine } from '../../src/sql/engine.js';
import { openServer } from '../support/contract-targets.js';
import type { HostileUser } from '../support/hostile-users.js';
import { dataFolder } from '../support/migration.js';

/** Names that the counting query could take for its own, and types that a profile could change. */
const dataset: JoinedDataset = {
  ...imagesAnalytical,
  key: { name: 'place', digits: 10 },
  columns: [
    column('place', 'UInt32', ''),
    column('v', 'LowCardinality(UInt8)', ''),
    column('code', 'FixedString(300)', ''),
    column('words', 'Array(String)', ''),
    column('taken', 'DateTime', ''),
    column('Case', 'UInt8', ''),
    column('updated_at', "DateTime('UTC')", '', { place: 'version' }),
  ].map((one) => one.column),
  carried: { place: 'UINTEGER', v: 'UTINYINT', code: 'BLOB', words: 'VARCHAR[]', taken: 'DATE', Case: 'UTINYINT' },
  table: {
    ...{ name: 'hostile', engine: 'ReplacingMergeTree', version: 'updated_at', partitionBy: 'toYYYYMM(taken)' },
    orderBy: ['place'],
    settings: {
      non_replicated_deduplication_window: '1000',
      enable_block_number_column: '1',
      enable_block_offset_column: '1',
    },
  },
};
const [months, rows, version] = [6, 120, 1_700_000_000];
const folder = dataFolder('contract-hostile');
const shard = join(folder, 'shard.parquet');
const whole = [inclusiveRange(1n, BigInt(rows))];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const engine = await openEngine({ memoryMb: 512, threads: 2, spillDir: join(folder, 'spill') });
  await engine.run(`COPY (SELECT (i + 1)::UINTEGER AS place, CASE WHEN i % 2 = 0 THEN 7 END::UTINYINT AS v, 'a'::BLOB AS code,
    CASE WHEN i % 3 = 0 THEN NULL ELSE ['x', ''] END AS words, DATE '2024-01-01' + to_months((i % ${months})::INTEGER) AS taken,
    1::UTINYINT AS "Case" FROM range(${rows}) r(i) ORDER BY 1) TO '${shard}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  engine.close();
});

describe.each(['26.7', '25.8'] as const)('ClickHouse %s, with a profile that says otherwise (rule 10)', (server) => {
  const open = new Map<HostileUser | 'admin', ClickHouse>();
  /** A client of that user; all of them work on one table a test. */
  const as = (user: HostileUser | 'admin'): ClickHouse => {
    const client = open.get(user) ?? openServer(server, 'contract_hostile', user === 'admin' ? undefined : user);
    open.set(user, client);
    return client;
  };
  const name = tableName('contract_hostile', 'hostile');
  const found = async (user: HostileUser | 'admin'): Promise<LiveTable> =>
    (await findLiveTable(as(user), 'contract_hostile', 'hostile')) as LiveTable;
  async function fresh(user: HostileUser | 'admin'): Promise<LiveTable> {
    await as('admin').command(`CREATE DATABASE IF NOT EXISTS ${quoteName('contract_hostile')}`);
    await as('admin').command(`DROP TABLE IF EXISTS ${name} SYNC`);
    await as(user).command(createTableSql(dataset, 'contract_hostile', 'hostile'), oddTypes);
    return found(user);
  }
  async function insert(user: HostileUser | 'admin', live: LiveTable, at: number, pieces = 1): Promise<void> {
    for (let piece = 0; piece < pieces; piece++) {
      await as(user).insertFile({
        head: insertHead(dataset, live, at),
        structure: fileStructure(dataset, insertedColumns(dataset, live)),
        where: pieces === 1 ? '' : ` WHERE cityHash64(\`place\`) % ${pieces} = ${piece}`,
        file: shard,
        settings: insertSettings,
        onBytes: () => undefined,
      });
    }
  }
  const counted = async (user: HostileUser | 'admin', live: LiveTable): Promise<unknown[]> => {
    const [count] = await countRanges(as(user), live, 'place', 'updated_at', whole);
    return [...(count ?? [])].map(([at, one]) => [at, one.rows]).sort();
  };

  afterAll(async () => {
    for (const client of open.values()) await client.close();
  });

  it.each(['changesValues', 'changesCounts', 'cachesAnswers'] as const)(
    '%s: the table is made and seen as it is declared',
    async (user) => {
      const live = await fresh(user);
      const seen = live.columns.map((one) => `${one.name} ${one.type}`);
      expect(seen).toEqual(dataset.columns.map((one) => `${one.name} ${one.type}`));
      expect(live.zone).toBe((await found('admin')).zone);
      expect(live.zone).not.toBe('Asia/Tokyo');
    },
  );

  it('changesValues: all of a shard goes in at once, one part a month, days as the server’s zone has them', async () => {
    const live = await fresh('changesValues');
    await insert('changesValues', live, version);
    expect(
      await as('admin').rows(
        `SELECT count(), uniqExact(toUnixTimestamp(taken) % 86400), sum(v), countIf(words = []), uniqExact(length(code)) FROM ${name}`,
      ),
    ).toEqual([[String(rows), '1', String((rows / 2) * 7), String(rows / 3), '1']]);
    const parts = `SELECT max(n), count() FROM (SELECT count() n FROM system.parts WHERE active AND database = 'contract_hostile' GROUP BY partition)`;
    expect(await as('admin').rows(parts)).toEqual([['1', String(months)]]);
  });

  it('changesValues: what was removed and is sent again is not taken for a repetition (fault 25)', async () => {
    const live = await fresh('changesValues');
    await insert('changesValues', live, version);
    await deleteRows(as('changesValues'), live, 'place', whole, '1');
    await insert('changesValues', live, version);
    expect(await counted('admin', live)).toEqual([[version, rows]]);
  });

  it('changesValues: the pieces of a shard are all of it', async () => {
    const live = await fresh('changesValues');
    await insert('changesValues', live, version, 3);
    expect(await counted('admin', live)).toEqual([[version, rows]]);
  });

  it('changesCounts: all versions are counted, and removed rows are not', async () => {
    const live = await fresh('changesCounts');
    await insert('changesCounts', live, version);
    await insert('changesCounts', live, version + 5);
    expect(await counted('changesCounts', live)).toEqual([
      [version, rows],
      [version + 5, rows],
    ]);
    await deleteRows(as('changesCounts'), live, 'place', whole, `updated_at != toDateTime(${version + 5}, 'UTC')`);
    expect(await counted('changesCounts', live)).toEqual([[version + 5, rows]]);
    expect(await countFinal(as('changesCounts'), live, 'place', whole)).toEqual([rows]);
  });

  it('cachesAnswers: what is counted is there now', async () => {
    const live = await fresh('cachesAnswers');
    expect(await counted('cachesAnswers', live)).toEqual([]);
    await insert('cachesAnswers', live, version);
    expect(await counted('cachesAnswers', live)).toEqual([[version, rows]]);
  });

  it.each([
    ['groupsFew', 158],
    ['readsFew', 158],
    ['answersFew', 396],
  ] as const)('%s: a count is whole or fails, with the limit’s name', async (user, number) => {
    const live = await fresh('admin');
    await insert('admin', live, version);
    await insert('admin', live, version + 5);
    await expect(counted(user, live)).rejects.toMatchObject({ number });
  });

  it('hurries: an answer is whole or fails', async () => {
    const slow = 'SELECT max(cityHash64(number, 1)) FROM numbers(100000000000)';
    const error = await as('hurries')
      .rows(slow)
      .catch((thrown: unknown) => thrown);
    // The time is over, or a server expects that it will be.
    expect([159, 160]).toContain((error as { number?: number }).number);
  });
});
