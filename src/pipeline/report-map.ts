import { lastKey } from '../core/ranges.js';
import type { ExportEntry, ShardEntry } from '../manifest/entries.js';
import { exportFile, type Layout, shardFile } from '../manifest/layout.js';
import type { LedgerEntry } from '../manifest/ledger.js';
import { type Plan, type PlannedSource, plannedShards } from '../manifest/plan-file.js';
import type { VerifiedShard } from '../manifest/verified.js';
import type { MapFacts, MapRow, RangeState } from '../report/facts.js';
import { isExported } from './export-plan.js';
import { isFresh } from './freshness.js';
import type { JoinWork } from './join-plan.js';

/** What is known of one target: the states of the shards in its table, and what verify found there. */
export interface TargetRecord {
  readonly name: string;
  readonly states: ReadonlyMap<string, LedgerEntry>;
  readonly verified: ReadonlyMap<string, VerifiedShard>;
}

export interface MapInput {
  readonly layout: Layout;
  readonly plan: Plan | undefined;
  readonly exports: ReadonlyMap<string, ExportEntry>;
  /** Export files found in the folder, or removed after their shards were made. */
  readonly present: ReadonlySet<string>;
  /** In key order. */
  readonly shards: readonly ShardEntry[];
  /** What a join would do now; undefined without a plan. */
  readonly join: JoinWork | undefined;
  readonly targets: readonly TargetRecord[];
}

interface MapShard {
  readonly file: string;
  readonly ranges: readonly { readonly first: string; readonly last: string }[];
}

/** How far each range is in each step. Without a plan the shards themselves are the ranges. */
export function mapFacts(input: MapInput): MapFacts {
  const { plan, shards, targets } = input;
  const mapped = plan
    ? ofPlan(input.layout, plan)
    : shards.map(({ file, first, last }) => ({ file, ranges: [{ first, last }] }));
  const known = new Map(shards.map((shard) => [shard.file, shard]));
  const toMake = unmade(input);
  /** A row whose state is one a shard. */
  const row = (step: MapRow['step'], name: string, state: (shard: ShardEntry) => RangeState): MapRow => ({
    step,
    name,
    states: mapped.flatMap(({ file, ranges }) => {
      const shard = known.get(file);
      const one = shard === undefined ? 'open' : state(shard);
      return ranges.map(() => one);
    }),
  });
  return {
    ranges: mapped.flatMap(({ ranges }, shard) => ranges.map((range) => ({ ...range, shard }))),
    rows: [
      ...(plan ? exportRows(input, plan) : []),
      row('join', '', ({ file }) => (toMake.has(file) ? 'again' : 'done')),
      row('rejects', '', ({ rejects }) => (rejects.rows > 0 ? 'wrong' : 'done')),
      ...targets.map((target) => row('load', target.name, (shard) => loadState(shard, target))),
      ...targets
        .filter(({ verified }) => verified.size > 0)
        .map((target) => row('verify', target.name, (shard) => verifyState(shard, target))),
    ],
  };
}

function ofPlan(layout: Layout, plan: Plan): MapShard[] {
  return plannedShards(plan).map(({ range, ranges }) => ({
    file: shardFile(layout, range),
    ranges: ranges.map((one) => ({ first: String(one.from), last: String(lastKey(one)) })),
  }));
}

function exportRows({ layout, exports, present }: MapInput, plan: Plan): MapRow[] {
  const ranges = plannedShards(plan).flatMap((shard) => shard.ranges);
  const state = (source: PlannedSource, file: string): RangeState => {
    const entry = exports.get(file);
    if (entry === undefined) return 'open';
    return isExported(entry, source) && (entry.rows === 0 || present.has(file)) ? 'done' : 'again';
  };
  return plan.sources.map((source) => {
    const whole = source.role === 'lookup' ? state(source, exportFile(layout, source.name, undefined)) : undefined;
    const states = ranges.map((range) => whole ?? state(source, exportFile(layout, source.name, range)));
    return { step: 'export', name: source.name, states };
  });
}

/** Files of shards that a join would make now. */
function unmade({ layout, join }: MapInput): Set<string> {
  if (join === undefined) return new Set();
  return new Set([
    ...join.shards.map(({ file }) => file),
    ...join.waiting.map(({ shard }) => shardFile(layout, shard.range)),
  ]);
}

/** True where the target holds the shard as it is now, by its ledger; a shard without rows needs no load. */
export function isLoaded(shard: ShardEntry, states: TargetRecord['states']): boolean {
  const entry = states.get(shard.file);
  return shard.rows === 0 || (entry !== undefined && entry.kind !== 'started' && entry.sha256 === shard.sha256);
}

function loadState(shard: ShardEntry, { states }: TargetRecord): RangeState {
  if (isLoaded(shard, states)) return 'done';
  return states.has(shard.file) ? 'again' : 'open';
}

function verifyState(shard: ShardEntry, { verified, states }: TargetRecord): RangeState {
  const found = verified.get(shard.file);
  if (found === undefined) return 'open';
  if (!isFresh(found, shard, states.get(shard.file))) return 'again';
  return found.problems.length > 0 ? 'wrong' : 'done';
}
