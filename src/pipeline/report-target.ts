import { allowed, type ClickHouse } from '../clickhouse/client.js';
import { findLiveTable, type LiveTable } from '../clickhouse/live-table.js';
import { partitionsOf } from '../clickhouse/parts.js';
import { TransloadError } from '../core/errors.js';
import type { LiveFacts, PartitionFacts } from '../report/facts.js';

/** What a target answered: its facts, its table where there is one, and its partitions where they can be seen. */
export interface LiveSide {
  readonly facts: LiveFacts;
  readonly live: LiveTable | undefined;
  readonly partitions: PartitionFacts | undefined;
}

/** A target that could not be asked, with the reason in words. */
export const awayTarget = (target: string, away: string): LiveSide => ({
  facts: { target, away },
  live: undefined,
  partitions: undefined,
});

/**
 * Asks the target about itself: nothing is scanned, all of it stands in its catalogue. `open` connects; a target that
 * cannot be reached, or has no table yet, is no error: the page says so.
 */
export async function liveSide(target: string, open: () => Promise<ClickHouse>, table: string): Promise<LiveSide> {
  try {
    const client = await open();
    const live = await findLiveTable(client, client.database, table);
    if (live === undefined)
      return awayTarget(target, `there is no table ${client.database}.${table} at ${client.where}.`);
    return await described(target, client, live);
  } catch (error) {
    if (error instanceof TransloadError) return awayTarget(target, error.message);
    throw error;
  }
}

async function described(target: string, client: ClickHouse, live: LiveTable): Promise<LiveSide> {
  const [version] = (await allowed(() => client.rows('SELECT version()'))) ?? [];
  const found = await allowed(() => partitionsOf(client, live));
  const sum = (of: (one: NonNullable<typeof found>[number]) => number): number =>
    (found ?? []).reduce((total, one) => total + of(one), 0);
  const facts: LiveFacts = {
    target,
    away: null,
    where: client.where,
    version: String(version?.[0] ?? 'unknown'),
    table: `${live.database}.${live.table}`,
    engine: live.engine,
    partitionKey: live.partitionKey,
    sortingKey: live.sortingKey,
    stored:
      found === undefined
        ? null
        : { rows: sum(({ rows }) => rows), bytes: sum(({ bytes }) => bytes), parts: sum(({ parts }) => parts) },
  };
  if (found === undefined || found.length === 0 || live.partitionKey === '')
    return { facts, live, partitions: undefined };
  const groups = found.map(({ name, rows, parts, bytes }) => ({ name, rows, parts, bytes }));
  return { facts, live, partitions: { from: 'target', by: live.partitionKey, note: '', groups } };
}
