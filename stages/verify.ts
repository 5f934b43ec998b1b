import type { Uncompared } from '../src/clickhouse/certified-columns.js';
import { findLiveTable } from '../src/clickhouse/live-table.js';
import { type Exit, exits, messageOf, TransloadError } from '../src/core/errors.js';
import type { JoinedDataset } from '../src/dataset/declaration.js';
import { inShards } from '../src/manifest/layout.js';
import { ownVersions, readLedger } from '../src/manifest/ledger.js';
import { readExports, readShards } from '../src/manifest/manifest.js';
import { type Plan, readPlan } from '../src/manifest/plan-file.js';
import { mergeVerified, readVerified, type Verified, writeVerified } from '../src/manifest/verified.js';
import type { Context } from '../src/pipeline/context.js';
import { listedOnly, listedOnlyText } from '../src/pipeline/half-shipped.js';
import { presentShards } from '../src/pipeline/join.js';
import { optionsInForce, planJoin } from '../src/pipeline/join-plan.js';
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
import { rowsBeyond, type TargetSide } from '../src/pipeline/verify-target.js';
import { sayRejects } from './rejects.js';
import { sampleIds, sampleRequest } from './sample.js';
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
import { sayTable } from './verify-table.js';
import {
  beyondText,
  differenceEvents,
  differencesTable,
  faultTexts,
  problemLines,
  problemText,
  removedText,
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
  // A load that comes to its end while this looks is newer than what is found.
  const since = new Date().toISOString();
  const { report, layout, target } = session;
  const context = contextOf(session, 'verify');
  const dataset = shardsDataset(session);
  const plan = await readPlan(layout);
  const shards = await chosenShards(context);
  const sample = await sampleRequest(session, plan);
  const sources = await sourceChecks(session, context, plan);
  const side = await targetSide(session, dataset);
  const live = typeof side === 'string' ? undefined : side;
  const unjoined = plan ? await notCurrent(session, plan) : [];
  const tools = { parquet: await parquetTools(), plan, sources, target: live, unjoined };
  const verified = await verifyShards(context, dataset, shards, tools);
  const isAll = context.range === undefined && context.part === undefined;
  const beyond = live && isAll ? await rowsBeyond(live, dataset, shards) : undefined;
  const deep =
    live && switchOf(session, 'DEEP') ? await readBack(session, context, dataset, live, verified) : undefined;
  const checks = withDeep(verified.shards, deep?.checks ?? []);
  for (const event of differenceEvents(deep?.checks.flatMap(({ values }) => values) ?? [])) report(event);
  if (sources.length > 0) report(sourcesTable(sources));
  report(shardsTable(checks));
  const table = differencesTable(deep?.checks ?? [], shownMax);
  if (table) report(table);
  const unnamed = await listedOnly(layout);
  const unsure = unsureColumns(checks);
  const stopping = verified.uncompared.filter(({ stops }) => stops);
  const uncompared = deep ? stopping : verified.uncompared;
  const { mend, replace } = mendingCommands(checks, sources, unjoined, target);
  const lines = [
    ...problemLines(checks, unjoined),
    ...(beyond ? [`  ${beyondText(beyond)}`] : []),
    ...(typeof side === 'string' ? [`  ${side}`] : []),
    ...(unnamed.length > 0 ? [`  ${listedOnlyText(unnamed)}`] : []),
    ...(verified.removed > 0 ? [`  ${removedText(verified.removed)}`] : []),
    ...uncomparedLines(uncompared, unsure),
    ...commandLines('to see which rows:', deepCommands(checks, target)),
    ...commandLines('to mend it:', mend),
    ...commandLines('to mend it, if the rows that this data folder did not load may go:', replace),
  ];
  for (const text of lines) report({ event: 'text', text });
  if (live) await record(session, context, live, checks, since);
  // All that was found is said and kept: what fails from here on takes nothing of it away.
  let late: TransloadError | undefined;
  const also = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof TransloadError) || context.signal.aborted) throw error;
      late ??= error;
      report({ event: 'warning', text: `${what}: ${error.message} → ${error.hint}` });
      return undefined;
    }
  };
  if (live) await also('the table was not asked to its end', () => sayTable(session, dataset, live, checks));
  const sampled =
    live && sample ? await also('SAMPLE= found no result', () => sampleIds(session, shards, live, sample)) : 0;
  const wrongSources = sources.filter(({ server, files, ranges }) => server !== files || ranges.length > 0);
  const faults = faultTexts([
    [checks.filter(({ problems }) => problems.length > 0).length, `of ${checks.length} shards DIFFER`],
    [unjoined.filter(({ why }) => why !== 'changed').length, 'not joined'],
    [unjoined.filter(({ why }) => why === 'changed').length, 'to be joined again'],
    [unnamed.length, 'named by no manifest'],
    [beyond?.rows ?? 0, 'rows beyond the shards'],
    [wrongSources.length, `of ${sources.length} sources DIFFER`],
    [stopping.length, 'columns of the table cannot hold what the shards do'],
    [deep?.failed ?? 0, 'could not be read back'],
  ]);
  if (live === undefined) faults.push('there is no table');
  const rows = checks.reduce((sum, { shard }) => sum + shard.rows, 0);
  const untold = unsure.size + uncompared.length;
  const columns = ` in ${verified.columns - unsure.size} columns${untold > 0 ? `, ${untold} not compared` : ''}`;
  const compared = deep ? ', value by value' : columns;
  const text =
    faults.length === 0
      ? `${count(rows)} rows in ${checks.length} shards, no difference${compared}.`
      : `${faults.join(', ')}.`;
  const alsoSampled = sampled ? ` ${count(sampled)} of the sampled ids DIFFER.` : '';
  const loud = alsoSampled + sayRejects(session, shards);
  report({ event: 'stage-done', stage: 'verify', seconds: secondsSince(begin), text: `${text}${loud}` });
  const rejected = shards.reduce((sum, { rejects }) => sum + rejects.rows, 0);
  return faults.length > 0 || sampled || rejected > 0 ? exits.failed : (late?.exit ?? exits.done);
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

async function notCurrent(session: Session, plan: Plan): Promise<Unjoined[]> {
  const { layout } = session;
  const shards = await readShards(layout);
  const context = { ...contextOf(session, 'verify'), again: false };
  const present = await presentShards(layout);
  const options = optionsInForce(session.dataset, plan, shardsDataset(session).joined ?? {});
  const work = planJoin(context, plan, await readExports(layout), shards, present, options);
  return verifyPlanned(work, shards);
}

/** DEEP=1: every value, of the shards whose own files are whole. */
async function readBack(
  session: Session,
  context: Context,
  dataset: JoinedDataset,
  side: TargetSide,
  { shards }: Verification,
): Promise<{ checks: DeepCheck[]; failed: number }> {
  const engine = await openSqlEngine(session);
  session.closing.push(() => engine.close());
  const whole = shards.filter(({ shard, problems }) => {
    const own = inShards(session.layout, shard.file);
    return !problems.some((one) => one.kind === 'damage' && one.path === own);
  });
  const hiding = new Set(whole.filter(({ stored, read }) => stored !== read).map(({ shard }) => shard.file));
  const tools = { side, dataset, engine, hiding };
  const { checks, result } = await verifyDeep(
    context,
    tools,
    whole.map(({ shard }) => shard),
  );
  return { checks, failed: result.failed.length };
}

/** Columns of which the certificate says nothing, each with the reason. */
function unsureColumns(checks: readonly ShardCheck[]): Map<string, string> {
  return new Map(checks.flatMap((check) => check.unsure.map(({ column, detail }) => [column, detail])));
}

function uncomparedLines(uncompared: readonly Uncompared[], unsure: ReadonlyMap<string, string>): string[] {
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
  since: string,
): Promise<void> {
  const time = new Date().toISOString();
  const shards = checks.map(({ shard, read, problems }) => ({
    ...{ shard: shard.file, sha256: shard.sha256, read: read ?? 0, time: since },
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
