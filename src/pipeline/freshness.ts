import type { ShardEntry } from '../manifest/entries.js';
import type { LedgerEntry } from '../manifest/ledger.js';
import type { Verified, VerifiedShard } from '../manifest/verified.js';

/**
 * True where what verify found of a shard still holds: the shard is the one that was compared, and nothing was done to it
 * at the target since by its newest line of the ledger (`state`).
 */
export const isFresh = (
  { sha256, time }: VerifiedShard,
  shard: ShardEntry | undefined,
  state: LedgerEntry | undefined,
): boolean => shard?.sha256 === sha256 && (state === undefined || state.time <= time);

/** What the last verify of a target found that still holds: in the present table (`uuid`), of fresh shards. */
export function freshShards(
  record: Verified | undefined,
  shards: ReadonlyMap<string, ShardEntry>,
  uuid: string,
  states: ReadonlyMap<string, LedgerEntry>,
): VerifiedShard[] {
  if (record?.uuid !== uuid) return [];
  return record.shards.filter((one) => isFresh(one, shards.get(one.shard), states.get(one.shard)));
}
