import { clockDifference } from '../core/clock.js';
import { isLoopback } from '../core/server-config.js';
import type { Source } from '../dataset/declaration.js';
import type { ReadPlan, ServerFacts, SourceFacts } from './facts.js';
import { hasValues } from './mongo-fields.js';
import { flagNames, readPipeline } from './mongo-pipeline.js';
import type { FoundTable } from './source.js';

type Reply = Readonly<Record<string, unknown>>;
/** Sends a command to the source's database. Rejects with what the driver says. */
export type Command = (command: Readonly<Record<string, unknown>>) => Promise<Reply>;

const explainedKeys = 1000n;

/** How the driver is connected: its hosts are none before the names of `mongodb+srv://` are looked up. */
interface Place extends Pick<ServerFacts, 'where' | 'database' | 'cipher'> {
  readonly hosts: readonly { readonly host?: string | undefined }[];
}

/** `MongoDB 8.0.4`. */
export async function mongoVersion(command: Command): Promise<string> {
  return `MongoDB ${String((await command({ buildInfo: 1 })).version)}`;
}

/** What the server says of itself; how the connection is made comes from the driver. */
export async function mongoFacts(command: Command, { hosts, ...place }: Place): Promise<ServerFacts> {
  const version = await mongoVersion(command);
  const account = await accountOf(command);
  const clock = await clockDifference(async () => Number((await command({ hello: 1 })).localTime)).catch(
    () => undefined,
  );
  return {
    ...place,
    version,
    isNear: hosts.length > 0 && hosts.every(({ host }) => host !== undefined && isLoopback(host)),
    account: account && `${account.user}@${account.db}`,
    clock: clock && Number.isFinite(clock.aheadMs) ? clock : undefined,
    settings: [],
  };
}

async function accountOf(command: Command): Promise<{ user: string; db: string } | undefined> {
  const status = await command({ connectionStatus: 1 }).catch((): Reply => ({}));
  const { authenticatedUsers = [] } = (status.authInfo ?? {}) as {
    authenticatedUsers?: { user: string; db: string }[];
  };
  return authenticatedUsers[0];
}

/** The statement that gives the user the role that is missing; '' where the server knows no user of this connection. */
export async function missingRole(command: Command, database: string): Promise<string> {
  const account = await accountOf(command);
  if (account === undefined) return '';
  const [db, user, of] = [account.db, account.user, database].map((text) => JSON.stringify(text));
  return `the user needs the role read: db.getSiblingDB(${db}).grantRolesToUser(${user}, [{ role: "read", db: ${of} }])`;
}

/** What statistics and explain say of one collection. */
export async function mongoSourceFacts(
  command: Command,
  database: string,
  source: Source,
  found: FoundTable,
): Promise<SourceFacts> {
  const collection = `db.getSiblingDB(${JSON.stringify(database)}).getCollection(${JSON.stringify(found.table)})`;
  const key = JSON.stringify(source.key);
  const doubles = `{ $group: { _id: ${JSON.stringify(`$${source.key}`)}, n: { $sum: 1 } } }, { $match: { n: { $gt: 1 } } }, { $limit: 5 }`;
  return {
    qualified: collection,
    plan: found.index === undefined ? undefined : await readPlan(command, source, found.table),
    rowBytes: await documentBytes(command, source, found.table),
    charsets: {},
    indexStatement: found.index === undefined ? `${collection}.createIndex({ ${key}: 1 })` : undefined,
    doublesStatement: `${collection}.aggregate([${doubles}])`,
  };
}

/** The key and a byte a flag; of a collection whose values travel, its average document. */
async function documentBytes(command: Command, source: Source, table: string): Promise<number | undefined> {
  if (!hasValues(source)) return 8 + flagNames(source).length;
  const stats = await command({ collStats: table }).catch((): Reply => ({}));
  const bytes = Number(stats.avgObjSize);
  return bytes > 0 ? Math.round(bytes) : undefined;
}

async function readPlan(command: Command, source: Source, table: string): Promise<ReadPlan | undefined> {
  const pipeline = readPipeline(source, { from: 1n, to: 1n + explainedKeys });
  const reply = await command({
    explain: { aggregate: table, pipeline, cursor: {} },
    verbosity: 'queryPlanner',
  });
  return planOf(reply);
}

/** Stages that go by an index, in the words of all versions: EXPRESS_IXSCAN and CLUSTERED_IXSCAN are newer ones. */
const byIndex = /IXSCAN|IDHACK|COUNT_SCAN|DISTINCT_SCAN/;

/** The stages of the chosen plan, wherever the server puts it: as a query, as the first stage of a pipeline, by shard. */
function stagesOf(node: unknown): { stage: string; index: unknown }[] {
  if (Array.isArray(node)) return node.flatMap(stagesOf);
  if (typeof node !== 'object' || node === null) return [];
  const { stage, indexName } = node as { stage?: unknown; indexName?: unknown };
  const own = typeof stage === 'string' ? [{ stage, index: indexName }] : [];
  return [
    ...own,
    ...Object.entries(node).flatMap(([name, inner]) => (name === 'rejectedPlans' ? [] : stagesOf(inner))),
  ];
}

/** How a server's explanation says that it would read; undefined where it says nothing that is known. */
export function planOf(explained: unknown): ReadPlan | undefined {
  const stages = stagesOf(explained);
  const whole = stages.find(({ stage }) => stage === 'COLLSCAN');
  if (whole !== undefined) return { word: whole.stage, index: undefined };
  const scan = stages.find(({ stage }) => byIndex.test(stage));
  return scan && { word: scan.stage, index: String(scan.index ?? '_id_') };
}
