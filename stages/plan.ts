import { availableParallelism } from 'node:os';
import { type Plan, plannedRanges, plannedShards } from '../src/manifest/plan-file.js';
import { ensurePlan, type PlanSizes } from '../src/pipeline/plan.js';
import { positive } from './config.js';
import { bytes, count, duration } from './sentences.js';
import { contextOf, openServers, type Session, withLock } from './session.js';

/** Ranges and shards of the first plan; later ones keep what it fixed. */
export function planSizes(session: Session): PlanSizes {
  return {
    rangeRows: positive(session.env, 'RANGE_ROWS', 100_000),
    shardRows: positive(session.env, 'SHARD_ROWS', 1_000_000),
  };
}

/** Bytes and time an exported row took on two cores with the server beside it (the reference work: 1 M images). */
const bytesPerRow = 8;
const rowsPerSecondAndCore = 600_000;

/** `make plan`: makes the plan, or shows the one that is there. */
export async function planCommand(session: Session): Promise<void> {
  const servers = await openServers(session);
  await withLock(session, 'export', async () => {
    const plan = await ensurePlan(contextOf(session, 'plan'), servers, planSizes(session));
    showPlan(session, plan);
  });
}

function showPlan({ report }: Session, plan: Plan): void {
  const rows = plan.generations.reduce((sum, generation) => sum + generation.rows, 0);
  report({
    event: 'table',
    title: '',
    head: ['source', 'table', 'read', 'rows (estimate)'],
    rows: plan.sources.map(({ name, table, access, estimate }) => [
      name,
      table,
      access,
      estimate === null ? '?' : count(estimate),
    ]),
  });
  const all = plan.sources.reduce((sum, { estimate }) => sum + (estimate ?? 0), 0);
  const last = plan.generations.at(-1);
  const about = plan.generations.some(({ estimated }) => estimated) ? 'about ' : '';
  report({
    event: 'stage-done',
    stage: 'plan',
    seconds: 0,
    text:
      `${about}${count(rows)} driving rows up to key ${last === undefined ? '' : BigInt(last.end) - 1n}: ${count(plannedRanges(plan).length)} ranges, ` +
      `${count(plannedShards(plan).length)} shards; about ${bytes(all * bytesPerRow)} of export files, ` +
      `${duration(all / (rowsPerSecondAndCore * availableParallelism()))} to export. Next: make export`,
  });
}
