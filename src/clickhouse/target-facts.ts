import { type ClockDifference, clockDifference } from '../core/clock.js';
import { allowed, type ClickHouse, ownSettings, quoteText } from './client.js';
import { tableName } from './ddl.js';
import { insertSettings } from './insert.js';

/** A setting as the user's profile has it, and the bounds in which a statement may set it. */
export interface ProfileSetting {
  readonly name: string;
  readonly value: string;
  readonly min: string | undefined;
  readonly max: string | undefined;
  /** True where no statement of this user may set it. */
  readonly isFixed: boolean;
}

/** What a target says about itself and its user: what `make check` judges. */
export interface TargetFacts {
  readonly version: string;
  readonly where: string;
  readonly user: string;
  readonly database: string;
  readonly clock: ClockDifference;
  readonly settings: ReadonlyMap<string, ProfileSetting>;
  /** Privileges that the server says the user lacks: what, and on what. */
  readonly lacking: readonly { readonly privilege: string; readonly on: string }[];
  /** System tables that the user may not read. */
  readonly unreadable: readonly string[];
}

/**
 * What a load needs beside reading the catalogue. An INSERT that reads a file it is sent makes, in the server's eyes, a
 * temporary table; a DELETE updates a mask.
 */
const needed = ['SELECT', 'INSERT', 'CREATE TEMPORARY TABLE', 'ALTER DELETE', 'ALTER UPDATE'] as const;

/** System tables that a load or a verification looks at, and does without where it may not. */
const lookedAt = [
  'parts',
  'merge_tree_settings',
  'merges',
  'mutations',
  'processes',
  'disks',
  'storage_policies',
] as const;

/** Limits of a profile that end or refuse a statement of a load. */
const limits = [
  'readonly',
  'max_execution_time',
  'max_memory_usage',
  'max_partitions_per_insert_block',
  'max_rows_to_read',
  'max_bytes_to_read',
  'max_rows_to_group_by',
  'max_result_rows',
  'allow_experimental_lightweight_update',
  'enable_lightweight_update',
] as const;

/** Words of the HTTP interface that are no settings of the engine. */
const ofInterface = new Set(['wait_end_of_query']);

/** The settings that an insert sets: a server that lacks one refuses it. */
export const loadSettings: readonly string[] = [
  ...new Set([...Object.keys(insertSettings), ...Object.keys(ownSettings)].filter((name) => !ofInterface.has(name))),
];

/** Looks at the server, the user's profile and privileges. Changes nothing, and needs no privilege of its own. */
export async function targetFacts(client: ClickHouse, table: string): Promise<TargetFacts> {
  const { where, database } = client;
  const [row] = await client.rows('SELECT version(), currentUser()');
  const clock = await clockDifference(async () => {
    const [now] = await client.rows('SELECT toString(toUnixTimestamp64Milli(now64(3)))');
    return Number(now?.[0]);
  });
  const names = [...loadSettings, ...limits].map(quoteText).join(', ');
  const settings = await client.rows(
    `SELECT name, value, min, max, readonly FROM system.settings WHERE name IN (${names})`,
  );
  const lacking: { privilege: string; on: string }[] = [];
  for (const privilege of needed) {
    const on = privilege === 'CREATE TEMPORARY TABLE' ? '*.*' : tableName(database, table);
    if (!(await isGranted(client, privilege, on))) lacking.push({ privilege, on });
  }
  const unreadable: string[] = [];
  for (const name of lookedAt) {
    const seen = await allowed(() => client.rows(`SELECT 1 FROM system.${name} LIMIT 0`));
    if (seen === undefined) unreadable.push(`system.${name}`);
  }
  const textOf = (value: unknown): string | undefined =>
    value === null || value === undefined ? undefined : String(value);
  return {
    version: String(row?.[0]),
    user: String(row?.[1]),
    ...{ where, database, clock, lacking, unreadable },
    settings: new Map(
      settings.map(([name, value, min, max, fixed]) => [
        String(name),
        { name: String(name), value: String(value), min: textOf(min), max: textOf(max), isFixed: Number(fixed) === 1 },
      ]),
    ),
  };
}

/** A server that cannot answer the question is not judged by it. */
export async function isGranted(client: ClickHouse, privilege: string, on: string): Promise<boolean> {
  const answer = await allowed(() => client.text(`CHECK GRANT ${privilege} ON ${on}`, ''));
  return answer === undefined || answer.trim() !== '0';
}
