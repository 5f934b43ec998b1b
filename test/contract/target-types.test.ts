import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClickHouse, quoteName } from '../../src/clickhouse/client.js';
import { compareTable } from '../../src/clickhouse/compare.js';
import { tableName } from '../../src/clickhouse/ddl.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../../src/clickhouse/insert.js';
import { findLiveTable, type LiveTable } from '../../src/clickhouse/live-table.js';
import type { JoinedDataset } from '../../src/dataset/declaration.js';
import { column } from '../../src/dataset/declare.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import type { ShardEntry } from '../../src/manifest/entries.js';
import { verifyDeep } from '../../src/pipeline/verify-deep.js';
import { verifyTarget } from '../../src/pipeline/verify-target.js';
import { columnFactsSql } from '../../src/sql/column-facts.js';
import { type Engine, openEngine } from '../../src/sql/engine.js';
import { openServer, openTarget, targetKinds } from '../support/contract-targets.js';
import { dataFolder } from '../support/migration.js';
import { casesOf } from '../support/suite.js';
import { plainCases, type Target, type TypeCase } from '../support/target-cases.js';
import { dayCases, momentCases } from '../support/target-day-cases.js';
import { listCases } from '../support/target-list-cases.js';
import { shardEntry, testContext } from '../unit/support.js';

const folder = dataFolder('contract-target-types');
const database = 'contract_types';
const cases = [...plainCases, ...listCases, ...dayCases, ...momentCases].map((one, index) => ({ ...one, index }));

/** One live column, and what it should show for NULL and for each value. */
interface Place {
  readonly type: string;
  readonly read: string;
  readonly expected: readonly (string | null)[];
}

/** There is no such type, or it would not keep every value (floating point: -0.0). */
const noLowCardinality = /^(Array|Bool|Decimal|Enum|Float|DateTime64|UInt(128|256)|Int(128|256))/;

/** Each live type plainly, as Nullable and as LowCardinality, as far as there is such a type. */
function placesOf({ targets }: TypeCase): Place[] {
  return targets.flatMap(({ types, read, unknown, values }: Target) =>
    types.flatMap((type) => {
      const plain = { type, read: read, expected: [unknown, ...values] };
      if (type.startsWith('Array')) return [plain];
      const shown = (nullable: string): string =>
        `if(isNull(c), NULL, ${read.replaceAll(/\bc\b/g, `assumeNotNull(CAST(c AS ${nullable}))`)})`;
      const nullable = { type: `Nullable(${type})`, read: shown(`Nullable(${type})`), expected: [null, ...values] };
      if (noLowCardinality.test(type)) return [plain, nullable];
      return [
        ...[plain, nullable],
        { ...plain, type: `LowCardinality(${type})`, read: read.replaceAll(/\bc\b/g, `CAST(c AS ${type})`) },
        { ...nullable, type: `LowCardinality(Nullable(${type}))` },
      ];
    }),
  );
}

function datasetOf(one: TypeCase & { index: number }, places: readonly Place[]): JoinedDataset {
  const names = places.map((_, at) => `c${at}`);
  const rest = one.unknown === undefined ? {} : { unknown: one.unknown };
  return {
    ...imagesAnalytical,
    columns: [
      column('image_id', 'UInt32', ''),
      ...names.map((name) => column(name, one.declared, '', rest)),
      column('updated_at', "DateTime('UTC')", '', { place: 'version' }),
    ].map((declared) => declared.column),
    carried: { image_id: 'UINTEGER', ...Object.fromEntries(names.map((name) => [name, one.carried])) },
    table: { ...imagesAnalytical.table, name: `types_${one.index}`, orderBy: ['image_id'], partitionBy: '' },
  };
}

/** Types that a server takes for a mistake, though a table may have them. */
const odd = { allow_suspicious_low_cardinality_types: 1, allow_suspicious_fixed_string_types: 1 };

const shardOf = (index: number): string => join(folder, `${index}.parquet`);

/** Row 0 holds NULL, the others a value each, the same in all columns; moved, each value stands in the row before. */
async function writeShard(engine: Engine, one: TypeCase & { index: number }, moved = false): Promise<void> {
  const columns = placesOf(one).map((_, at) => `v AS c${at}`);
  const values = ['NULL', ...one.literals];
  const rows = values.map((_, id) => {
    return `(${id}, CAST(${values[(id + Number(moved)) % values.length]} AS ${one.carried}))`;
  });
  await engine.run(
    `COPY (SELECT id::UINTEGER AS image_id, ${columns.join(', ')} FROM (VALUES ${rows.join(', ')}) AS given(id, v) ORDER BY id)
     TO '${moved ? movedOf(one.index) : shardOf(one.index)}' (FORMAT parquet, COMPRESSION zstd)`,
  );
}

const movedOf = (index: number): string => join(folder, `${index}-moved.parquet`);

/** The manifest line of such a shard, as the join writes it. */
async function entryOf(engine: Engine, dataset: JoinedDataset, file: string): Promise<ShardEntry> {
  const names = Object.keys(dataset.carried ?? {});
  const [row = []] = await engine.rows(columnFactsSql(dataset, new Map(Object.entries(dataset.carried ?? {})), file));
  const text = (value: unknown): string | null => (value === null ? null : String(value));
  const columns = names.map((name, index) => {
    const [nulls, min, max, hash, nullHash] = row.slice(index * 5);
    const sums = { hash: String(hash), nullHash: String(nullHash) };
    return { name, nulls: Number(nulls), min: text(min), max: text(max), ...sums };
  });
  return shardEntry(0, 99, { file: file.slice(folder.length + 1), rows: Number(row[names.length * 5]), columns });
}

let engine: Engine;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  engine = await openEngine({ memoryMb: 512, threads: 2, spillDir: join(folder, 'spill') });
  for (const one of cases) for (const moved of [false, true]) await writeShard(engine, one, moved);
});
afterAll(() => engine.close());

const hostile = ['HTTP 26.7 as changesValues', 'HTTP 25.8 as changesValues'] as const;
const [embedded, newer, older] = targetKinds;
type Kind = (typeof targetKinds)[number] | (typeof hostile)[number];
const kinds = casesOf<Kind>([embedded, newer], [older, ...hostile]);

describe.each(kinds)('values in live columns of every type: %s', (kind) => {
  let serial = cases.length;
  let client: ClickHouse;
  /** Reads what is there, whatever the profile says. */
  let reader: ClickHouse;
  beforeAll(async () => {
    if (kind === hostile[0] || kind === hostile[1]) {
      const version = kind === hostile[0] ? '26.7' : '25.8';
      client = openServer(version, `${database}_hostile`, 'changesValues');
      reader = openServer(version, `${database}_hostile`);
    } else {
      client = await openTarget(kind, join(folder, 'clickhouse'), database);
      reader = client;
    }
    await client.command(`CREATE DATABASE IF NOT EXISTS ${quoteName(client.database)}`);
  });
  afterAll(async () => {
    await client.close();
    if (reader !== client) await reader.close();
  });

  async function liveTable(dataset: JoinedDataset, places: readonly Place[]): Promise<LiveTable> {
    const where = tableName(client.database, dataset.table.name);
    const columns = places.map(({ type }, at) => `c${at} ${type}`);
    await reader.command(
      `CREATE TABLE ${where} (image_id UInt32, ${columns.join(', ')}, updated_at DateTime('UTC'))
       ENGINE = ReplacingMergeTree(updated_at) ORDER BY image_id`,
      odd,
    );
    return (await findLiveTable(client, client.database, dataset.table.name)) as LiveTable;
  }

  const insert = (dataset: JoinedDataset, live: LiveTable, file: string): Promise<void> =>
    client.insertFile({
      head: insertHead(dataset, live, 1_700_000_000),
      structure: fileStructure(dataset, insertedColumns(dataset, live)),
      where: '',
      file,
      settings: insertSettings,
      onBytes: () => undefined,
    });

  it.each(cases)('$declared carried as $carried', async (one) => {
    const places = placesOf(one);
    const dataset = datasetOf(one, places);
    const live = await liveTable(dataset, places);
    expect(compareTable(dataset, live)).toEqual([]);
    await insert(dataset, live, shardOf(one.index));
    const reads = places.map(({ read }, at) => read.replaceAll(/\bc\b/g, `c${at}`));
    const rows = await reader.rows(
      `SELECT ${reads.join(', ')} FROM ${tableName(live.database, live.table)} ORDER BY image_id`,
      odd,
    );
    const found = places.map(({ type }, at) => [type, ...rows.map((row) => row[at])]);
    expect(found).toEqual(places.map(({ type, expected }) => [type, ...expected]));
    await compareBack(one, places, dataset, live);
  });

  /** The certificate and the values read back say that all is equal, and that nothing is where every value was moved. */
  async function compareBack(
    one: TypeCase & { index: number },
    places: readonly Place[],
    dataset: JoinedDataset,
    live: LiveTable,
  ): Promise<void> {
    const entries = [shardOf(one.index), movedOf(one.index)].map((file) => entryOf(engine, dataset, file));
    const [shard, moved] = (await Promise.all(entries)) as [ShardEntry, ShardEntry];
    const side = { client, live, own: new Set<number>() };
    const typeOf = (name: string): string => places[Number(name.slice(1))]?.type ?? name;
    const [whole] = (await verifyTarget(side, dataset, [shard])).shards;
    expect(whole).toMatchObject({ otherKeys: false, stored: shard.rows, read: shard.rows });
    expect(whole?.columns.filter(({ kind }) => kind === 'differs')).toEqual([]);
    const { shards: other, uncompared } = await verifyTarget(side, dataset, [moved]);
    const said = new Set([...(other[0]?.columns ?? []), ...uncompared].map(({ column: name }) => name));
    const silent = places.flatMap(({ type, expected }, at) =>
      new Set(expected).size > 1 && !said.has(`c${at}`) ? [type] : [],
    );
    expect(silent).toEqual([]);
    if (kind === hostile[0] || kind === hostile[1]) return;
    const layout = { dataset: 'd', dataDir: folder, root: folder, shards: folder, digits: 10 };
    const context = testContext({ layout });
    const tools = { side, dataset, engine, hiding: new Set<string>() };
    const { checks, result } = await verifyDeep(context, tools, [shard]);
    expect(result.failed).toEqual([]);
    expect(checks[0]?.values.map((value) => ({ ...value, column: typeOf(value.column) }))).toEqual([]);
    expect(checks[0]?.differs).toBe(false);
    if (kind !== 'embedded') return;
    const { checks: movedChecks } = await verifyDeep(context, tools, [moved]);
    const listed = new Set(movedChecks[0]?.columns.map(({ column: name }) => name));
    expect(places.filter(({ expected }, at) => new Set(expected).size > 1 && !listed.has(`c${at}`))).toEqual([]);
  }

  // A narrower look at them would take each for the value that was loaded.
  it.each([
    ['UInt8', 'UTINYINT', 'UInt16', '5', '261'],
    ['UInt32', 'UINTEGER', 'UInt64', '5', '4294967301'],
    ['Int8', 'TINYINT', 'Int64', '-1', '4294967295'],
    ['UInt64', 'UBIGINT', 'UInt256', '5', "toUInt256('18446744073709551621')"],
    ['Bool', 'BOOLEAN', 'UInt8', 'true', '3'],
    ['Float32', 'FLOAT', 'Float64', '0.1', '0.1'],
    ['Float64', 'DOUBLE', 'Float64', '0.1', "toFloat64('0.10000000000000002')"],
    ['Decimal(6, 3)', 'DECIMAL(6,3)', 'Decimal(18, 6)', '1.5', "toDecimal64('1.500001', 6)"],
    ['Decimal(65, 30)', 'VARCHAR', 'Decimal(76, 31)', "'1.5'", "toDecimal256('1.5000000000000000000000000000001', 31)"],
    ["DateTime('UTC')", 'DATE', "DateTime('UTC')", "DATE '2024-02-29'", "toDateTime('2024-02-29 00:00:01', 'UTC')"],
    [
      "DateTime('UTC')",
      'DATE',
      "DateTime64(3, 'Asia/Tokyo')",
      "DATE '2024-02-29'",
      "toDateTime64('2024-02-29 00:00:00.001', 3, 'Asia/Tokyo')",
    ],
    [
      "DateTime64(6, 'UTC')",
      'TIMESTAMP',
      "DateTime64(8, 'UTC')",
      "TIMESTAMP '2024-02-29'",
      "toDateTime64('2024-02-29 00:00:00.00000001', 8, 'UTC')",
    ],
    [
      "Array(DateTime('UTC'))",
      'DATE[]',
      "Array(DateTime('UTC'))",
      "[DATE '2024-02-29']",
      "[toDateTime('2024-02-29 12:00:00', 'UTC')]",
    ],
    ['Array(UInt8)', 'UTINYINT[]', 'Array(UInt16)', '[5]', '[261]'],
  ])('a %s (%s) in %s that was %s and became %s is found', async (declared, carried, type, literal, changed) => {
    if (kind === hostile[0] || kind === hostile[1]) return;
    const one = { index: serial++, declared, carried, literals: [literal], targets: [] };
    const places = [{ type, read: '', expected: [] }];
    await engine.run(
      `COPY (SELECT 0::UINTEGER AS image_id, CAST(${literal} AS ${carried}) AS c0) TO '${shardOf(one.index)}' (FORMAT parquet)`,
    );
    const dataset = datasetOf(one, places);
    const live = await liveTable(dataset, places);
    const where = tableName(live.database, live.table);
    await reader.command(`INSERT INTO ${where} SELECT 0, CAST(${changed} AS ${type}), toDateTime(1700000000, 'UTC')`);
    const shard = await entryOf(engine, dataset, shardOf(one.index));
    const side = { client, live, own: new Set<number>() };
    const [found] = (await verifyTarget(side, dataset, [shard])).shards;
    expect(found?.columns.map(({ column: name }) => name)).toEqual(['c0']);
    const layout = { dataset: 'd', dataDir: folder, root: folder, shards: folder, digits: 10 };
    const tools = { side, dataset, engine, hiding: new Set<string>() };
    const { checks } = await verifyDeep(testContext({ layout }), tools, [shard]);
    expect(checks[0]?.values).toMatchObject([{ key: '0', column: 'c0' }]);
    expect(checks[0]?.values[0]?.found).not.toBe(checks[0]?.values[0]?.expected);
  });

  // The join lets none of these through; a server would wrap them, or take 0 for NULL.
  it.each([
    ['a day that its zone has after the last second', "DateTime('Pacific/Honolulu')", 'DATE', "DATE '2106-02-07'"],
    ['a day that Date does not reach', 'Date', 'DATE', "DATE '2149-06-07'"],
    ['a day in a list that Date does not reach', 'Array(Date)', 'DATE[]', "[DATE '2149-06-07']"],
    ['a NULL in a list of days', 'Array(Date32)', 'DATE[]', "[DATE '2024-01-01', NULL]"],
    ['a NULL in a list', 'Array(UInt8)', 'UTINYINT[]', '[1, NULL]'],
    ['a moment before 1970', "DateTime('UTC')", 'TIMESTAMP', "TIMESTAMP '1969-12-31 23:59:59'"],
    ['a moment after 2106', "DateTime('UTC')", 'TIMESTAMP WITH TIME ZONE', "TIMESTAMPTZ '2106-02-07 06:28:16+00'"],
    ['an unknown-value that the type cannot hold', 'UInt16', 'USMALLINT', 'NULL', '-1'],
  ])('%s stops the insert', async (_, type, carried, literal, unknown?: string) => {
    const index = serial++;
    const base = { index, declared: type, carried, literals: [literal], targets: [] };
    const one = unknown === undefined ? base : { ...base, unknown };
    const places = [{ type, read: '', expected: [] }];
    const engine = await openEngine({ memoryMb: 512, threads: 2, spillDir: join(folder, 'spill') });
    await engine.run(
      `COPY (SELECT 1::UINTEGER AS image_id, CAST(${literal} AS ${carried}) AS c0) TO '${shardOf(index)}' (FORMAT parquet)`,
    );
    engine.close();
    const dataset = datasetOf(one, places);
    const live = await liveTable(dataset, places);
    await expect(insert(dataset, live, shardOf(index))).rejects.toMatchObject({ exit: 3 });
    expect(await reader.rows(`SELECT count() FROM ${tableName(live.database, live.table)}`)).toEqual([['0']]);
  });
});
