import { type ClickHouse, quoteName, serverCodes } from '../clickhouse/client.js';
import { countRanges, deleteRows } from '../clickhouse/counts.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../clickhouse/insert.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { damagedError, exits, TransloadError } from '../core/errors.js';
import type { Amount } from '../core/events.js';
import { showRange } from '../core/ranges.js';
import { type Dataset, shardColumns } from '../dataset/declaration.js';
import { sha256OfFile, sizeOf } from '../manifest/atomic-file.js';
import { inShards, type Layout } from '../manifest/layout.js';
import type { LedgerEntry } from '../manifest/ledger.js';
import type { ParquetTools } from './context.js';
import type { LoadUnit } from './load-plan.js';

export interface LoadTools {
  readonly client: ClickHouse;
  readonly live: LiveTable;
  readonly dataset: Dataset;
  readonly layout: Layout;
  readonly parquet: ParquetTools;
  readonly version: number;
  /** Greatest rows of one insert; a shard of more rows is sent in several. */
  readonly insertRows: number;
  record(kind: LedgerEntry['kind'], unit: LoadUnit): Promise<void>;
}

/** Pieces may be halved this often before the load of a shard fails. */
const piecesMax = 64;
/** Error numbers after which a smaller insert may succeed: memory, too many partitions, time-out. */
const smallerHelps = new Set<number>([serverCodes.memoryLimit, serverCodes.tooManyParts, serverCodes.timeout]);
/** The user's profile does not let a setting be set, or only within bounds. */
const settingForbidden = new Set<number>([serverCodes.settingForbidden, serverCodes.readonly]);

/** A shard is checked whole before its first byte is sent (fault 22). */
async function checkShard({ layout, dataset, parquet }: LoadTools, unit: LoadUnit): Promise<string> {
  const path = inShards(layout, unit.shard.file);
  const redo = `make it again, make join AGAIN=1 RANGE=${unit.shard.first}-${unit.shard.last}, or copy it again from where it was made`;
  if ((await sizeOf(path)) === undefined) throw damagedError('SHARD_MISSING', `${path} is missing`, redo);
  if ((await sha256OfFile(path)) !== unit.shard.sha256) {
    throw damagedError('SHARD_DAMAGED', `${path} is not the file that was written (its sha256 differs)`, redo);
  }
  await parquet.check(
    path,
    shardColumns(dataset).map(({ name }) => name),
    unit.shard.rows,
  );
  return path;
}

/** Inserts one shard and counts it at the server; nothing counts as loaded before the server says so. */
export async function loadShard(tools: LoadTools, unit: LoadUnit, progress: (amount: Amount) => void): Promise<Amount> {
  const { shard } = unit;
  if (unit.action === 'settle') {
    await tools.record('inserted', unit);
    return { rows: shard.rows, bytes: 0 };
  }
  const path = await checkShard(tools, unit);
  await tools.record('started', unit);
  // Whatever an insert of this version left, of a killed run or of an attempt whose reply was lost, goes first.
  await removeVersion(tools, unit);
  let pieces = Math.max(1, Math.ceil(shard.rows / tools.insertRows));
  let partitionLimit = false;
  while (true) {
    try {
      await insertPieces(tools, path, pieces, partitionLimit, (bytes) => progress({ rows: 0, bytes }));
      break;
    } catch (error) {
      const number = (error as { number?: number }).number ?? 0;
      const canLift = settingForbidden.has(number) && !partitionLimit;
      if (!canLift && (!smallerHelps.has(number) || pieces * 2 > piecesMax)) throw error;
      if (canLift) partitionLimit = true;
      pieces = canLift ? Math.max(pieces, 4) : pieces * 2;
      await removeVersion(tools, unit);
    }
  }
  const there = await countVersion(tools, unit);
  if (there !== shard.rows) {
    throw new TransloadError(
      exits.failed,
      'ROWS_DIFFER',
      `shard ${showRange(unit.range)}: ${shard.rows} rows were sent, the server holds ${there}`,
      'run `make load` again: what is there is removed and the shard is sent anew',
      { retryable: false },
    );
  }
  await tools.record('inserted', unit);
  return { rows: shard.rows, bytes: shard.bytes };
}

/**
 * Sends the shard as one insert, or as several that share its rows out: by partition where the number of partitions an
 * insert may touch cannot be lifted, else by key.
 */
async function insertPieces(
  tools: LoadTools,
  file: string,
  pieces: number,
  partitionLimit: boolean,
  onTotal: (bytes: number) => void,
): Promise<void> {
  const { client, dataset, live, version } = tools;
  const columns = insertedColumns(dataset, live);
  const { max_partitions_per_insert_block: _lifted, ...others } = insertSettings;
  const byPartition = partitionLimit && live.partitionKey !== '';
  const share = byPartition ? `ifNull(toString(${live.partitionKey}), '')` : quoteName(dataset.key.name);
  let sent = 0;
  for (let piece = 0; piece < pieces; piece++) {
    await client.insertFile({
      head: insertHead(dataset, live, version),
      structure: fileStructure(dataset, columns),
      where: pieces === 1 ? '' : ` WHERE cityHash64(${share}) % ${pieces} = ${piece}`,
      file,
      settings: partitionLimit ? others : insertSettings,
      onBytes: (bytes) => {
        sent += bytes;
        onTotal(sent);
      },
    });
  }
}

async function countVersion({ client, live, dataset, version }: LoadTools, unit: LoadUnit): Promise<number> {
  const [count] = await countRanges(client, live, dataset.key.name, dataset.table.version, [unit.range]);
  return count?.get(version)?.rows ?? 0;
}

/** Removes what an unfinished insert of this version left in the shard's range. */
async function removeVersion(tools: LoadTools, unit: LoadUnit): Promise<void> {
  if ((await countVersion(tools, unit)) === 0) return;
  const { client, live, dataset, version } = tools;
  const isVersion = `${quoteName(dataset.table.version)} = toDateTime(${version}, 'UTC')`;
  await deleteRows(client, live, dataset.key.name, [unit.range], isVersion);
}
