import { type ClickHouse, quoteName, serverCodes } from '../clickhouse/client.js';
import { countRanges, deleteRows, waitForStatements } from '../clickhouse/counts.js';
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
import type { UnitProgress } from './run-stage.js';

export interface LoadTools {
  readonly client: ClickHouse;
  readonly live: LiveTable;
  readonly dataset: Dataset;
  readonly layout: Layout;
  readonly parquet: ParquetTools;
  readonly version: number;
  /** Greatest rows of one insert; a shard of more rows is sent in several. */
  readonly insertRows: number;
  readonly signal: AbortSignal;
  /** The run goes on with the version of one that was broken off, whose statements may still run at the server. */
  readonly continued: boolean;
  /** What is known of the shards of this run that were begun, by file. */
  readonly attempts: Map<string, Attempt>;
  record(kind: LedgerEntry['kind'], unit: LoadUnit): Promise<void>;
}

/** How a shard is sent, and whether some of it may have come through. */
interface Attempt {
  pieces: number;
  partitionLimit: boolean;
  /** An insert was begun: where it failed, nobody but the server knows what became of it. */
  sent: boolean;
  /** How the statements sent are named at the server. A name is used again: then one runs at a time, or none. */
  readonly queryIds: Set<string>;
  /** The outcome of an insert was not known at some time. */
  uncertain: boolean;
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

/**
 * Inserts one shard and counts it at the server; nothing counts as loaded before the server says so. Called again after
 * an insert whose outcome is not known, it asks the server first: what came through whole is not sent again (fault 4).
 */
export async function loadShard(tools: LoadTools, unit: LoadUnit, progress: UnitProgress): Promise<Amount> {
  const { shard } = unit;
  if (unit.action === 'settle') {
    await tools.record('inserted', unit);
    return { rows: shard.rows, bytes: 0 };
  }
  progress({ phase: 'checking' });
  const path = await checkShard(tools, unit);
  const attempt = attemptOf(tools, unit);
  if (attempt.sent && (await cameThrough(tools, unit, attempt))) {
    await tools.record('inserted', unit);
    return { rows: shard.rows, bytes: shard.bytes };
  }
  if (!attempt.sent) {
    await tools.record('started', unit);
    if (tools.continued) await waitForStatements(tools.client, tools.live, namesOf(tools, unit, attempt), tools.signal);
  }
  // Whatever an insert of this version left, of a killed run or of an attempt that failed, goes first.
  await removeVersion(tools, unit, attempt);
  while (true) {
    attempt.sent = true;
    try {
      await insertPieces(tools, unit, path, attempt, progress);
      break;
    } catch (error) {
      const { number = 0, code } = error as { number?: number; code?: string };
      const canLift = settingForbidden.has(number) && !attempt.partitionLimit;
      // Smaller inserts would make more parts still.
      const canHalve = attempt.pieces * 2 <= piecesMax && code !== 'TARGET_PARTS';
      if (code === 'TARGET_TIMEOUT' && canHalve) attempt.pieces *= 2;
      if (!canLift && !(smallerHelps.has(number) && canHalve)) throw error;
      if (canLift) attempt.partitionLimit = true;
      attempt.pieces = canLift ? Math.max(attempt.pieces, 4) : attempt.pieces * 2;
      await removeVersion(tools, unit, attempt);
    }
  }
  progress({ phase: 'counting' });
  const there = await countVersion(tools, unit);
  if (there !== shard.rows) throw rowsDiffer(unit, there);
  await tools.record('inserted', unit);
  return { rows: shard.rows, bytes: shard.bytes };
}

function attemptOf({ attempts, insertRows }: LoadTools, { shard }: LoadUnit): Attempt {
  const known = attempts.get(shard.file);
  if (known) return known;
  const pieces = Math.max(1, Math.ceil(shard.rows / insertRows));
  const begun = { pieces, partitionLimit: false, sent: false, queryIds: new Set<string>(), uncertain: false };
  attempts.set(shard.file, begun);
  return begun;
}

/** More rows than were sent: an insert that was taken for lost came after the count. Another attempt removes them. */
function rowsDiffer({ shard, range }: LoadUnit, there: number): TransloadError {
  return new TransloadError(
    exits.failed,
    'ROWS_DIFFER',
    `shard ${showRange(range)}: ${shard.rows} rows were sent, the server holds ${there}`,
    'run `make load` again: what is there is removed and the shard is sent anew',
    { retryable: there > shard.rows },
  );
}

/** The name at the server of a statement for this shard: the same one in every attempt, and in a run that goes on. */
function queryId({ live, version }: LoadTools, { shard }: LoadUnit, what: string): string {
  return `transload-${live.uuid}-${version}-${shard.first}-${shard.last}-${what}`;
}

const insertName = (piece: number, pieces: number): string => `insert-${piece}-of-${pieces}`;

/** The names that a run that was broken off most likely gave to its statements for this shard. */
function namesOf(tools: LoadTools, unit: LoadUnit, { pieces }: Attempt): string[] {
  const inserts = Array.from({ length: pieces }, (_, piece) => queryId(tools, unit, insertName(piece, pieces)));
  return [...inserts, queryId(tools, unit, 'delete')];
}

/** Waits for what may still run at the server for this shard, then counts: true where all rows are there. */
async function cameThrough(tools: LoadTools, unit: LoadUnit, attempt: Attempt): Promise<boolean> {
  attempt.uncertain = true;
  await waitForStatements(tools.client, tools.live, attempt.queryIds, tools.signal);
  return (await countVersion(tools, unit)) === unit.shard.rows;
}

/**
 * Counts once more the shards of which an insert was lost on the way: on a server of several replicas it may have run
 * where nobody looked, and have come after all. Throws ROWS_DIFFER where it did.
 */
export async function recount(tools: LoadTools, units: readonly LoadUnit[]): Promise<void> {
  for (const unit of units.filter(({ shard }) => tools.attempts.get(shard.file)?.uncertain === true)) {
    const there = await countVersion(tools, unit);
    if (there !== unit.shard.rows) throw rowsDiffer(unit, there);
  }
}

/**
 * Sends the shard as one insert, or as several that share its rows out: by partition where the number of partitions an
 * insert may touch cannot be lifted, else by key.
 */
async function insertPieces(
  tools: LoadTools,
  unit: LoadUnit,
  file: string,
  { pieces, partitionLimit, queryIds }: Attempt,
  progress: UnitProgress,
): Promise<void> {
  const { client, dataset, live, version } = tools;
  const columns = insertedColumns(dataset, live);
  const { max_partitions_per_insert_block: _lifted, ...others } = insertSettings;
  const byPartition = partitionLimit && live.partitionKey !== '';
  const share = byPartition ? `ifNull(toString(${live.partitionKey}), '')` : quoteName(dataset.key.name);
  progress({ bytes: 0, phase: 'inserting' });
  let sent = 0;
  for (let piece = 0; piece < pieces; piece++) {
    const id = queryId(tools, unit, insertName(piece, pieces));
    queryIds.add(id);
    await client.insertFile({
      head: insertHead(dataset, live, version),
      structure: fileStructure(dataset, columns),
      where: pieces === 1 ? '' : ` WHERE cityHash64(${share}) % ${pieces} = ${piece}`,
      file,
      settings: partitionLimit ? others : insertSettings,
      queryId: id,
      onBytes: (bytes) => {
        sent += bytes;
        // Every piece reads the whole file and takes its share of the rows out of it.
        const all = sent >= unit.shard.bytes * pieces;
        progress({ bytes: Math.round(sent / pieces), phase: all ? 'sent, the server is at it' : 'inserting' });
      },
    });
  }
}

async function countVersion({ client, live, dataset, version }: LoadTools, unit: LoadUnit): Promise<number> {
  const [count] = await countRanges(client, live, dataset.key.name, dataset.table.version, [unit.range]);
  return count?.get(version)?.rows ?? 0;
}

/** Removes what an unfinished insert of this version left in the shard's range. */
async function removeVersion(tools: LoadTools, unit: LoadUnit, { queryIds }: Attempt): Promise<void> {
  if ((await countVersion(tools, unit)) === 0) return;
  const { client, live, dataset, version } = tools;
  const isVersion = `${quoteName(dataset.table.version)} = toDateTime(${version}, 'UTC')`;
  const id = queryId(tools, unit, 'delete');
  queryIds.add(id);
  await deleteRows(client, live, dataset.key.name, [unit.range], isVersion, id);
}
