import { type ClickHouse, quoteText } from './client.js';
import { versionOf } from './sorting-key.js';

export interface LiveColumn {
  readonly name: string;
  readonly type: string;
  /** '', DEFAULT, MATERIALIZED, ALIAS or EPHEMERAL. */
  readonly defaultKind: string;
}

/** The target's table as the server describes it. */
export interface LiveTable {
  readonly database: string;
  readonly table: string;
  /** Another one after the table was dropped and made again. */
  readonly uuid: string;
  readonly engine: string;
  /** By which column a ReplacingMergeTree chooses the row that stays; '' where it names none. */
  readonly versionColumn?: string;
  readonly partitionKey: string;
  readonly sortingKey: string;
  /** The server's own zone: that of a DateTime that names none. */
  readonly zone: string;
  readonly columns: readonly LiveColumn[];
}

/** Looks the table up; undefined where it does not exist. */
export async function findLiveTable(
  client: ClickHouse,
  database: string,
  table: string,
): Promise<LiveTable | undefined> {
  const where = `database = ${quoteText(database)}`;
  const [found] = await client.rows(
    `SELECT toString(uuid), engine, partition_key, sorting_key, timezone(), engine_full FROM system.tables WHERE ${where} AND name = ${quoteText(table)}`,
  );
  if (found === undefined) return undefined;
  const [uuid, engine, partitionKey, sortingKey, zone, engineFull] = found.map(String);
  const columns = await client.rows(
    `SELECT name, type, default_kind FROM system.columns WHERE ${where} AND table = ${quoteText(table)} ORDER BY position`,
  );
  return {
    database,
    table,
    uuid: uuid ?? '',
    engine: engine ?? '',
    versionColumn: versionOf(engineFull ?? ''),
    partitionKey: partitionKey ?? '',
    sortingKey: sortingKey ?? '',
    zone: zone ?? '',
    columns: columns.map(([name, type, kind]) => ({
      name: String(name),
      type: String(type),
      defaultKind: String(kind),
    })),
  };
}

/** Settings for every count: a replica that lags behind must not answer (target.md, rule 10). */
export function countSettings(table: LiveTable): Record<string, number> {
  return /^(Replicated|Shared)/.test(table.engine) ? { select_sequential_consistency: 1 } : {};
}
