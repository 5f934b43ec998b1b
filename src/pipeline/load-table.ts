import { readdir } from 'node:fs/promises';
import { type ClickHouse, quoteName } from '../clickhouse/client.js';
import { compareTable } from '../clickhouse/compare.js';
import { createTableSql, oddTypes, tableName } from '../clickhouse/ddl.js';
import { findLiveTable, type LiveTable } from '../clickhouse/live-table.js';
import { exits, TransloadError, usageError } from '../core/errors.js';
import { inPart, overlaps } from '../core/ranges.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import type { ShardEntry } from '../manifest/entries.js';
import { readShards } from '../manifest/manifest.js';
import type { Context } from './context.js';
import { differencesTable } from './differences.js';
import { joinHash } from './join-plan.js';
import { shardRange } from './load-plan.js';

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

function missingTable(client: ClickHouse, { table, target }: Pick<LoadOptions, 'table' | 'target'>): TransloadError {
  return usageError(
    'TABLE_MISSING',
    `there is no table ${client.database}.${table} at ${client.where}`,
    `to make it: make load TARGET=${target} CREATE=1`,
  );
}

/** The live table as it is; TABLE_MISSING where there is none. */
export async function existingTable(
  client: ClickHouse,
  options: Pick<LoadOptions, 'table' | 'target'>,
): Promise<LiveTable> {
  const live = await findLiveTable(client, client.database, options.table);
  if (live === undefined) throw missingTable(client, options);
  return live;
}

/** The live table, made first where that is wanted; TARGET_SCHEMA where the declaration does not fit into it. */
export async function prepareTable(
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
  if (live === undefined) throw missingTable(client, options);
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
export function checkCurrent(dataset: JoinedDataset, shards: readonly ShardEntry[]): void {
  const hash = joinHash(dataset, dataset.joined ?? {});
  const stale = shards.filter((shard) => shard.hash !== hash);
  if (stale[0] === undefined) return;
  const text = `${stale.length} of ${shards.length} shards were made with another declaration (${stale[0].file})`;
  throw new TransloadError(exits.nothingYet, 'SHARDS_STALE', text, 'run `make join` first: it makes them anew');
}

/** Files that no manifest names are not loaded; that they are there is said (fault 22). */
export async function warnForeignFiles({ layout, report }: Context): Promise<void> {
  const known = await readShards(layout);
  const names = await readdir(layout.shards);
  const foreign = names.filter((name) => name.endsWith('.parquet') && !known.has(name));
  if (foreign.length === 0) return;
  report({
    event: 'warning',
    text: `not in the manifest and not loaded: ${foreign.slice(0, 3).join(', ')} (${foreign.length} files)`,
  });
}
