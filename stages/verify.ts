import { findLiveTable } from '../src/clickhouse/live-table.js';
import { type Exit, exits } from '../src/core/errors.js';
import { type KeyRange, showRange } from '../src/core/ranges.js';
import type { ShardEntry } from '../src/manifest/entries.js';
import { readExports, readShards } from '../src/manifest/manifest.js';
import { type Plan, readPlan } from '../src/manifest/plan-file.js';
import { listedOnly, listedOnlyText } from '../src/pipeline/half-shipped.js';
import { presentShards } from '../src/pipeline/join.js';
import { optionsInForce, planJoin } from '../src/pipeline/join-plan.js';
import { chosenShards } from '../src/pipeline/load-table.js';
import { problemText, type TargetSide, verifyPlanned, verifyShards, verifySources } from '../src/pipeline/verify.js';
import { sayRejects } from './rejects.js';
import { sampleIds } from './sample.js';
import { count } from './sentences.js';
import { contextOf, openServers, openTarget, parquetTools, type Session, shardsDataset, targetOf } from './session.js';

const cell = (value: number | null): string => (value === null ? '-' : count(value));

/** The target's table, or what is wrong with it. */
async function targetSide(session: Session): Promise<TargetSide | string> {
  const dataset = shardsDataset(session);
  const client = await openTarget(session);
  const table = targetOf(session)?.table ?? dataset.table.name;
  const live = await findLiveTable(client, client.database, table);
  if (live) return { client, live };
  return `there is no table ${client.database}.${table} at ${session.target}: make load TARGET=${session.target} CREATE=1`;
}

/** `make verify`: counts at the source, in the files, in the shards and at the target. */
export async function verifyCommand(session: Session): Promise<Exit> {
  const { report, layout } = session;
  const context = contextOf(session, 'verify');
  const plan = await readPlan(layout);
  const shards = await chosenShards(context);
  const servers = plan ? await openServers(session) : undefined;
  if (!plan) report({ event: 'note', text: 'there is no plan here: shards are compared with the target alone' });
  const sources = plan && servers && !context.range ? await verifySources(context, servers, plan) : [];
  const side = await targetSide(session);
  const target = typeof side === 'string' ? undefined : side;
  const unjoined = plan ? await notCurrent(session, plan, shards) : [];
  const checks = await verifyShards(
    context,
    shardsDataset(session),
    shards,
    await parquetTools(),
    plan,
    servers,
    target,
  );
  if (sources.length > 0) {
    report({
      event: 'table',
      title: 'sources',
      head: ['source', 'at the server', 'in the files', ''],
      rows: sources.map(({ source, server, files }) => [
        source,
        count(server),
        count(files),
        server === files ? 'equal' : 'DIFFERENT',
      ]),
    });
  }
  report({
    event: 'table',
    title: 'shards (rows)',
    head: ['range', 'source', 'files', 'shard', 'rejected', 'stored', 'read', ''],
    rows: checks.map((one) => [
      showRange(one.range),
      cell(one.source),
      cell(one.files),
      count(one.shard),
      count(one.rejected),
      cell(one.stored),
      cell(one.read),
      one.problems.length === 0 ? 'equal' : 'DIFFERENT',
    ]),
  });
  const different = checks.filter(({ problems }) => problems.length > 0);
  for (const check of different) report({ event: 'text', text: `  ${problemText(check)}` });
  for (const { range, problem } of unjoined) report({ event: 'text', text: `  ${showRange(range)}: ${problem}` });
  if (typeof side === 'string') report({ event: 'text', text: `  ${side}` });
  const sampled = target === undefined ? 0 : await sampleIds(session, shards, target);
  const rejected = checks.reduce((sum, one) => sum + one.rejected, 0);
  const wrongSources = sources.filter(({ server, files }) => server !== files);
  const rows = checks.reduce((sum, one) => sum + one.shard, 0);
  const unnamed = await listedOnly(layout);
  if (unnamed.length > 0) report({ event: 'text', text: `  ${listedOnlyText(unnamed)}` });
  const wrong =
    unnamed.length + different.length + wrongSources.length + unjoined.length + (target === undefined ? 1 : 0);
  const text =
    wrong === 0
      ? `${count(rows)} rows in ${checks.length} shards, no difference.`
      : `${different.length + unjoined.length + unnamed.length} shards and ${wrongSources.length} sources DIFFER${target ? '' : ', and there is no table'}${different[0] ? `: do again RANGE=${showRange(different[0].range)}` : ''}.`;
  const alsoSampled = sampled === 0 ? '' : ` ${count(sampled)} of the sampled ids DIFFER.`;
  const loud = alsoSampled + sayRejects(session, shards);
  report({ event: 'stage-done', stage: 'verify', seconds: 0, text: `${text}${loud}` });
  return wrong + sampled > 0 || rejected > 0 ? exits.failed : exits.done;
}

async function notCurrent(
  session: Session,
  plan: Plan,
  shards: readonly ShardEntry[],
): Promise<{ range: KeyRange; problem: string }[]> {
  const { layout } = session;
  const context = { ...contextOf(session, 'verify'), again: false };
  const present = await presentShards(layout);
  const options = optionsInForce(session.dataset, plan, shardsDataset(session).joined ?? {});
  const work = planJoin(context, plan, await readExports(layout), await readShards(layout), present, options);
  return verifyPlanned(work, shards);
}
