import { findLiveTable } from '../clickhouse/live-table.js';
import { dropTable, exchangeTables, renameTable, swapNames } from '../clickhouse/swap-tables.js';
import { exits, TransloadError } from '../core/errors.js';
import { type LedgerEntry, readLedger, unfinishedSwap } from '../manifest/ledger.js';
import { type LoadJob, recorderOf } from './load.js';

type SwapJob = Pick<LoadJob, 'context' | 'client' | 'options'>;

/**
 * Writes down that two tables are about to change their names, the one of `uuid` taking the place of the other: from here
 * on every run brings it to its end.
 */
export function beginSwap(
  job: SwapJob,
  kind: 'swap' | 'rollback',
  { uuid, replaces, version }: Pick<LedgerEntry, 'uuid' | 'replaces' | 'version'>,
): Promise<void> {
  const { client, options } = job;
  return recorderOf(job, { database: client.database, table: options.table, uuid })(kind, version, { replaces });
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
  await recorderOf(job, { database, table, uuid })('swapped', begun.version, { replaces });
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
