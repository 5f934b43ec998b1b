import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ClickHouse, quoteName } from '../../src/clickhouse/client.js';
import { countFinal, countRanges, deleteRows } from '../../src/clickhouse/counts.js';
import { createTableSql, tableName } from '../../src/clickhouse/ddl.js';
import { openEmbedded } from '../../src/clickhouse/embedded.js';
import { openHttp } from '../../src/clickhouse/http.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../../src/clickhouse/insert.js';
import { findLiveTable, type LiveTable } from '../../src/clickhouse/live-table.js';
import { inclusiveRange } from '../../src/core/ranges.js';
import type { Dataset } from '../../src/dataset/declaration.js';
import { column } from '../../src/dataset/declare.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { openEngine } from '../../src/sql/engine.js';
import { dataFolder } from '../support/migration.js';

const folder = dataFolder('contract-target');
const months = 240;
const perMonth = 50;
const rows = months * perMonth;

const small: Dataset = {
  ...imagesAnalytical,
  columns: [
    column('image_id', 'UInt32', ''),
    column('cluster', 'UInt16', ''),
    column('has_face', 'Bool', ''),
    column('score', 'Float32', ''),
    column('face_x', 'Decimal(6, 3)', ''),
    column('caption', 'String', ''),
    column('ids', 'Array(UInt32)', ''),
    column('upload_date', "DateTime('UTC')", ''),
    column('updated_at', "DateTime('UTC')", '', { place: 'version' }),
  ].map((one) => one.column),
  table: { ...imagesAnalytical.table, name: 'small`"\'quoted', orderBy: ['has_face', 'image_id'] },
};

const kinds: Record<string, () => Promise<ClickHouse> | ClickHouse> = {
  embedded: () => openEmbedded(join(folder, 'clickhouse')),
  'HTTP 26.7': () => http('26.7'),
  'HTTP 25.8': () => http('25.8'),
};

function http(version: '26.7' | '25.8', password?: string): ClickHouse {
  const server = inject('servers').clickhouse[version];
  const url = new URL(server.url);
  return openHttp({
    ...server,
    password: password ?? server.password,
    url,
    text: url.href,
    ca: undefined,
    name: 'box',
    database: 'contract',
    timeoutMs: 60_000,
  });
}

const shard = join(folder, 'shard.parquet');

beforeAll(async () => {
  const engine = await openEngine({ memoryMb: 512, threads: 2, spillDir: join(folder, 'spill') });
  const { mkdirSync } = await import('node:fs');
  mkdirSync(folder, { recursive: true });
  await engine.run(`COPY (SELECT (i + 1)::UINTEGER AS image_id, CASE WHEN i % 3 = 0 THEN NULL ELSE (i % 700)::USMALLINT END AS cluster,
    CASE WHEN i % 5 = 0 THEN NULL ELSE i % 2 = 0 END AS has_face, (i / 7)::FLOAT AS score,
    CASE WHEN i = 1 THEN -999.999 WHEN i = 2 THEN NULL ELSE (i % 1000) / 1000 END::DECIMAL(6,3) AS face_x,
    CASE WHEN i = 4 THEN 'a' || chr(0) || 'b😀\\ ''"' || chr(10) || chr(128) WHEN i = 5 THEN NULL ELSE 'x' END AS caption,
    CASE WHEN i = 6 THEN [] ELSE [i::UINTEGER, 4294967295::UINTEGER] END AS ids,
    CASE WHEN i = 7 THEN NULL ELSE (DATE '2005-01-01' + to_months((i // ${perMonth})::INTEGER))::DATE END AS upload_date
    FROM range(${rows}) r(i)) TO '${shard}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`);
  engine.close();
});

describe.each(Object.keys(kinds))('a target: %s', (kind) => {
  let client: ClickHouse;
  let live: LiveTable;
  const version = 1_700_000_000;
  const insert = (at: number): Promise<void> =>
    client.insertFile({
      head: insertHead(small, live, at),
      structure: fileStructure(small, insertedColumns(small, live)),
      where: '',
      file: shard,
      settings: insertSettings,
      onBytes: () => undefined,
    });
  const one = async (sql: string): Promise<unknown[]> =>
    (await client.rows(sql.replaceAll('{t}', tableName(client.database, small.table.name))))[0] ?? [];

  beforeAll(async () => {
    client = (await kinds[kind]?.()) as ClickHouse;
    await client.command(`CREATE DATABASE IF NOT EXISTS ${quoteName(client.database)}`);
    await client.command(createTableSql(small, client.database, small.table.name));
    live = (await findLiveTable(client, client.database, small.table.name)) as LiveTable;
  });
  afterAll(() => client.close());

  it('describes a table with an awkward name, and has none where there is none', async () => {
    expect(live.columns.map(({ name }) => name)).toEqual(small.columns.map(({ name }) => name));
    expect(live.partitionKey).toBe('toYYYYMM(upload_date)');
    expect(await findLiveTable(client, client.database, 'nothing')).toBeUndefined();
  });

  it('takes a shard of 240 months as one part a partition, unknown-values and version applied', async () => {
    await insert(version);
    const [count] = await countRanges(client, live, 'image_id', 'updated_at', [inclusiveRange(1n, BigInt(rows))]);
    expect([...(count ?? [])]).toEqual([[version, { rows, example: '1' }]]);
    const parts =
      await client.rows(`SELECT max(n), count() FROM (SELECT count() n FROM system.parts WHERE active AND table = 'small\`"\\'quoted'
      AND database = '${client.database}' GROUP BY partition)`);
    expect(parts).toEqual([['1', String(months + 1)]]);
    expect(
      await one(
        'SELECT countIf(cluster = 0), countIf(has_face), uniqExact(updated_at), hex(anyIf(caption, image_id = 5)) FROM {t} WHERE image_id IN (1, 4, 5)',
      ),
    ).toEqual(['2', '1', '1', '6100' + '62F09F98805C2027220AC280']);
    expect(await one('SELECT toString(face_x), reinterpretAsUInt32(score) FROM {t} WHERE image_id = 2')).toEqual([
      '-999.999',
      bits(1 / 7),
    ]);
    expect(
      await one('SELECT toString(face_x), caption, toString(toDate(upload_date)), ids FROM {t} WHERE image_id IN (3) '),
    ).toEqual(['0', 'x', '2005-01-01', [2, 4294967295]]);
    expect(await one('SELECT caption, length(ids) FROM {t} WHERE image_id = 6')).toEqual(['', '2']);
    expect(await one('SELECT toString(upload_date), length(ids) FROM {t} WHERE image_id = 8')).toEqual([
      '1970-01-01 00:00:00',
      '2',
    ]);
  });

  it('a shard loaded again under a newer version: the older rows are removed, only they', async () => {
    await insert(version + 5);
    const ranges = [inclusiveRange(1n, 100n), inclusiveRange(101n, BigInt(rows))];
    const before = await countRanges(client, live, 'image_id', 'updated_at', ranges);
    expect(before.map((count) => [...count.keys()].sort())).toEqual([
      [version, version + 5],
      [version, version + 5],
    ]);
    await deleteRows(client, live, 'image_id', ranges.slice(1), `updated_at != toDateTime(${version + 5}, 'UTC')`);
    const after = await countRanges(client, live, 'image_id', 'updated_at', ranges);
    expect(after.map((count) => [...count.keys()].sort())).toEqual([[version, version + 5], [version + 5]]);
    expect(await countFinal(client, live, 'image_id', ranges)).toEqual([100, rows - 100]);
  });

  it('a table made anew is another table', async () => {
    await client.command(`DROP TABLE ${tableName(client.database, small.table.name)} SYNC`);
    await client.command(createTableSql(small, client.database, small.table.name));
    const again = await findLiveTable(client, client.database, small.table.name);
    expect(again?.uuid).not.toBe(live.uuid);
    expect(again?.uuid).not.toMatch(/^0{8}-/);
  });

  it('what the server refuses comes as an error with its number and a hint', async () => {
    const error = await client.rows('SELECT 1 FROM nothing.nowhere').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TARGET_FAILED', exit: 3, number: 81, retryable: false });
  });
});

it.each(['26.7', '25.8'] as const)('HTTP %s: a wrong password is refused with 12 and not repeated', async (version) => {
  const client = http(version, 'secret#word');
  const error = (await client.rows('SELECT 1').catch((thrown: unknown) => thrown)) as Error;
  expect(error).toMatchObject({ exit: 12, code: 'TARGET_REFUSED' });
  expect(error.message).not.toContain('secret#word');
  await client.close();
});

/** The bits of a Float32, as a server shows them. */
function bits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}
