import { exits, TransloadError } from '../core/errors.js';
import type { KeyRange } from '../core/ranges.js';
import { allowed, type ClickHouse, isLost, quoteName, quoteText } from './client.js';
import { tableName } from './ddl.js';
import { finalSettings, finalSql, placeSql, withinAnySql } from './key-ranges.js';
import { countSettings, type LiveTable } from './live-table.js';

/** Rows of one range at the target by version (seconds since 1970), with the least key of each. */
export type RangeCount = ReadonlyMap<number, { readonly rows: number; readonly example: string }>;

/**
 * Stored rows of each range by version, in one scan of two columns. The result is in the order of the ranges, which
 * must not overlap.
 */
export async function countRanges(
  client: ClickHouse,
  live: LiveTable,
  key: string,
  version: string,
  ranges: readonly KeyRange[],
): Promise<RangeCount[]> {
  const counts = ranges.map(() => new Map<number, { rows: number; example: string }>());
  if (ranges.length === 0) return counts;
  const places = new Map(ranges.map(({ from }, index) => [String(from), index]));
  // Expressions and no aliases: a column of the table may have any name, and the profile may prefer it.
  const place = placeSql(quoteName(key), ranges);
  const at = `toUnixTimestamp(${quoteName(version)})`;
  const rows = await client.rows(
    `SELECT ${place}, ${at}, count(), toString(min(${quoteName(key)}))
     FROM ${tableName(live.database, live.table)}
     WHERE ${withinAnySql(quoteName(key), ranges)} GROUP BY ${place}, ${at}`,
    countSettings(live),
  );
  for (const [from, v, count, example] of rows) {
    const index = places.get(String(from));
    if (index !== undefined) counts[index]?.set(Number(v), { rows: Number(count), example: String(example) });
  }
  return counts;
}

/** Rows that a reader sees in each range: with FINAL, after all merges (fault 35). One scan, in the order of the ranges. */
export async function countFinal(
  client: ClickHouse,
  live: LiveTable,
  key: string,
  ranges: readonly KeyRange[],
): Promise<number[]> {
  if (ranges.length === 0) return [];
  const place = placeSql(quoteName(key), ranges);
  const rows = await client.rows(
    `SELECT ${place}, count() FROM ${tableName(live.database, live.table)}${finalSql(live)}
     WHERE ${withinAnySql(quoteName(key), ranges)} GROUP BY ${place}`,
    finalSettings(live),
  );
  const counts = new Map(rows.map(([from, count]) => [String(from), Number(count)]));
  return ranges.map(({ from }) => counts.get(String(from)) ?? 0);
}

/** Removes rows of some ranges by a condition on the version; waits until no reader sees them any more. */
export async function deleteRows(
  client: ClickHouse,
  live: LiveTable,
  key: string,
  ranges: readonly KeyRange[],
  versionCondition: string,
  queryId?: string,
): Promise<void> {
  const where = withinAnySql(quoteName(key), ranges);
  const sql = `DELETE FROM ${tableName(live.database, live.table)} WHERE (${where}) AND ${versionCondition}`;
  const waiting = { lightweight_deletes_sync: 2, mutations_sync: 2, enable_lightweight_delete: 1 };
  try {
    // Patch parts take a fraction of a second where a classic delete rewrites a mask in every part (target.md, rule 8).
    const patching = { lightweight_delete_mode: 'lightweight_update_force', allow_experimental_lightweight_update: 1 };
    await client.command(sql, { ...waiting, ...patching }, queryId);
  } catch (error) {
    // Only the server's own refusal says that the statement is not under way.
    if (isLost(error)) throw error;
    await client.command(sql, waiting, queryId);
  }
}

const pollMs = 200;
/** As long as the longest reply that a load waits for: after it the server has given the insert up, or never will. */
const waitMaxMs = 600_000;

/** Polls until nothing runs any more; true where something did. Throws INSERT_RUNNING after ten minutes. */
async function waitUntilEnded(live: LiveTable, runs: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  const until = Date.now() + waitMaxMs;
  for (let waited = false; ; waited = true) {
    if (!(await runs())) return waited;
    if (signal.aborted) throw signal.reason;
    if (Date.now() > until) {
      const text = `a statement that was broken off still runs at ${live.database}.${live.table}`;
      const hint = 'wait for it or KILL QUERY it at the server, then run `make load` again';
      throw new TransloadError(exits.failed, 'INSERT_RUNNING', text, hint);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/**
 * Waits until no INSERT of these versions into the table runs any more: one whose sender was killed goes on at the
 * server, and its rows would come after the count. Resolves to true where there was one to wait for. A user who may
 * not see the processes of the server does not wait: the statements of each shard are asked for by name later.
 */
export async function waitForInserts(
  client: ClickHouse,
  live: LiveTable,
  versions: readonly number[],
  signal: AbortSignal,
): Promise<boolean> {
  const begin = quoteText(`INSERT INTO ${tableName(live.database, live.table)} `);
  const marks = versions.map((version) => quoteText(`toDateTime(${version}, `)).join(', ');
  const running = `SELECT count() FROM system.processes WHERE startsWith(query, ${begin}) AND multiSearchAny(query, [${marks}])`;
  return waitUntilEnded(live, () => anyOf(client, running), signal);
}

/** True where a count is above 0; false too where the user may not see what is counted. */
async function anyOf(client: ClickHouse, countSql: string): Promise<boolean> {
  const rows = await allowed(() => client.rows(countSql));
  return Number(rows?.[0]?.[0] ?? 0) > 0;
}

/** Waits until none of these statements runs any more at the server, which tells it to whoever sent them. */
export async function waitForStatements(
  client: ClickHouse,
  live: LiveTable,
  queryIds: Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  for (const id of queryIds) await waitUntilEnded(live, () => client.isRunning(id), signal);
}

/** Waits until every delete from the table is done that the server took on: it outlives the statement it came by. */
export async function waitForDeletes(client: ClickHouse, live: LiveTable, signal: AbortSignal): Promise<void> {
  const open = `SELECT count() FROM system.mutations WHERE database = ${quoteText(live.database)}
    AND table = ${quoteText(live.table)} AND NOT is_done AND latest_fail_reason = '' AND command LIKE '%_row_exists%'`;
  await waitUntilEnded(live, () => anyOf(client, open), signal);
}
