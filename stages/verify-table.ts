import { quoteText } from '../src/clickhouse/client.js';
import { askable, countSentinels, measureQuery } from '../src/clickhouse/conditions.js';
import type { Condition, JoinedDataset } from '../src/dataset/declaration.js';
import { shardRange } from '../src/pipeline/load-plan.js';
import type { ShardCheck } from '../src/pipeline/verify.js';
import type { TargetSide } from '../src/pipeline/verify-target.js';
import type { Session } from './session.js';
import { queriesTable, sentinelsTable } from './verify-words.js';

/** What the table holds for unknown, and what questions cost it. Throws what the server says. */
export async function sayTable(
  { report, dataset: own }: Session,
  dataset: JoinedDataset,
  { client, live }: TargetSide,
  checks: readonly ShardCheck[],
): Promise<void> {
  // Shards that were made before a dataset declared them do not have them.
  const declared = (what: 'sentinels' | 'queries'): readonly Condition[] =>
    askable(dataset[what] ?? (own.name === dataset.name ? own[what] : undefined) ?? [], dataset, live);
  const key = dataset.key.name;
  const sentinels = declared('sentinels');
  if (sentinels.length > 0) {
    const ranges = checks.map(({ shard }) => shardRange(shard));
    const isHiding = checks.some(({ stored, read }) => stored !== read);
    report(sentinelsTable(await countSentinels(client, live, key, ranges, sentinels, isHiding)));
  }
  const queries = declared('queries');
  if (queries.length === 0) return;
  const [row] = await client.rows(
    `SELECT total_rows FROM system.tables WHERE database = ${quoteText(live.database)} AND name = ${quoteText(live.table)}`,
  );
  const costs = [];
  for (const query of queries) costs.push(await measureQuery(client, live, key, query));
  report(queriesTable(costs, Number(row?.[0] ?? 0)));
}
