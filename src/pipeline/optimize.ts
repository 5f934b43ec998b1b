import type { ClickHouse } from '../clickhouse/client.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { freeBytes, optimizePartition, optimizeSql, type Partition, partitionsOf } from '../clickhouse/parts.js';
import { exits, TransloadError } from '../core/errors.js';
import type { Context } from './context.js';
import { runStage, type StageResult } from './run-stage.js';

/** A merge writes the new part beside the old ones, and the server wants as much again to be free. */
const spaceFactor = 2;

/** The partitions that are left to merge, the smallest first: they make room for the largest. Pure. */
export function planOptimize(partitions: readonly Partition[]): Partition[] {
  return partitions.filter(({ merged }) => !merged).sort((a, b) => a.bytes - b.bytes || (a.id < b.id ? -1 : 1));
}

/** Throws TARGET_SPACE where the largest partition cannot be merged in the room that there is; nothing was begun. */
export function checkSpace(partitions: readonly Partition[], free: number | undefined, where: string): void {
  const largest = partitions.at(-1);
  if (free === undefined || largest === undefined) return;
  const need = largest.bytes * spaceFactor;
  if (free >= need) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new TransloadError(
    exits.failed,
    'TARGET_SPACE',
    `${where}: partition ${largest.name} has ${gigabytes(largest.bytes)} and needs ${gigabytes(need)} free to be merged, there are ${gigabytes(free)}`,
    'make room at the server, then run `make optimize` again',
  );
}

/**
 * OPTIMIZE … FINAL, partition by partition, so that a run can stop anywhere: what is one merged part already is passed
 * over. Resolves to undefined where nothing was left to do.
 */
export async function runOptimize(
  context: Context,
  client: ClickHouse,
  live: LiveTable,
): Promise<StageResult | undefined> {
  const all = await partitionsOf(client, live);
  const left = planOptimize(all);
  if (context.dryRun) {
    for (const partition of left) context.report({ event: 'text', text: `would run ${optimizeSql(live, partition)}` });
    return undefined;
  }
  if (left.length === 0) return undefined;
  checkSpace(left, await freeBytes(client, live), client.where);
  const units = left.map((partition) => ({
    name: partition.name,
    rows: partition.rows,
    run: async (progress: (amount: { rows: number; bytes: number }) => void) => {
      const { rows, bytes } = partition;
      await optimizePartition(client, live, partition, context.signal, (share) =>
        progress({ rows: Math.round(rows * share), bytes: Math.round(bytes * share) }),
      );
      return { rows, bytes };
    },
  }));
  return runStage(context, { stage: 'optimize', units, alreadyDone: all.length - left.length, note: '' });
}
