import { existsSync } from 'node:fs';
import type { ClickHouse } from '../src/clickhouse/client.js';
import { liveSide } from '../src/clickhouse/live-side.js';
import { type Exit, exits, TransloadError, usageError } from '../src/core/errors.js';
import type { LiveStatus, SourceStatus, StageStatus } from '../src/core/status-report.js';
import type { ExportEntry, ShardEntry } from '../src/manifest/entries.js';
import { readLastRun } from '../src/manifest/last-run.js';
import { embeddedDir, lockPath } from '../src/manifest/layout.js';
import { type LedgerEntry, ledgerTargets, readLedger } from '../src/manifest/ledger.js';
import { lockHolder } from '../src/manifest/lock.js';
import { readExports, readShards } from '../src/manifest/manifest.js';
import { type Plan, readPlan } from '../src/manifest/plan-file.js';
import { readVerified } from '../src/manifest/verified.js';
import { presentExports } from '../src/pipeline/export.js';
import { planExport } from '../src/pipeline/export-plan.js';
import { presentShards } from '../src/pipeline/join.js';
import { joinedExports, optionsInForce, planJoin } from '../src/pipeline/join-plan.js';
import {
  exportStatus,
  joinStatus,
  loadStatus,
  planStatus,
  type StageWork,
  sourceStatus,
  verifiedStatus,
} from '../src/pipeline/status.js';
import { countedOddities } from './oddities.js';
import { rejectsOf } from './rejects.js';
import { contextOf, openTarget, type Session, shardsDataset, targetOf } from './session.js';

/** The target may think for so long before its side is given up. */
const liveMs = 5000;

/**
 * `make status`: what is done, what is left, what was odd, who is at work, and the next command. Asks no server, but the
 * target that TARGET= names for its own side; one that does not answer is said, and is no failure of the command.
 */
export async function statusCommand(session: Session): Promise<Exit> {
  const { layout, report, dataset, env } = session;
  const named = env.TARGET || undefined;
  if (named !== undefined) targetOf(session);
  const plan = await readPlan(layout);
  const [exports, shards] = [await readExports(layout), await readShards(layout)];
  const targets = await ledgerTargets(layout);
  if (named !== undefined && !targets.includes(named)) targets.push(named);
  const ledgers = new Map<string, readonly LedgerEntry[]>();
  for (const target of targets) ledgers.set(target, await readLedger(layout, target));

  const done = plan === undefined ? { sources: [], stages: [] } : await planned(session, plan, exports, shards);
  const loads = targets.map((target) => loadStatus(target, shards, ledgers.get(target) ?? []));
  const stages: StageStatus[] = [];
  for (const work of [...done.stages, ...loads]) {
    const record = work.target === null ? undefined : await readVerified(layout, work.target);
    const verified = verifiedStatus(record, shards, ledgers.get(work.target ?? '') ?? []);
    stages.push({ ...(await withRuns(session, work)), verified });
  }
  const rejects = rejectsOf(session, shards.values());
  if (rejects.rows > 0) report({ event: 'rejects', ...rejects });
  report({
    ...{ event: 'status', format: 1, time: new Date().toISOString() },
    plan: plan === undefined ? null : planStatus(plan),
    ...{ stages, sources: done.sources },
    absent: plan?.absent ?? shardsDataset(session).without ?? [],
    oddities: countedOddities(dataset, exports.values(), shards.values()),
    rejects,
    live: named === undefined ? null : await askTarget(session, named, ledgers.get(named) ?? []),
    next: nextCommand(session, plan, shards.size, stages),
  });
  return exits.done;
}

/** Export and join against the plan. */
async function planned(
  session: Session,
  plan: Plan,
  exports: ReadonlyMap<string, ExportEntry>,
  shards: ReadonlyMap<string, ShardEntry>,
): Promise<{ sources: SourceStatus[]; stages: StageWork[] }> {
  const { layout, dataset, env } = session;
  const context = { ...contextOf(session, 'status'), again: false };
  const asked = env.HANDS ? { hands: env.HANDS } : (shardsDataset(session).joined ?? {});
  const options = optionsInForce(dataset, plan, asked);
  const join = planJoin(context, plan, exports, shards, await presentShards(layout), options);
  // What was removed after its shards were made is not missed.
  const there = new Set([...(await presentExports(context)), ...joinedExports(layout, plan, join)]);
  const sources = sourceStatus(plan, exports, planExport(context, plan, exports, there, undefined));
  return {
    sources: sources.map(({ rowsLeft: _left, ...source }) => source),
    stages: [exportStatus(plan, exports, sources), joinStatus(plan, shards, join)],
  };
}

/** The same with who is at it now, and how its last run ended. */
async function withRuns({ layout }: Session, work: StageWork): Promise<Omit<StageStatus, 'verified'>> {
  const name = work.target === null ? work.stage : `${work.stage}-${work.target}`;
  const holder = await lockHolder(lockPath(layout, name));
  const { pid = 0, host = '', since = '', isAlive = false } = holder ?? {};
  const last = await readLastRun(layout, name);
  const wasKilled = holder !== undefined && !isAlive && (last === undefined || last.end < since);
  return {
    ...work,
    running: isAlive ? { pid, host, since } : null,
    lastRun: wasKilled
      ? { host, begin: since, end: null, outcome: 'killed', errors: [], errorCount: 0 }
      : (last ?? null),
  };
}

/** The target's own side; whatever keeps it from answering is told in its place. */
async function askTarget(session: Session, target: string, ledger: readonly LedgerEntry[]): Promise<LiveStatus> {
  const dataset = shardsDataset(session);
  const begun = ledger.findLast(({ kind }) => kind === 'run');
  const question = {
    ...{ target, table: targetOf(session)?.table ?? dataset.table.name },
    ...{ key: dataset.key.name, version: dataset.table.version },
    since: begun === undefined ? undefined : Math.floor(Date.parse(begun.time) / 1000),
  };
  try {
    return await liveSide(await openBriefly(session), question);
  } catch (error) {
    if (!(error instanceof TransloadError)) throw error;
    const { code, message, hint } = error;
    return { state: 'away', target, code, message, hint };
  }
}

async function openBriefly(session: Session): Promise<ClickHouse> {
  const config = targetOf(session);
  if (config !== undefined) {
    const { openHttp } = await import('../src/clickhouse/http.js');
    const client = openHttp({ ...config, timeoutMs: Math.min(config.timeoutMs, liveMs) });
    session.closing.push(() => client.close());
    return client;
  }
  if (existsSync(embeddedDir(session.layout.dataDir))) return openTarget(session);
  const hint = 'run `make load`: it makes the folder';
  throw usageError('EMBEDDED_EMPTY', 'there is no embedded ClickHouse yet', hint);
}

/** What to type next; empty while a run is at it, and where all was done and found whole by a verify. */
function nextCommand({ env }: Session, plan: Plan | undefined, shards: number, stages: readonly StageStatus[]): string {
  if (plan === undefined && shards === 0) return 'make export';
  const unfinished = stages.find(({ left }) => left > 0);
  if (unfinished?.running) return '';
  if (unfinished?.stage === 'export' || unfinished?.stage === 'join') return `make ${unfinished.stage}`;
  const target = unfinished?.target ?? (env.TARGET || stages.find(({ stage }) => stage === 'load')?.target);
  if (unfinished !== undefined || target === undefined || target === null) {
    return `make load TARGET=${target ?? 'embedded'}`;
  }
  const { verified } = stages.find((stage) => stage.target === target) ?? {};
  const isVerified = verified != null && verified.different === 0 && verified.whole === verified.shards;
  return isVerified ? '' : `make verify TARGET=${target}`;
}
