import { z } from 'zod';
import { type KeyRange, rangesFromBounds } from '../core/ranges.js';
import { replaceFile } from './atomic-file.js';
import { readJson } from './json-lines.js';
import { type Layout, planPath } from './layout.js';

const keyText = z.string().regex(/^\d{1,20}$/);

const plannedSourceSchema = z.object({
  name: z.string(),
  engine: z.enum(['mysql', 'mongo']),
  role: z.enum(['driving', 'keyed', 'lookup']),
  /** The name found at the source. */
  table: z.string(),
  /** Decides about the export files: a file of another hash is made again. */
  hash: z.string(),
  /** `range`: read by the key's index, range by range; `one-pass`: the whole table is read once. */
  access: z.enum(['range', 'one-pass', 'lookup']),
  index: z.string().nullable(),
  /** Column → type as the catalogue tells it, to see whether it changed between ranges. */
  live: z.record(z.string(), z.string()),
  /** Rows by the catalogue's estimate. */
  estimate: z.number().nullable(),
});
export type PlannedSource = z.infer<typeof plannedSourceSchema>;

const planSchema = z.object({
  format: z.literal(1),
  dataset: z.string(),
  rangeRows: z.number().int().positive(),
  shardRows: z.number().int().positive(),
  /** True where the source is the demo's sample: it must not mix with a real one. */
  sample: z.boolean(),
  sources: z.array(plannedSourceSchema),
  /** Optional sources that were not there. */
  absent: z.array(z.object({ name: z.string(), reason: z.string() })),
  /** Append-only: a later look at the source adds a generation behind the last range, and changes none. */
  generations: z.array(
    z.object({
      generation: z.number().int(),
      planned: z.string(),
      /** First keys of the ranges; each ends where the next begins, the last one before `end`. */
      bounds: z.array(keyText),
      end: keyText,
      rows: z.number().int(),
      /** Of a large table: `rows`, and the sizes of the ranges, are the server's estimates. Left out where counted. */
      estimated: z.literal(true).optional(),
    }),
  ),
});
export type Plan = z.infer<typeof planSchema>;

/** The plan, or undefined where none is made yet. */
export function readPlan(layout: Layout): Promise<Plan | undefined> {
  return readJson(planPath(layout), planSchema, 'restore plan.json from a copy: ranges and shards are named by it');
}

/** Writes the plan at one stroke. */
export async function writePlan(layout: Layout, plan: Plan): Promise<void> {
  await replaceFile(planPath(layout), `${JSON.stringify(plan, null, 2)}\n`);
}

/** A planned range with its place in the plan; `shard` counts shards from 0 over all generations. */
export interface PlannedRange {
  readonly range: KeyRange;
  readonly shard: number;
}

/** A planned shard: consecutive ranges of one generation. */
export interface PlannedShard {
  readonly range: KeyRange;
  readonly ranges: readonly KeyRange[];
}

/** All shards of a plan, in key order: as many ranges each as make up SHARD_ROWS. */
export function plannedShards(plan: Plan): PlannedShard[] {
  const size = Math.max(1, Math.round(plan.shardRows / plan.rangeRows));
  return plan.generations.flatMap(({ bounds, end }) => {
    const ranges = rangesFromBounds(bounds.map(BigInt), BigInt(end));
    const shards: PlannedShard[] = [];
    for (let at = 0; at < ranges.length; at += size) {
      const members = ranges.slice(at, at + size);
      const [first, last] = [members[0], members.at(-1)];
      if (first && last) shards.push({ range: { from: first.from, to: last.to }, ranges: members });
    }
    return shards;
  });
}

/** All ranges of a plan, in key order. */
export function plannedRanges(plan: Plan): PlannedRange[] {
  return plannedShards(plan).flatMap((shard, index) => shard.ranges.map((range) => ({ range, shard: index })));
}
