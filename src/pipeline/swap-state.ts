import { findLiveTable } from '../clickhouse/live-table.js';
import { dropTable, exchangeTables, renameTable, swapNames } from '../clickhouse/swap-tables.js';
import { exits, TransloadError } from '../core/errors.js';
import { appendLedger, type LedgerEntry, readLedger, unfinishedSwap } from '../manifest/ledger.js';
import type { LoadJob } from './load.js';

type SwapJob = Pick<LoadJob, 'context' | 'client' | 'options'>;

interface Exchange {
  /** The table that is to bear the target's name, and the one that bears it until then. */
  readonly uuid: string;
  readonly replaces: string;
  readonly version: number;
}

/** Writes down that two tables are about to change their names: from here on every run brings it to its end. */
export function beginSwap(job: SwapJob, kind: 'swap' | 'rollback', exchange: Exchange): Promise<void> {
  return record(job, kind, exchange);
}

function record({ context, client, options }: SwapJob, kind: LedgerEntry['kind'], exchange: Exchange): Promise<void> {
  return appendLedger(context.layout, options.target, {
    ...{ format: 1, kind, run: context.run, time: new Date().toISOString() },
    ...{ database: client.database, table: options.table, shard: '', sha256: '', rows: 0 },
    ...exchange,
  } as LedgerEntry);
}

/**
 * Brings an exchange that was begun to its end, whatever of it was done before a kill: which table bears which name is
 * read off the server, by uuid. Resolves to true where there was one; throws SWAP_BROKEN where neither table is what it was.
 */
export async function settleSwap(job: SwapJob): Promise<boolean> {
  const { context, client, options } = job;
  const begun = unfinishedSwap(await readLedger(context.layout, options.target));
  if (begun === undefined || context.dryRun) return false;
  const { uuid, replaces = '' } = begun;
  const { table, next, previous } = swapNames(options.table);
  const { database } = client;
  const uuidOf = async (name: string): Promise<string | undefined> =>
    (await findLiveTable(client, database, name))?.uuid;
  const [beside, kept] = begun.kind === 'swap' ? [next, previous] : [previous, next];
  if ((await uuidOf(table)) === replaces && (await uuidOf(beside)) === uuid) {
    await exchangeTables(client, database, table, beside);
  }
  if ((await uuidOf(table)) === uuid && (await uuidOf(beside)) === replaces) {
    await dropTable(client, database, kept);
    await renameTable(client, database, beside, kept);
  }
  const isExchanged = (await uuidOf(table)) === uuid;
  await record(job, 'swapped', { uuid, replaces, version: begun.version });
  if (isExchanged) return true;
  const text = `${database}.${table} was changed by someone else before its exchange with ${beside} was done: it is left as it is`;
  const hint = 'look which of the tables beside it is the right one, then run the same command again';
  throw new TransloadError(exits.failed, 'SWAP_BROKEN', text, hint);
}

/** The last exchange that was brought to its end. */
export async function lastExchange({ context, options }: SwapJob): Promise<LedgerEntry | undefined> {
  const entries = await readLedger(context.layout, options.target);
  return entries.findLast(({ kind }) => kind === 'swap' || kind === 'rollback');
}
