import { z } from 'zod';
import { replaceFile } from './atomic-file.js';
import { readJson } from './json-lines.js';
import { type Layout, verifiedPath } from './layout.js';

const verifiedShardSchema = z.object({
  /** The shard's file, relative to the shards folder. */
  shard: z.string(),
  /** Of the shard that was compared: one that was made again since has not been looked at. */
  sha256: z.string(),
  /** Rows that a reader of the table saw in the shard's range. */
  read: z.number().int().nonnegative(),
  /** What was found, in words; empty where all was equal. */
  problems: z.array(z.string()),
  /** When the look at it began, ISO 8601, UTC: what was done to the table since may not be seen in it. */
  time: z.string(),
});
export type VerifiedShard = z.infer<typeof verifiedShardSchema>;

const verifiedSchema = z.object({
  format: z.literal(1),
  target: z.string(),
  /** Of the table that was read. */
  uuid: z.string(),
  /** When the last verify came to its end, ISO 8601, UTC, and its run. */
  time: z.string(),
  run: z.string(),
  shards: z.array(verifiedShardSchema),
});
export type Verified = z.infer<typeof verifiedSchema>;

/** What `verify` last found at a target, or undefined where it has not come to an end there. */
export function readVerified(layout: Layout, target: string): Promise<Verified | undefined> {
  const path = verifiedPath(layout, target);
  return readJson(path, verifiedSchema, `remove it, then run \`make verify TARGET=${target}\` again`);
}

/**
 * What is to be recorded: the shards looked at now, and of those before the ones that still hold: of the same table, and
 * of a shard that is still the one recorded (`current`: file → sha256). Ordered by file.
 */
export function mergeVerified(
  before: Verified | undefined,
  now: Verified,
  current: ReadonlyMap<string, string>,
): Verified {
  const seen = new Set(now.shards.map(({ shard }) => shard));
  const kept = before?.uuid === now.uuid ? before.shards : [];
  const holding = kept.filter(({ shard, sha256 }) => !seen.has(shard) && current.get(shard) === sha256);
  const shards = [...holding, ...now.shards].sort((a, b) => (a.shard < b.shard ? -1 : 1));
  return { ...now, shards };
}

/** Replaces the record at one stroke. */
export async function writeVerified(layout: Layout, verified: Verified): Promise<void> {
  await replaceFile(verifiedPath(layout, verified.target), `${JSON.stringify(verified, null, 2)}\n`);
}
