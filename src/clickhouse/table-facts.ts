import { allowed, type ClickHouse, quoteText } from './client.js';
import type { LiveTable } from './live-table.js';
import { dependentViews } from './swap-tables.js';

/** What hangs on the target's table and how it is kept: what `make check` judges beside its columns. */
export interface TableFacts {
  readonly rows: number;
  readonly bytes: number;
  /** Undefined where the user may not see the parts. */
  readonly partitions: number | undefined;
  /** Views that every insert into the table fills too. */
  readonly views: readonly string[];
  /** The expression by which rows or values vanish with time; '' where there is none. */
  readonly ttl: string;
  /** True where rows can be marked as deleted in patch parts, in a fraction of the time. */
  readonly isPatchable: boolean;
  /** True where the table has projections and its settings refuse every delete because of them. */
  readonly refusesDeletes: boolean;
  /** Of a table that its engine replicates. */
  readonly replica: { readonly isReadonly: boolean; readonly delaySeconds: number } | undefined;
}

/** Free bytes of the disks that a table's parts go to, with their names. */
export interface TargetDisk {
  readonly names: readonly string[];
  readonly freeBytes: number;
}

const patchSettings = ['enable_block_number_column', 'enable_block_offset_column'] as const;

/** Looks at the catalogue: reads no row of the table. */
export async function tableFacts(client: ClickHouse, live: LiveTable): Promise<TableFacts> {
  const ofTable = `database = ${quoteText(live.database)} AND name = ${quoteText(live.table)}`;
  const [row = []] = await client.rows(
    `SELECT total_rows, total_bytes, engine_full, create_table_query FROM system.tables WHERE ${ofTable}`,
  );
  const [engine, ddl] = [String(row[2]), String(row[3])];
  const inParts = `database = ${quoteText(live.database)} AND table = ${quoteText(live.table)}`;
  const count = `SELECT uniqExact(partition_id) FROM system.parts WHERE active AND NOT startsWith(partition_id, 'patch-') AND ${inParts}`;
  const partitions = (await allowed(() => client.rows(count)))?.[0]?.[0];
  return {
    rows: Number(row[0] ?? 0),
    bytes: Number(row[1] ?? 0),
    partitions: partitions === undefined ? undefined : Number(partitions),
    views: await dependentViews(client, live),
    ttl: ttlOf(ddl),
    isPatchable: await isPatchable(client, engine),
    refusesDeletes: hasProjection(ddl) && !/\blightweight_mutation_projection_mode = .?'(?:drop|rebuild)/.test(engine),
    replica: await replicaOf(client, inParts),
  };
}

/** The words and signs of a definition; what stands in quotes is one of them. */
const wordsOf = (definition: string): string[] =>
  definition.match(/`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|\w+|[\s\S]/g) ?? [];

const hasProjection = (definition: string): boolean => wordsOf(definition).includes('PROJECTION');

/**
 * The first TTL in a table's definition, of the table or of a column, up to where it ends; '' where there is none. Names
 * and texts in quotes are no TTL.
 */
export function ttlOf(definition: string): string {
  const words = wordsOf(definition);
  const at = words.indexOf('TTL');
  if (at < 0) return '';
  let depth = 0;
  const text: string[] = [];
  for (const word of words.slice(at + 1)) {
    if (word === '(') depth++;
    if (word === ')') depth--;
    if (depth < 0 || word === 'SETTINGS' || (depth === 0 && (word === ',' || word === '\n'))) break;
    text.push(word);
  }
  return text.join('').trim();
}

/** The table's own settings decide, else its server's, where the user may see them. */
async function isPatchable(client: ClickHouse, engine: string): Promise<boolean> {
  const own = patchSettings.map((name) => new RegExp(`\\b${name} = (\\w+)`).exec(engine)?.[1]);
  const isOn = (value: unknown): boolean => ['1', 'true'].includes(String(value));
  if (own.every((value) => value !== undefined)) return own.every(isOn);
  const names = patchSettings.map(quoteText).join(', ');
  const sql = `SELECT name, value FROM system.merge_tree_settings WHERE name IN (${names})`;
  const defaults = new Map((await allowed(() => client.rows(sql)))?.map(([name, value]) => [name, value]));
  return patchSettings.every((name, at) => isOn(own[at] ?? defaults.get(name)));
}

async function replicaOf(client: ClickHouse, inParts: string): Promise<TableFacts['replica']> {
  const sql = `SELECT count(), max(is_readonly), max(absolute_delay) FROM system.replicas WHERE ${inParts}`;
  const [row] = (await allowed(() => client.rows(sql))) ?? [];
  if (Number(row?.[0] ?? 0) === 0) return undefined;
  return { isReadonly: Number(row?.[1]) === 1, delaySeconds: Number(row?.[2]) };
}

/**
 * The disks of a table's storage policy, or of the default one where there is no table; undefined where the user may not
 * see them. A store without bounds (S3) says that it has more than there is.
 */
export async function targetDisk(client: ClickHouse, live: LiveTable | undefined): Promise<TargetDisk | undefined> {
  const policy =
    live === undefined
      ? "'default'"
      : `(SELECT storage_policy FROM system.tables WHERE database = ${quoteText(live.database)} AND name = ${quoteText(live.table)})`;
  const disks = `SELECT arrayJoin(disks) FROM system.storage_policies WHERE policy_name = ${policy}`;
  const sql = `SELECT groupArray(name), toString(sum(unreserved_space)) FROM system.disks WHERE name IN (${disks})`;
  const [row] = (await allowed(() => client.rows(sql))) ?? [];
  const names = (row?.[0] ?? []) as string[];
  return names.length === 0 ? undefined : { names, freeBytes: Number(row?.[1]) };
}
