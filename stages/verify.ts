import { findLiveTable } from '../src/clickhouse/live-table.js';
import { type Exit, exits } from '../src/core/errors.js';
import { showRange } from '../src/core/ranges.js';
import { readPlan } from '../src/manifest/plan-file.js';
import { chosenShards } from '../src/pipeline/load.js';
import { problemText, type TargetSide, verifyShards, verifySources } from '../src/pipeline/verify.js';
import { count } from './sentences.js';
import { contextOf, openServers, openTarget, parquetTools, type Session, shardsDataset, targetOf } from './session.js';

const cell = (value: number | null): string => (value === null ? '-' : count(value));

async function targetSide(session: Session): Promise<TargetSide | undefined> {
  const dataset = shardsDataset(session);
  const client = await openTarget(session);
  const table = targetOf(session)?.table ?? dataset.table.name;
  const live = await findLiveTable(client, client.database, table);
  if (live) return { client, live };
  session.report({
    event: 'warning',
    text: `there is no table ${client.database}.${table} at ${session.target}: the target is not compared`,
  });
  return undefined;
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
  const target = await targetSide(session);
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
  const rejected = checks.reduce((sum, one) => sum + one.rejected, 0);
  const wrongSources = sources.filter(({ server, files }) => server !== files);
  const rows = checks.reduce((sum, one) => sum + one.shard, 0);
  const wrong = different.length + wrongSources.length;
  const text =
    wrong === 0
      ? `${count(rows)} rows in ${checks.length} shards, no difference.`
      : `${different.length} shards and ${wrongSources.length} sources DIFFER${different[0] ? `: do again RANGE=${showRange(different[0].range)}` : ''}.`;
  const loud = rejected > 0 ? ` ${count(rejected)} ROWS REJECTED, see ${layout.shards}/rejects.` : '';
  report({ event: 'stage-done', stage: 'verify', seconds: 0, text: `${text}${loud}` });
  return wrong > 0 || rejected > 0 ? exits.failed : exits.done;
}
