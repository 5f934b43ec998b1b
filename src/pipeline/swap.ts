import { countFinal, countRanges } from '../clickhouse/counts.js';
import { findLiveTable, type LiveTable } from '../clickhouse/live-table.js';
import {
  checkExchange,
  createLike,
  dependentViews,
  dropTable,
  rowsOutside,
  swapNames,
} from '../clickhouse/swap-tables.js';
import { exits, TransloadError, usageError } from '../core/errors.js';
import { showRange } from '../core/ranges.js';
import type { ShardEntry } from '../manifest/entries.js';
import { readLedger } from '../manifest/ledger.js';
import { plannedShards, readPlan } from '../manifest/plan-file.js';
import { type LoadJob, loadInto, workFor } from './load.js';
import { shardRange } from './load-plan.js';
import { checkCurrent, chosenShards, existingTable, prepareTable, warnForeignFiles } from './load-table.js';
import type { StageResult } from './run-stage.js';
import { beginSwap, lastExchange, settleSwap } from './swap-state.js';

/**
 * A reload of the whole dataset (target.md, rule 8b): all shards go into `<table>_next`, are counted there, and the two
 * tables change their names at once; the old one stays as `<table>_previous`. Resolves to undefined where the target
 * holds exactly the shards already.
 */
export async function runSwap(job: LoadJob): Promise<StageResult | undefined> {
  const { context, client, dataset, options } = job;
  if (context.range !== undefined || context.part !== undefined) {
    throw usageError('SWAP_WHOLE', 'SWAP=1 loads the whole dataset, not a RANGE= or PART= of it', 'leave them out');
  }
  const shards = await chosenShards(context);
  checkCurrent(dataset, shards);
  await checkComplete(job, shards);
  await warnForeignFiles(context);
  const live = await prepareTable(context, client, dataset, options);
  await checkExchange(client, live);
  const names = swapNames(options.table);
  await checkOwn(job, names.previous);
  const next = await findLiveTable(client, client.database, names.next);
  const begun = next !== undefined && (await isOurs(job, next));
  const inPlace = await workFor({ ...job, options: { ...options, replace: true } }, live, shards);
  if (!begun && inPlace.units.length === 0 && inPlace.stale.length === 0) return undefined;
  await checkOutside(job, live, shards);
  if (context.dryRun) {
    sayDryRun(job, shards);
    return undefined;
  }
  await warnViews(job, live);
  const table = await nextTable(job, live, next, begun);
  const above = inPlace.greatest;
  const fresh = { ...job, context: { ...context, again: false } };
  const work = await workFor(fresh, table, shards, above);
  const result = await loadInto(fresh, table, work);
  if (result !== undefined && result.failed.length > 0) return result;
  await checkNext(job, table, shards);
  await beginSwap(job, 'swap', { uuid: table.uuid, replaces: live.uuid, version: work.version });
  await settleSwap(job);
  const text = `exchanged: ${options.table} holds the new rows, ${names.previous} the old ones (make rollback puts them back)`;
  context.report({ event: 'note', text });
  return result ?? { done: 0, rows: 0, bytes: 0, failed: [], stopped: false, seconds: 0 };
}

/**
 * `make rollback`: the table that a swap kept takes its place again, and the one that was there becomes
 * `<table>_next`, from where SWAP=1 takes it back. Resolves to what there is to say.
 */
export async function runRollback(job: LoadJob): Promise<string> {
  const { context, client, options } = job;
  const { table, next, previous } = swapNames(options.table);
  const done = `${table} holds again what it held before the swap; what came by it is ${next} (SWAP=1 takes it back).`;
  if (await settleSwap(job)) return `finished what was interrupted. Next: make verify TARGET=${options.target}`;
  const live = await existingTable(client, options);
  const kept = await findLiveTable(client, client.database, previous);
  if (kept === undefined) {
    if ((await lastExchange(job))?.kind === 'rollback') return `nothing to do: ${done}`;
    const text = `there is no table ${client.database}.${previous} at ${client.where}`;
    throw new TransloadError(exits.nothingYet, 'NOTHING_KEPT', text, 'only a load with SWAP=1 keeps one');
  }
  await checkExchange(client, live);
  await checkOwn(job, previous, 'not even an empty one');
  await checkOwn(job, next);
  if (context.dryRun) return `would exchange ${table} and ${previous}.`;
  await beginSwap(job, 'rollback', { uuid: kept.uuid, replaces: live.uuid, version: 0 });
  await settleSwap(job);
  return done;
}

/** A shard that is planned and not there would be missing from the new table. */
async function checkComplete({ context }: LoadJob, shards: readonly ShardEntry[]): Promise<void> {
  const plan = await readPlan(context.layout);
  if (plan === undefined) return;
  const there = new Set(shards.map((shard) => String(shardRange(shard).from)));
  const missing = plannedShards(plan).filter(({ range }) => !there.has(String(range.from)));
  if (missing[0] === undefined) return;
  const text = `${missing.length} planned shards are not joined yet (${showRange(missing[0].range)}): a swap would lose their rows`;
  throw new TransloadError(exits.nothingYet, 'SHARDS_MISSING', text, 'run `make join` first');
}

/** Rows of ids that no shard covers would be gone from the table: only REPLACE=1 goes on. */
async function checkOutside({ client, dataset, options }: LoadJob, live: LiveTable, shards: readonly ShardEntry[]) {
  if (options.replace) return;
  const ranges = shards.map(({ first, last }) => ({ first: BigInt(first), last: BigInt(last) }));
  const { rows, outside, example } = await rowsOutside(client, live, dataset.key.name, ranges);
  if (outside === 0) return;
  throw usageError(
    'ROWS_OUTSIDE',
    `${live.database}.${live.table} holds ${outside} of its ${rows} rows outside of all shards (one is key ${example}): a swap would leave them out`,
    'SWAP=1 REPLACE=1 leaves them out; without SWAP=1 they stay',
  );
}

async function warnViews({ context, client }: LoadJob, live: LiveTable): Promise<void> {
  const views = await dependentViews(client, live);
  if (views.length === 0) return;
  const text = `${views.join(', ')} hang on ${live.table}: they do not see what a swap loads, fill them anew`;
  context.report({ event: 'warning', text });
}

/** True where this data folder has loaded into the table, or taken it out of its place by a swap. */
async function isOurs({ context, options }: LoadJob, live: LiveTable): Promise<boolean> {
  const entries = await readLedger(context.layout, options.target);
  return entries.some(({ uuid, replaces }) => uuid === live.uuid || replaces === live.uuid);
}

/**
 * A table beside the target is dropped, or takes its place, only where it is ours; an empty one may be dropped, since it
 * is that of a run that was killed right after it was made. Throws NEXT_EXISTS or PREVIOUS_EXISTS.
 */
async function checkOwn(job: LoadJob, name: string, strict?: 'not even an empty one'): Promise<void> {
  const { client, dataset, options } = job;
  const found = await findLiveTable(client, client.database, name);
  if (found === undefined || (await isOurs(job, found))) return;
  if (strict === undefined && (await rowsOutside(client, found, dataset.key.name, [])).rows === 0) return;
  const code = name === swapNames(options.table).next ? 'NEXT_EXISTS' : 'PREVIOUS_EXISTS';
  const text = `${found.database}.${name} at ${client.where} is there already, and this data folder did not make it`;
  throw usageError(code, text, 'drop or rename it if nobody needs it, then run the same command again');
}

/** The table to load into: the one of an interrupted swap, else a new one. Somebody else's with rows is not touched. */
async function nextTable(
  job: LoadJob,
  live: LiveTable,
  found: LiveTable | undefined,
  ours: boolean,
): Promise<LiveTable> {
  const { client, options } = job;
  const { next } = swapNames(options.table);
  if (found !== undefined && ours && shapeOf(found) === shapeOf(live)) return found;
  if (found !== undefined) {
    await checkOwn(job, next);
    await dropTable(client, found.database, next);
  }
  await createLike(client, live, next);
  const made = await findLiveTable(client, live.database, next);
  if (made === undefined) throw new Error(`${next} was made and is not there`);
  return made;
}

/** What two tables must have in common to take each other's place. */
const shapeOf = ({ engine, partitionKey, sortingKey, columns }: LiveTable): string =>
  JSON.stringify([engine, partitionKey, sortingKey, columns]);

/** The new table is looked at whole before anybody reads it: each shard's rows once, and no others. */
async function checkNext({ client, dataset }: LoadJob, next: LiveTable, shards: readonly ShardEntry[]): Promise<void> {
  const { key, table } = dataset;
  const ranges = shards.map(shardRange);
  const stored = await countRanges(client, next, key.name, table.version, ranges);
  const read = await countFinal(client, next, key.name, ranges);
  const { rows } = await rowsOutside(client, next, key.name, []);
  const wrong = shards.findIndex((shard, index) => {
    const there = [...(stored[index]?.values() ?? [])].reduce((sum, found) => sum + found.rows, 0);
    return there !== shard.rows || read[index] !== shard.rows;
  });
  const all = shards.reduce((sum, shard) => sum + shard.rows, 0);
  if (wrong < 0 && rows === all) return;
  const where = wrong < 0 ? `${rows} rows, not ${all}` : `shard ${showRange(ranges[wrong] as never)} is not whole`;
  throw new TransloadError(
    exits.failed,
    'ROWS_DIFFER',
    `${next.database}.${next.table} does not hold exactly the shards (${where}); the tables were not exchanged`,
    'run the same command again',
  );
}

function sayDryRun({ context, options }: LoadJob, shards: readonly ShardEntry[]): void {
  const { table, next, previous } = swapNames(options.table);
  const rows = shards.reduce((sum, shard) => sum + shard.rows, 0);
  const text = `would load ${shards.length} shards (${rows} rows) into ${next}, exchange it with ${table}, and keep the old one as ${previous}`;
  context.report({ event: 'text', text });
}
