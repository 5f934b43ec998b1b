import { damagedError, messageOf } from '../core/errors.js';
import { drivingSource } from '../dataset/declaration.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { inRoot, inShards } from '../manifest/layout.js';
import { identifier, readFiles } from '../sql/relations.js';
import type { Places } from './places.js';

export interface SampleRequest {
  readonly keys: number;
  readonly seed: number;
}

/** Of the keys, one in so many is one that was rejected, where there are that many. */
const rejectedShare = 20;

/** Random keys of the shards: the same for the same seed and files, whatever the number of threads: those with the least hashes. */
export async function drawKeys(
  places: Places,
  removed: readonly ExportEntry[],
  { keys, seed }: SampleRequest,
): Promise<{ keys: bigint[]; rejected: number }> {
  const { engine, layout, shards } = places;
  const aside = shards.flatMap(({ rejects }) => (rejects.file === null ? [] : [inShards(layout, rejects.file)]));
  const draw = async (relations: readonly string[], most: number): Promise<bigint[]> => {
    if (relations.length === 0) return [];
    const sql = `SELECT CAST(k AS VARCHAR) FROM (${relations.join(' UNION ALL ')}) ORDER BY hash(k, ${seed}::UBIGINT), k LIMIT ${most}`;
    return (await engine.rows(sql)).map(([key]) => BigInt(String(key)));
  };
  try {
    const rejects = aside.length === 0 ? [] : [`SELECT DISTINCT k FROM (${keysOf(aside, 'key')})`];
    const rejected = await draw(rejects, Math.ceil(keys / rejectedShare));
    const drawn = await draw(allKeys(places, removed), keys);
    const chosen = [...new Set([...rejected, ...drawn])].slice(0, keys);
    return { keys: chosen.sort((a, b) => (a < b ? -1 : 1)), rejected: rejected.length };
  } catch (error) {
    const text = `keys cannot be drawn from the files: ${messageOf(error).split('\n')[0]}`;
    throw damagedError('FILES_UNREADABLE', text, 'make verify without SAMPLE= names the file and what makes it again');
  }
}

const keysOf = (files: readonly string[], key: string): string =>
  `SELECT CAST(${identifier(key)} AS UBIGINT) AS k FROM (${readFiles(files)})`;

/**
 * The keys of the driving source that the shards are of: from its export files, or, for a shard of which some are not here
 * (removed, or on the machine that it was shipped from), from the shard and its rejects.
 */
function allKeys({ dataset, exports, layout, shards }: Places, removed: readonly ExportEntry[]): string[] {
  const { name, key } = drivingSource(dataset);
  const isIn = ({ first, last }: ShardEntry, entry: ExportEntry): boolean =>
    entry.source === name &&
    entry.rows > 0 &&
    BigInt(first) <= BigInt(entry.last ?? 0) &&
    BigInt(entry.first ?? 0) <= BigInt(last);
  const [files, own, aside]: [string[], string[], string[]] = [[], [], []];
  for (const shard of shards) {
    const members = exports.filter((entry) => isIn(shard, entry));
    if (members.length > 0 && !removed.some((entry) => isIn(shard, entry))) {
      files.push(...members.map(({ file }) => inRoot(layout, file)));
      continue;
    }
    if (shard.rows > 0) own.push(inShards(layout, shard.file));
    if (shard.rejects.file !== null) aside.push(inShards(layout, shard.rejects.file));
  }
  return [
    ...(files.length > 0 ? [keysOf(files, key)] : []),
    ...(own.length > 0 ? [keysOf(own, dataset.key.name)] : []),
    ...(aside.length > 0 ? [`SELECT DISTINCT k FROM (${keysOf(aside, 'key')})`] : []),
  ];
}
