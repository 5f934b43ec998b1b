import { setTimeout as sleep } from 'node:timers/promises';
import { allowed, type ClickHouse } from '../clickhouse/client.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { mergeSome, type Partition, type PartsPressure, partsPressure, runningMerges } from '../clickhouse/parts.js';
import type { Context } from './context.js';
import type { UnitProgress } from './run-stage.js';

/** More active parts than this in one partition are not piled up, whatever the server would take (target.md, rule 9). */
const partsMax = 100;
const pollMs = 500;
/** A server whose merges bring nothing for this long decides by itself what it does with the next insert. */
const noProgressMs = 120_000;

/** The number of parts in one partition at which a load waits: well before the server slows inserts down. Pure. */
export function partsBound({ slowsDownAt }: Pick<PartsPressure, 'slowsDownAt'>): number {
  return Math.max(2, Math.min(partsMax, Math.floor(slowsDownAt / 2)));
}

/**
 * Waits before an insert while some partition has too many parts, merging the fullest itself where the server is idle
 * (fault 11). Every shard touches most months, so without it a fast load ends in TOO_MANY_PARTS. A user who may not see
 * system.parts does not wait: the server's own refusal is then tried again.
 */
export async function roomForParts(
  { report, signal }: Pick<Context, 'report' | 'signal'>,
  client: ClickHouse,
  live: LiveTable,
  progress: UnitProgress,
): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let since = Date.now();
  for (let said = false; ; ) {
    const pressure = await allowed(() => partsPressure(client, live));
    if (pressure === undefined) return;
    const bound = partsBound(pressure);
    if (pressure.most < bound) return;
    if (signal.aborted) throw signal.reason;
    // Fewer partitions that are full is progress too.
    const weight = pressure.most * 1e6 + pressure.fullest.length;
    if (weight < least) [least, since] = [weight, Date.now()];
    else if (Date.now() - since > noProgressMs) return;
    progress({ phase: `waiting for merges, ${pressure.most} parts` });
    if (!said) {
      const text = `waiting for merges: ${pressure.most} parts in partition ${pressure.fullest[0]?.name} (${bound} or more are not piled up)`;
      report({ event: 'note', text });
      said = true;
    }
    const running = await allowed(() => runningMerges(client, live));
    const merged = running?.merges === 0 && (await mergeAll(client, live, pressure.fullest, signal));
    if (!merged) await sleep(pollMs);
  }
}

/** Merges something in each of the partitions; false where the user may not. */
async function mergeAll(
  client: ClickHouse,
  live: LiveTable,
  partitions: readonly Partition[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const partition of partitions) {
    if (signal.aborted) throw signal.reason;
    const done = await allowed(async () => {
      await mergeSome(client, live, partition);
      return true;
    });
    if (done === undefined) return false;
  }
  return true;
}
