import { quoteText } from '../src/clickhouse/client.js';
import { askable, countSentinels, measureQuery } from '../src/clickhouse/conditions.js';
import { findLiveTable } from '../src/clickhouse/live-table.js';
import { type Exit, exits, messageOf, TransloadError } from '../src/core/errors.js';
import type { Condition, JoinedDataset } from '../src/dataset/declaration.js';
import type { ShardEntry } from '../src/manifest/entries.js';
import { ownVersions, readLedger } from '../src/manifest/ledger.js';
import { readExports, readShards } from '../src/manifest/manifest.js';
import { type Plan, readPlan } from '../src/manifest/plan-file.js';
import { mergeVerified, readVerified, type Verified, writeVerified } from '../src/manifest/verified.js';
import type { Context } from '../src/pipeline/context.js';
import { listedOnly, listedOnlyText } from '../src/pipeline/half-shipped.js';
import { presentShards } from '../src/pipeline/join.js';
import { optionsInForce, planJoin } from '../src/pipeline/join-plan.js';
import { shardRange } from '../src/pipeline/load-plan.js';
import { chosenShards } from '../src/pipeline/load-table.js';
import { secondsSince } from '../src/pipeline/run-stage.js';
import {
  type ShardCheck,
  type Unjoined,
  type Verification,
  verifyPlanned,
  verifyShards,
  withDeep,
} from '../src/pipeline/verify.js';
import { deepCommands, mendingCommands } from '../src/pipeline/verify-again.js';
import { type DeepCheck, verifyDeep } from '../src/pipeline/verify-deep.js';
import { type SourceCheck, verifySources } from '../src/pipeline/verify-sources.js';
import type { TargetSide } from '../src/pipeline/verify-target.js';
import { sayRejects } from './rejects.js';
import { sampleIds } from './sample.js';
import { count } from './sentences.js';
import {
  contextOf,
  openServers,
  openSqlEngine,
  openTarget,
  parquetTools,
  type Session,
  shardsDataset,
  switchOf,
  targetOf,
} from './session.js';
import {
  differenceEvents,
  differencesTable,
  problemLines,
  problemText,
  queriesTable,
  sentinelsTable,
  shardsTable,
  sourcesTable,
} from './verify-words.js';

/** Differences that are listed on a screen. */
const shownMax = 20;

/** The target's table, or what is wrong with it. */
async function targetSide(session: Session, dataset: JoinedDataset): Promise<TargetSide | string> {
  const client = await openTarget(session);
  const table = targetOf(session)?.table ?? dataset.table.name;
  const live = await findLiveTable(client, client.database, table);
  if (live) return { client, live, own: ownVersions(await readLedger(session.layout, session.target), live.uuid) };
  return `there is no table ${client.database}.${table} at ${session.target}: make load TARGET=${session.target} CREATE=1`;
}

/** `make verify`: rows and values at the source, in the files, in the shards and at the target. */
export async function verifyCommand(session: Session): Promise<Exit> {
  const begin = performance.now();
  const { report, layout, target } = session;
  const context = contextOf(session, 'verify');
  const dataset = shardsDataset(session);
  const plan = await readPlan(layout);
  const shards = await chosenShards(context);
  const sources = await sourceChecks(session, context, plan);
  const side = await targetSide(session, dataset);
  const live = typeof side === 'string' ? undefined : side;
  const unjoined = plan ? await notCurrent(session, plan, shards) : [];
  const tools = { parquet: await parquetTools(), plan, sources, target: live };
  const verified = await verifyShards(context, dataset, shards, tools);
  const deep =
    live && switchOf(session, 'DEEP') ? await readBack(session, context, dataset, live, verified) : undefined;
  const checks = withDeep(verified.shards, deep?.checks ?? []);
  for (const event of differenceEvents(deep?.checks.flatMap(({ values }) => values) ?? [])) report(event);
  if (sources.length > 0) report(sourcesTable(sources));
  report(shardsTable(checks));
  const table = differencesTable(deep?.checks ?? [], shownMax);
  if (table) report(table);
  if (live) await sayTable(session, dataset, live, checks);
  const sampled = live === undefined ? 0 : await sampleIds(session, shards, live);
  const unnamed = await listedOnly(layout);
  const unsure = unsureColumns(checks);
  const lines = [
    ...problemLines(checks, unjoined),
    ...(typeof side === 'string' ? [`  ${side}`] : []),
    ...(unnamed.length > 0 ? [`  ${listedOnlyText(unnamed)}`] : []),
    ...uncomparedLines(verified, unsure),
    ...commandLines('to see which rows:', deepCommands(checks, target)),
    ...commandLines('to mend it:', mendingCommands(checks, sources, unjoined, target)),
  ];
  for (const text of lines) report({ event: 'text', text });
  if (live) await record(session, context, live, checks);
  const different = checks.filter(({ problems }) => problems.length > 0);
  const wrongSources = sources.filter(({ server, files, ranges }) => server !== files || ranges.length > 0);
  const stopping = verified.uncompared.filter(({ stops }) => stops);
  const failed = deep?.failed ?? 0;
  const wrongShards = different.length + unjoined.length + unnamed.length;
  const wrong = wrongShards + wrongSources.length + stopping.length + failed + (live === undefined ? 1 : 0);
  const rows = checks.reduce((sum, { shard }) => sum + shard.rows, 0);
  const untold = unsure.size + (deep ? 0 : verified.uncompared.length);
  const columns = ` in ${verified.columns - unsure.size} columns${untold > 0 ? `, ${untold} not compared` : ''}`;
  const compared = deep ? ', value by value' : columns;
  const text =
    wrong === 0
      ? `${count(rows)} rows in ${checks.length} shards, no difference${compared}.`
      : [
          ...(wrongShards > 0 ? [`${wrongShards} of ${checks.length} shards DIFFER`] : []),
          ...(wrongSources.length > 0 ? [`${wrongSources.length} of ${sources.length} sources DIFFER`] : []),
          ...(stopping.length > 0 ? [`${stopping.length} columns of the table cannot hold what the shards do`] : []),
          ...(failed > 0 ? [`${failed} could not be read back`] : []),
          ...(live === undefined ? ['there is no table'] : []),
        ]
          .join(', ')
          .concat('.');
  const alsoSampled = sampled === 0 ? '' : ` ${count(sampled)} of the sampled ids DIFFER.`;
  const loud = alsoSampled + sayRejects(session, shards);
  report({ event: 'stage-done', stage: 'verify', seconds: secondsSince(begin), text: `${text}${loud}` });
  const rejected = shards.reduce((sum, { rejects }) => sum + rejects.rows, 0);
  return wrong + sampled > 0 || rejected > 0 ? exits.failed : exits.done;
}

/** Without a plan, or on a machine that reaches no source, the shards are compared with files and target alone. */
async function sourceChecks(session: Session, context: Context, plan: Plan | undefined): Promise<SourceCheck[]> {
  const { report, env } = session;
  const lacking = plan === undefined ? 'there is no plan here' : 'MYSQL_URL and MONGO_URL are not set';
  if (plan === undefined || (!env.MYSQL_URL && !env.MONGO_URL)) {
    report({ event: 'note', text: `${lacking}: shards are compared with the target alone` });
    return [];
  }
  return verifySources(context, await openServers(session), plan);
}

async function notCurrent(session: Session, plan: Plan, shards: readonly ShardEntry[]): Promise<Unjoined[]> {
  const { layout } = session;
  const context = { ...contextOf(session, 'verify'), again: false };
  const present = await presentShards(layout);
  const options = optionsInForce(session.dataset, plan, shardsDataset(session).joined ?? {});
  const work = planJoin(context, plan, await readExports(layout), await readShards(layout), present, options);
  return verifyPlanned(work, shards);
}

/** DEEP=1: every value, of the shards whose files are whole. */
async function readBack(
  session: Session,
  context: Context,
  dataset: JoinedDataset,
  side: TargetSide,
  { shards }: Verification,
): Promise<{ checks: DeepCheck[]; failed: number }> {
  const engine = await openSqlEngine(session);
  session.closing.push(() => engine.close());
  const whole = shards.filter(({ problems }) => problems.every(({ kind }) => kind !== 'damage'));
  const hiding = new Set(whole.filter(({ stored, read }) => stored !== read).map(({ shard }) => shard.file));
  const tools = { side, dataset, engine, hiding };
  const { checks, result } = await verifyDeep(
    context,
    tools,
    whole.map(({ shard }) => shard),
  );
  return { checks, failed: result.failed.length };
}

/** What the table holds for unknown, and what questions cost it; a condition that the server refuses is said. */
async function sayTable(
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
    try {
      report(sentinelsTable(await countSentinels(client, live, key, ranges, sentinels, isHiding)));
    } catch (error) {
      if (!(error instanceof TransloadError) || error.exit !== exits.failed) throw error;
      report({ event: 'warning', text: `what stands for unknown was not counted: ${messageOf(error)}` });
    }
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

/** Columns of which the certificate says nothing, each with the reason. */
function unsureColumns(checks: readonly ShardCheck[]): Map<string, string> {
  return new Map(checks.flatMap((check) => check.unsure.map(({ column, detail }) => [column, detail])));
}

function uncomparedLines({ uncompared }: Verification, unsure: ReadonlyMap<string, string>): string[] {
  return [
    ...uncompared.map(({ column, why }) => `  not compared: ${column} (${why})`),
    ...[...unsure].map(([column, why]) => `  its figures do not tell: ${column} (${why})`),
  ];
}

const commandLines = (title: string, commands: readonly string[]): string[] =>
  commands.length === 0 ? [] : [title, ...commands.map((command) => `  ${command}`)];

/** What was found is kept for status and report; a folder that cannot be written to is no reason to fail. */
async function record(
  { layout, target, report }: Session,
  { run }: Context,
  { live }: TargetSide,
  checks: readonly ShardCheck[],
): Promise<void> {
  const time = new Date().toISOString();
  const shards = checks.map(({ shard, read, problems }) => ({
    ...{ shard: shard.file, sha256: shard.sha256, read: read ?? 0, time },
    problems: problems.map(problemText),
  }));
  const now: Verified = { format: 1, target, uuid: live.uuid, time, run, shards };
  const current = new Map([...(await readShards(layout)).values()].map(({ file, sha256 }) => [file, sha256]));
  try {
    // A record that is damaged is replaced.
    const before = await readVerified(layout, target).catch(() => undefined);
    await writeVerified(layout, mergeVerified(before, now, current));
  } catch (error) {
    report({ event: 'warning', text: `the result could not be recorded: ${messageOf(error)}` });
  }
}
