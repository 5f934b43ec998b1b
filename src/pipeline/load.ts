import { readdir } from 'node:fs/promises';
import { type ClickHouse, quoteName } from '../clickhouse/client.js';
import { compareTable } from '../clickhouse/compare.js';
import { countRanges, deleteRows, waitForInserts } from '../clickhouse/counts.js';
import { createTableSql, oddTypes, tableName } from '../clickhouse/ddl.js';
import { fileStructure, insertedColumns, insertHead } from '../clickhouse/insert.js';
import { findLiveTable, type LiveTable } from '../clickhouse/live-table.js';
import { exits, TransloadError, usageError } from '../core/errors.js';
import { inPart, overlaps, showRange } from '../core/ranges.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import type { ShardEntry } from '../manifest/entries.js';
import { appendLedger, type LedgerEntry, readLedger, shardStates } from '../manifest/ledger.js';
import { readShards } from '../manifest/manifest.js';
import type { Context, ParquetTools } from './context.js';
import { differencesTable } from './differences.js';
import { sayTaken } from './export-plan.js';
import { joinHash } from './join-plan.js';
import { type LoadUnit, type LoadWork, planLoad, shardRange } from './load-plan.js';
import { type LoadTools, loadShard } from './load-shard.js';
import { unknownCounts, unknownText } from './load-unknowns.js';
import { runStage, type StageResult } from './run-stage.js';

export interface LoadOptions {
  readonly target: string;
  readonly table: string;
  readonly create: boolean;
  readonly replace: boolean;
  readonly insertRows: number;
}

/** The shards that a command works on, in key order; NOTHING_JOINED where there are none. */
export async function chosenShards(context: Pick<Context, 'layout' | 'range' | 'part'>): Promise<ShardEntry[]> {
  const all = [...(await readShards(context.layout)).values()].sort((a, b) =>
    BigInt(a.first) < BigInt(b.first) ? -1 : 1,
  );
  if (all.length === 0) {
    throw new TransloadError(
      exits.nothingYet,
      'NOTHING_JOINED',
      `there are no shards in ${context.layout.shards}`,
      'run `make join` first',
    );
  }
  const { range, part } = context;
  return all
    .filter((shard) => range === undefined || overlaps(shardRange(shard), range))
    .filter((_, index) => inPart(index, part));
}

/** The live table, made first where that is wanted; TARGET_SCHEMA where the declaration does not fit into it. */
async function prepareTable(
  context: Context,
  client: ClickHouse,
  dataset: JoinedDataset,
  options: LoadOptions,
): Promise<LiveTable> {
  const { database } = client;
  let live = await findLiveTable(client, database, options.table);
  if (live === undefined && options.create && !context.dryRun) {
    await client.command(`CREATE DATABASE IF NOT EXISTS ${quoteName(database)}`);
    await client.command(createTableSql(dataset, database, options.table), oddTypes);
    live = await findLiveTable(client, database, options.table);
    context.report({ event: 'note', text: `made table ${database}.${options.table} at ${client.where}` });
  }
  if (live === undefined) {
    throw usageError(
      'TABLE_MISSING',
      `there is no table ${database}.${options.table} at ${client.where}`,
      `to make it: make load TARGET=${options.target} CREATE=1`,
    );
  }
  const differences = compareTable(dataset, live);
  const stopping = differences.filter(({ stops }) => stops);
  if (differences.length > 0) context.report(differencesTable(differences));
  if (stopping.length > 0) {
    throw usageError(
      'TARGET_SCHEMA',
      `${tableName(live.database, live.table)} cannot take the shards: ${stopping.map(({ column }) => column).join(', ')}`,
      'change the table or the dataset; nothing was loaded',
    );
  }
  return live;
}

/** Shards of another declaration than the folder's (a join that has not come to its end) would load in silence. */
function checkCurrent(dataset: JoinedDataset, shards: readonly ShardEntry[]): void {
  const hash = joinHash(dataset, dataset.joined ?? {});
  const stale = shards.filter((shard) => shard.hash !== hash);
  if (stale[0] === undefined) return;
  const text = `${stale.length} of ${shards.length} shards were made with another declaration (${stale[0].file})`;
  throw new TransloadError(exits.nothingYet, 'SHARDS_STALE', text, 'run `make join` first: it makes them anew');
}

/** Loads the shards that the target does not hold yet. Resolves to undefined where nothing was left to do. */
export async function runLoad(
  context: Context,
  client: ClickHouse,
  dataset: JoinedDataset,
  parquet: ParquetTools,
  options: LoadOptions,
): Promise<StageResult | undefined> {
  const { layout } = context;
  const shards = await chosenShards(context);
  checkCurrent(dataset, shards);
  sayTaken(context, shards.map(shardRange));
  await warnForeignFiles(context);
  const live = await prepareTable(context, client, dataset, options);
  const { key, table } = dataset;
  const ledger = await readLedger(layout, options.target);
  const begun = [...shardStates(ledger, live.uuid).values()].filter(({ kind }) => kind === 'started');
  const versions = [...new Set(begun.map(({ version }) => version))];
  if (versions.length > 0 && !context.dryRun && (await waitForInserts(client, live, versions, context.signal))) {
    context.report({ event: 'note', text: 'waited for an insert of the interrupted run' });
  }
  const counts = await countRanges(client, live, key.name, table.version, shards.map(shardRange));
  const where = `${live.database}.${live.table} at ${options.target}`;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const work = planLoad({ ...context, ...options, shards, counts, ledger, uuid: live.uuid, nowSeconds, where });
  if (context.dryRun) {
    sayDryRun(context, dataset, live, work);
    return undefined;
  }
  if (work.units.length === 0 && work.stale.length === 0) return undefined;

  const record = (kind: LedgerEntry['kind'], shard?: ShardEntry, version = work.version): Promise<void> => {
    const { file = '', sha256 = '', rows = 0 } = shard ?? {};
    const common = { format: 1, run: context.run, time: new Date().toISOString(), version } as const;
    const entry = {
      ...common,
      kind,
      database: live.database,
      table: live.table,
      uuid: live.uuid,
      shard: file,
      sha256,
      rows,
    };
    return appendLedger(layout, options.target, entry);
  };
  if (!work.continued) await record('run');
  const tools: LoadTools = {
    client,
    live,
    dataset,
    layout,
    parquet,
    version: work.version,
    insertRows: options.insertRows,
    record: (kind, unit) => record(kind, unit.shard, unit.version),
  };
  const units = work.units.map((unit) => ({
    name: showRange(unit.range),
    rows: unit.shard.rows,
    run: (progress: Parameters<typeof loadShard>[2]) => loadShard(tools, unit, progress),
  }));
  const note = work.continued ? 'goes on with the version of the interrupted run' : '';
  const result = await runStage(context, { stage: 'load', units, alreadyDone: work.done, note });
  if (result.failed.length > 0) return result;
  const loaded = work.units.map(({ shard }) => shard);
  const unknown = unknownText(unknownCounts(dataset, live, loaded));
  if (unknown !== undefined) context.report({ event: 'note', text: unknown });
  await removeOlder(context, tools, work, record);
  await record('end');
  return result;
}

/** Older versions of the loaded ranges go once a run: a delete costs the same for one range and for all. */
async function removeOlder(
  context: Context,
  tools: LoadTools,
  work: LoadWork,
  record: (kind: LedgerEntry['kind'], shard?: ShardEntry, version?: number) => Promise<void>,
): Promise<void> {
  if (work.stale.length === 0) return;
  const { client, live, dataset } = tools;
  context.report({ event: 'note', text: `removing older rows of ${work.stale.length} ranges` });
  const keeps = new Set(work.stale.map(({ keep }) => keep));
  // In the usual case there is one version to keep, and so one delete.
  for (const keep of keeps) {
    const ranges = work.stale.filter((stale) => stale.keep === keep).map(({ range }) => range);
    const others = keep === undefined ? '1' : `${quoteName(dataset.table.version)} != toDateTime(${keep}, 'UTC')`;
    await deleteRows(client, live, dataset.key.name, ranges, others);
  }
  for (const { shard, version } of work.units.filter(isStale(work))) await record('removed', shard, version);
}

function isStale(work: LoadWork): (unit: LoadUnit) => boolean {
  return ({ range }) => work.stale.some((stale) => overlaps(stale.range, range));
}

/** Files that no manifest names are not loaded; that they are there is said (fault 22). */
async function warnForeignFiles({ layout, report }: Context): Promise<void> {
  const known = await readShards(layout);
  const names = await readdir(layout.shards);
  const foreign = names.filter((name) => name.endsWith('.parquet') && !known.has(name));
  if (foreign.length === 0) return;
  report({
    event: 'warning',
    text: `not in the manifest and not loaded: ${foreign.slice(0, 3).join(', ')} (${foreign.length} files)`,
  });
}

function sayDryRun({ report }: Context, dataset: JoinedDataset, live: LiveTable, work: LoadWork): void {
  for (const { range, shard } of work.units)
    report({ event: 'text', text: `would insert ${showRange(range)}: ${shard.rows} rows` });
  for (const { range } of work.stale) report({ event: 'text', text: `would remove older rows of ${showRange(range)}` });
  if (work.units.length === 0) return;
  const columns = insertedColumns(dataset, live);
  report({
    event: 'text',
    text: `${insertHead(dataset, live, work.version)} input('${fileStructure(dataset, columns)}') FORMAT Parquet`,
  });
}
