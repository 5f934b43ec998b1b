import { exits, TransloadError } from '../core/errors.js';
import { allowed, type ClickHouse, isLost, quoteText, type Settings, serverCodes } from './client.js';
import { tableName } from './ddl.js';
import type { LiveTable } from './live-table.js';

/** One partition of a table by its active parts. */
export interface Partition {
  /** The server's own name of it: `PARTITION ID '…'`. */
  readonly id: string;
  /** As people write it: `202409`. */
  readonly name: string;
  readonly parts: number;
  readonly rows: number;
  readonly bytes: number;
  /** True where it is one part that was merged, with no row marked as deleted: OPTIMIZE would change nothing. */
  readonly merged: boolean;
}

const ofTable = ({ database, table }: LiveTable): string =>
  `database = ${quoteText(database)} AND table = ${quoteText(table)}`;

/** Of a part in system.parts: the id of its partition, or of the one that a patch belongs to. */
export const ownPartition = "replaceRegexpOne(partition_id, '^patch-[0-9a-f]{32}-', '')";
/** True of a part that is none of patches. */
export const ownPart = "NOT startsWith(partition_id, 'patch-')";

/**
 * The partitions of a table that have parts, in the order of their names. A delete by patches lies in partitions of its
 * own, whose id ends with that of the partition it belongs to: it is settled when the one part left is as new as it.
 * `only`: the id of the one that is asked for.
 */
export async function partitionsOf(client: ClickHouse, live: LiveTable, only?: string): Promise<Partition[]> {
  const [id, data] = [ownPartition, ownPart];
  const asked = only === undefined ? '' : ` AND ${id} = ${quoteText(only)}`;
  const merged = [
    `countIf(${data}) = 1`,
    `minIf(level, ${data}) > 0`,
    `maxIf(has_lightweight_delete, ${data}) = 0`,
    `maxIf(data_version, NOT (${data})) <= minIf(data_version, ${data})`,
  ].join(' AND ');
  const rows = await client.rows(
    `SELECT ${id}, anyIf(partition, ${data}), countIf(${data}), sumIf(rows, ${data}), sum(bytes_on_disk), ${merged}
     FROM system.parts WHERE active AND ${ofTable(live)}${asked} GROUP BY ${id} HAVING countIf(${data}) > 0 ORDER BY ${id}`,
  );
  return rows.map(([partition, name, parts, count, bytes, merged]) => ({
    id: String(partition),
    name: String(name),
    parts: Number(parts),
    rows: Number(count),
    bytes: Number(bytes),
    merged: Number(merged) === 1,
  }));
}

/** Free bytes of the fullest disk that the table's parts are on; undefined where the user may not see the disks. */
export async function freeBytes(client: ClickHouse, live: LiveTable): Promise<number | undefined> {
  const disks = `SELECT DISTINCT disk_name FROM system.parts WHERE active AND ${ofTable(live)}`;
  const sql = `SELECT count(), min(unreserved_space) FROM system.disks WHERE name IN (${disks})`;
  const [count, free] = (await allowed(() => client.rows(sql)))?.[0] ?? [0];
  return Number(count) === 0 ? undefined : Number(free);
}

/** Merges of the table that run right now, of one partition or of all, and how far the furthest is (0 to 1). */
export async function runningMerges(
  client: ClickHouse,
  live: LiveTable,
  partition?: string,
): Promise<{ merges: number; progress: number }> {
  const only = partition === undefined ? '' : ` AND partition_id = ${quoteText(partition)}`;
  const [row] = await client.rows(
    `SELECT count(), max(progress) FROM system.merges WHERE ${ofTable(live)}${only} AND NOT is_mutation`,
  );
  return { merges: Number(row?.[0]), progress: Number(row?.[1]) };
}

/** `OPTIMIZE TABLE … FINAL` of one partition. */
export const optimizeSql = (live: LiveTable, partition: Partition): string =>
  `OPTIMIZE TABLE ${tableName(live.database, live.table)} PARTITION ID ${quoteText(partition.id)} FINAL`;

const optimizeSettings: Settings = { optimize_throw_if_noop: 1, alter_sync: 2, mutations_sync: 2 };
const pollMs = 250;
/** A partition whose parts a background merge holds is asked for again, this often at most. */
const asksMax = 20;

/**
 * Merges one partition into one part and waits until it is. A reply that does not come (a merge of hours outlives every
 * HTTP time-out) is no failure: the server is asked whether the merge still runs.
 */
export async function optimizePartition(
  client: ClickHouse,
  live: LiveTable,
  partition: Partition,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<void> {
  const isMerged = async (): Promise<boolean> => {
    const [now] = await partitionsOf(client, live, partition.id);
    return now === undefined || now.merged;
  };
  for (let ask = 1; ; ask++) {
    await waitForMerges(client, live, partition.id, signal, onProgress);
    if (await isMerged()) return;
    const failure = await optimizeOnce(client, live, partition, signal, onProgress);
    await waitForMerges(client, live, partition.id, signal, onProgress);
    if (await isMerged()) return;
    if (ask >= asksMax || (failure !== undefined && isFinal(failure))) {
      throw failure ?? notMerged(live, partition);
    }
    await sleep(pollMs);
  }
}

/** What waiting would not help against: privileges, memory. */
function isFinal(error: TransloadError): boolean {
  return (error as { number?: number }).number !== serverCodes.cannotMergeNow && !isLost(error);
}

function notMerged(live: LiveTable, partition: Partition): TransloadError {
  return new TransloadError(
    exits.failed,
    'NOT_MERGED',
    `partition ${partition.name} of ${live.database}.${live.table} could not be merged into one part`,
    'see system.merges and system.part_log at the server, then run `make optimize` again: it goes on here',
  );
}

/** Sends the statement, telling the merge's progress until it ends; gives the error that it ended with. */
async function optimizeOnce(
  client: ClickHouse,
  live: LiveTable,
  partition: Partition,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<TransloadError | undefined> {
  let ended = false;
  const sent = client.command(optimizeSql(live, partition), optimizeSettings).then(
    () => undefined,
    (error: TransloadError) => error,
  );
  const result = sent.finally(() => {
    ended = true;
  });
  while (!ended) {
    await Promise.race([result, sleep(pollMs)]);
    if (signal.aborted) throw signal.reason;
    if (!ended) await runningMerges(client, live, partition.id).then(({ progress }) => onProgress(progress), ignore);
  }
  return result;
}

const ignore = (): void => undefined;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits while merges of the partition run; a server that does not answer for a moment is asked again. */
async function waitForMerges(
  client: ClickHouse,
  live: LiveTable,
  partition: string,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<void> {
  for (;;) {
    const { merges, progress } = await runningMerges(client, live, partition);
    if (merges === 0) return;
    if (signal.aborted) throw signal.reason;
    onProgress(progress);
    await sleep(pollMs);
  }
}

/** How many parts a table has, and from how many in one partition on its server slows inserts down. */
export interface PartsPressure {
  /** Partitions that have the most parts, and how many these are. */
  readonly fullest: readonly Partition[];
  readonly most: number;
  readonly slowsDownAt: number;
}

/** Looks at the active parts of each partition, and at the limits of the table or else of its server. */
export async function partsPressure(client: ClickHouse, live: LiveTable): Promise<PartsPressure> {
  const partitions = await partitionsOf(client, live);
  const most = Math.max(0, ...partitions.map(({ parts }) => parts));
  const name = 'parts_to_delay_insert';
  const own = `(SELECT extract(engine_full, '${name} = (\\\\d+)') FROM system.tables WHERE database = ${quoteText(live.database)} AND name = ${quoteText(live.table)})`;
  const [row] = await client.rows(
    `SELECT if(${own} != '', ${own}, value) FROM system.merge_tree_settings WHERE name = '${name}'`,
  );
  const slowsDownAt = Number(row?.[0] ?? 0) || Number.POSITIVE_INFINITY;
  return { fullest: partitions.filter(({ parts }) => parts === most), most, slowsDownAt };
}

/** Asks for some merge of a partition now; that there is nothing to merge is no failure. */
export async function mergeSome(client: ClickHouse, live: LiveTable, partition: Partition): Promise<void> {
  await client.command(
    `OPTIMIZE TABLE ${tableName(live.database, live.table)} PARTITION ID ${quoteText(partition.id)}`,
    { optimize_throw_if_noop: 0, alter_sync: 1 },
  );
}
