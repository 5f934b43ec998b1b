import type { ClickHouse } from '../clickhouse/client.js';
import { countRanges, waitForInserts } from '../clickhouse/counts.js';
import { tableName } from '../clickhouse/ddl.js';
import { fileStructure, insertedColumns, insertHead } from '../clickhouse/insert.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { showRange } from '../core/ranges.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import type { ShardEntry } from '../manifest/entries.js';
import { appendLedger, type LedgerEntry, readLedger, shardStates } from '../manifest/ledger.js';
import type { Context, ParquetTools } from './context.js';
import { watchDisk } from './disk-space.js';
import { sayTaken } from './export-plan.js';
import { roomForParts } from './load-parts.js';
import { type LoadWork, planLoad, shardRange } from './load-plan.js';
import { type LoadTools, loadShard, recount } from './load-shard.js';
import { checkCurrent, chosenShards, type LoadOptions, prepareTable, warnForeignFiles } from './load-table.js';
import { unknownCounts, unknownText } from './load-unknowns.js';
import { removeOlder } from './remove-older.js';
import { runStage, type StageResult, type UnitProgress } from './run-stage.js';

/** Everything that a load is handed; the table is looked up or made on the way. */
export interface LoadJob {
  readonly context: Context;
  readonly client: ClickHouse;
  readonly dataset: JoinedDataset;
  readonly parquet: ParquetTools;
  readonly options: LoadOptions;
}

/** Loads the shards that the target does not hold yet. Resolves to undefined where nothing was left to do. */
export async function runLoad(job: LoadJob): Promise<StageResult | undefined> {
  const { context, client, dataset, options } = job;
  const shards = await chosenShards(context);
  checkCurrent(dataset, shards);
  sayTaken(context, shards.map(shardRange));
  await warnForeignFiles(context);
  const live = await prepareTable(context, client, dataset, options);
  const work = await workFor(job, live, shards);
  if (context.dryRun) {
    sayDryRun(context, dataset, live, work);
    return undefined;
  }
  await suggestSwap(job, live, work);
  return loadInto(job, live, work);
}

/** What is left to do in one table, by what the server holds. `above`: the version must be greater. */
export async function workFor(
  { context, client, dataset, options }: LoadJob,
  live: LiveTable,
  shards: readonly ShardEntry[],
  above = 0,
): Promise<LoadWork> {
  const { key, table } = dataset;
  const ledger = await readLedger(context.layout, options.target);
  const begun = [...shardStates(ledger, live.uuid).values()].filter(({ kind }) => kind === 'started');
  const versions = [...new Set(begun.map(({ version }) => version))];
  if (versions.length > 0 && !context.dryRun && (await waitForInserts(client, live, versions, context.signal))) {
    context.report({ event: 'note', text: 'waited for an insert of the interrupted run' });
  }
  const counts = await countRanges(client, live, key.name, table.version, shards.map(shardRange));
  const where = `${live.database}.${live.table} at ${options.target}`;
  const nowSeconds = Math.floor(Date.now() / 1000);
  return planLoad({ ...context, ...options, shards, counts, ledger, uuid: live.uuid, nowSeconds, where, above });
}

/** Appends a line about the table, or about a shard in it, or about the table that it replaces, to the target's ledger. */
export type Recorder = (
  kind: LedgerEntry['kind'],
  version: number,
  more?: Partial<Pick<ShardEntry, 'file' | 'sha256' | 'rows'>> & Pick<LedgerEntry, 'replaces'>,
) => Promise<void>;

/** Makes the lines of one table's ledger. */
export function recorderOf(
  { context, options }: Pick<LoadJob, 'context' | 'options'>,
  { database, table, uuid }: Pick<LiveTable, 'database' | 'table' | 'uuid'>,
): Recorder {
  return (kind, version, { file = '', sha256 = '', rows = 0, replaces } = {}) =>
    appendLedger(context.layout, options.target, {
      ...{ format: 1, kind, run: context.run, time: new Date().toISOString(), version },
      ...{ database, table, uuid, shard: file, sha256, rows },
      ...(kind === 'run' && context.again ? { again: true } : {}),
      ...(replaces === undefined ? {} : { replaces }),
    });
}

/** Inserts and removes what `work` says. Resolves to undefined where that is nothing. */
export async function loadInto(job: LoadJob, live: LiveTable, work: LoadWork): Promise<StageResult | undefined> {
  const { context, client, dataset, parquet, options } = job;
  const record = recorderOf(job, live);
  if (work.units.length === 0 && work.stale.length === 0) {
    // Killed right before its last line: the next AGAIN=1 must not take that run for one to go on with.
    if (work.continued) await record('end', work.version);
    return undefined;
  }
  if (!work.continued) await record('run', work.version);
  const tools: LoadTools = {
    client,
    live,
    dataset,
    layout: context.layout,
    parquet,
    version: work.version,
    insertRows: options.insertRows,
    signal: context.signal,
    attempts: new Map(),
    continued: work.continued,
    record: (kind, unit) => record(kind, unit.version, unit.shard),
  };
  const units = work.units.map((unit) => ({
    name: showRange(unit.range),
    rows: unit.shard.rows,
    bytes: unit.shard.bytes,
    run: async (progress: UnitProgress) => {
      if (unit.action === 'insert') await roomForParts(context, client, live, progress);
      return loadShard(tools, unit, progress);
    },
  }));
  const note = work.continued ? 'goes on with the version of the interrupted run' : '';
  const result = await runStage(context, {
    stage: 'load',
    units: await watchDisk(context, 'load', units),
    alreadyDone: work.done,
    note,
  });
  if (result.failed.length > 0) return result;
  await recount(tools, work.units);
  const loaded = work.units.map(({ shard }) => shard);
  const unknown = unknownText(unknownCounts(dataset, live, loaded));
  if (unknown !== undefined) context.report({ event: 'note', text: unknown });
  await removeOlder(context, tools, work, record);
  await record('end', work.version);
  return result;
}

/** From this share of the table's rows on, a load that replaces them had better be a swap (target.md, rule 8). */
const swapShare = 0.5;

/** Says that SWAP=1 would be better where the load replaces half of the table or more. */
async function suggestSwap({ context, client, options }: LoadJob, live: LiveTable, work: LoadWork): Promise<void> {
  const replaced = work.stale.reduce((sum, { rows }) => sum + rows, 0);
  if (replaced === 0) return;
  const [row] = await client.rows(`SELECT count() FROM ${tableName(live.database, live.table)}`);
  const all = Number(row?.[0]);
  if (replaced < all * swapShare) return;
  const text = `replaces ${replaced} of the table's ${all} rows; SWAP=1 would load beside them and exchange the tables at once (make load TARGET=${options.target} SWAP=1)`;
  context.report({ event: 'note', text });
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
