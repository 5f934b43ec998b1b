import { exits, TransloadError } from '../core/errors.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import { sizeOf } from '../manifest/atomic-file.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { inShards } from '../manifest/layout.js';
import { type LedgerEntry, ledgerTargets, readLedger, shardStates } from '../manifest/ledger.js';
import { readExports, readShards } from '../manifest/manifest.js';
import { type Plan, readPlan } from '../manifest/plan-file.js';
import type { Verified } from '../manifest/verified.js';
import type { ReportFacts, TargetFacts } from '../report/facts.js';
import type { Engine } from '../sql/engine.js';
import type { Context } from './context.js';
import { presentExports } from './export.js';
import { freshShards } from './freshness.js';
import { presentShards } from './join.js';
import { type JoinWork, joinedExports, optionsInForce, planJoin } from './join-plan.js';
import { monthFacts, rejectFacts } from './report-files.js';
import { isLoaded, mapFacts, type TargetRecord } from './report-map.js';
import { planFacts, sourceFacts } from './report-plan.js';
import { oddityFacts, shardsFacts } from './report-shards.js';
import type { LiveSide } from './report-target.js';
import { stageWork } from './report-work.js';
import { verifiedStatus } from './status.js';

/** What the command hands over: what is said of it, and what only it can open. */
export interface ReportInput {
  readonly context: Context;
  /** The declaration that the shards were made with. */
  readonly joined: JoinedDataset;
  readonly side: LiveSide;
  readonly engine: () => Promise<Engine>;
  /** What the last verify of a target found; undefined where there was none. */
  readonly verified: (target: string) => Promise<Verified | undefined>;
  /** The words of a counted oddity. */
  readonly words: (name: string) => string;
  readonly settings: ReportFacts['settings'];
  readonly versions: ReportFacts['versions'];
  /** ISO 8601, UTC. */
  readonly made: string;
}

/**
 * Collects what the page tells, from the data folder and what the target answered; asks no source. NOTHING_YET where
 * there is neither a plan nor a shard.
 */
export async function reportFacts(input: ReportInput): Promise<ReportFacts> {
  const { context, joined, side, engine } = input;
  const { layout, dataset } = context;
  const plan = await readPlan(layout);
  const exports = await readExports(layout);
  const known = await readShards(layout);
  const shards = [...known.values()].sort((a, b) => (BigInt(a.first) < BigInt(b.first) ? -1 : 1));
  if (plan === undefined && shards.length === 0) {
    const text = `there is nothing to report on in ${layout.root}`;
    throw new TransloadError(exits.nothingYet, 'NOTHING_YET', text, 'run `make export` first, or `make demo`');
  }
  const there = await presentShards(layout);
  const join = plan ? joinWork(input, plan, exports, known, there) : undefined;
  const joinedFiles = plan && join ? joinedExports(layout, plan, join) : [];
  const present = new Set([...(await presentExports(context)), ...joinedFiles]);
  const ledgers = new Map<string, readonly LedgerEntry[]>();
  for (const name of await ledgerTargets(layout)) ledgers.set(name, await readLedger(layout, name));
  const targets = await targetRecords(ledgers, input.verified);
  const rejectFiles = new Set<string>();
  for (const { rejects } of shards) {
    if (rejects.file !== null && (await sizeOf(inShards(layout, rejects.file))) !== undefined)
      rejectFiles.add(rejects.file);
  }
  const fromShards = () => monthFacts(layout, joined, shards, (file) => there.has(file), engine);
  return {
    dataset: dataset.name,
    key: dataset.key.name,
    made: input.made,
    plan: plan ? planFacts(plan) : null,
    map: mapFacts({ layout, plan, exports, present, shards, join, targets }),
    work: stageWork(exports.values(), shards, ledgers),
    sources: plan ? sourceFacts(plan, [...exports.values()]) : [],
    shards: shardsFacts(joined, side.live, shards),
    partitions: side.partitions ?? (await fromShards()),
    rejects: await rejectFacts(layout, shards, (file) => rejectFiles.has(file), engine),
    oddities: oddityFacts(dataset, input.words, [...exports.values(), ...shards]),
    targets: targets.map((target) => targetFacts(target, shards)),
    live: side.facts,
    settings: input.settings,
    versions: input.versions,
  };
}

function joinWork(
  { context, joined }: ReportInput,
  plan: Plan,
  exports: ReadonlyMap<string, ExportEntry>,
  shards: ReadonlyMap<string, ShardEntry>,
  present: ReadonlySet<string>,
): JoinWork {
  const options = optionsInForce(context.dataset, plan, joined.joined ?? {});
  return planJoin(
    { ...context, range: undefined, part: undefined, again: false },
    plan,
    exports,
    shards,
    present,
    options,
  );
}

interface LedgerRecord extends TargetRecord {
  readonly ledger: readonly LedgerEntry[];
  readonly record: Verified | undefined;
}

async function targetRecords(
  ledgers: ReadonlyMap<string, readonly LedgerEntry[]>,
  verified: ReportInput['verified'],
): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  for (const [name, ledger] of ledgers) {
    const uuid = ledger.at(-1)?.uuid ?? '';
    const found = await verified(name);
    const run = found?.uuid === uuid ? found : undefined;
    records.push({
      name,
      ledger,
      states: shardStates(ledger, uuid),
      verified: new Map((run?.shards ?? []).map((one) => [one.shard, one])),
      record: run,
    });
  }
  return records;
}

function targetFacts({ name, ledger, states, record }: LedgerRecord, shards: readonly ShardEntry[]): TargetFacts {
  const filled = shards.filter(({ rows }) => rows > 0);
  const loaded = filled.filter((shard) => isLoaded(shard, states));
  const last = ledger.findLast(({ kind }) => kind === 'inserted');
  const known = new Map(shards.map((shard) => [shard.file, shard]));
  const table = ledger.at(-1);
  const fresh = freshShards(record, known, table?.uuid ?? '', states);
  const verified = verifiedStatus(record, known, ledger);
  return {
    name,
    table: table === undefined ? '' : `${table.database}.${table.table}`,
    loaded: loaded.length,
    shards: filled.length,
    rows: loaded.reduce((sum, { rows }) => sum + rows, 0),
    last: last?.time ?? null,
    version: last?.version ?? null,
    verified,
    different: fresh.filter(({ problems }) => problems.length > 0).map(({ shard, problems }) => ({ shard, problems })),
  };
}
