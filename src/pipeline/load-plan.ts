import type { RangeCount } from '../clickhouse/counts.js';
import { exits, TransloadError } from '../core/errors.js';
import { inclusiveRange, type KeyRange, showRange } from '../core/ranges.js';
import type { ShardEntry } from '../manifest/entries.js';
import { type LedgerEntry, ownVersions, shardStates, unfinishedRun } from '../manifest/ledger.js';

/** What is to be done with one shard at the target. */
export interface LoadUnit {
  readonly shard: ShardEntry;
  readonly range: KeyRange;
  /** `insert`: from nothing. `settle`: the rows are there, only the record is missing. */
  readonly action: 'insert' | 'settle';
  /** What is recorded: of rows that are there already the version that they have, else that of this run. */
  readonly version: number;
  /** A killed insert left some rows of the version: they are removed before. */
  readonly leftovers: boolean;
}

export interface LoadWork {
  /** updated_at of this run, seconds since 1970, UTC. */
  readonly version: number;
  /** True where a run that was interrupted goes on with its version. */
  readonly continued: boolean;
  readonly units: readonly LoadUnit[];
  readonly done: number;
  /** Greatest version in the ranges, 0 where there is none. */
  readonly greatest: number;
  /** Ranges in which rows of other versions stay behind after the inserts: removed once a run (target.md, rule 8). */
  readonly stale: readonly StaleRange[];
}

/** A range of which only the rows of one version are to stay, or none at all. */
export interface StaleRange {
  readonly range: KeyRange;
  readonly keep: number | undefined;
  /** Rows of other versions that are there. */
  readonly rows: number;
}

export interface LoadFacts {
  readonly shards: readonly ShardEntry[];
  /** In the order of the shards. */
  readonly counts: readonly RangeCount[];
  readonly ledger: readonly LedgerEntry[];
  readonly uuid: string;
  readonly nowSeconds: number;
  readonly again: boolean;
  readonly replace: boolean;
  readonly where: string;
  /** The version has to be greater than this one: that of a table whose place this one takes. */
  readonly above?: number;
}

/** The shard's keys as a half-open interval. */
export function shardRange(shard: ShardEntry): KeyRange {
  return inclusiveRange(BigInt(shard.first), BigInt(shard.last));
}

/**
 * Decides from what the server holds (not from the ledger's word) which shards are to be inserted. Rows that this
 * ledger did not write belong to someone else: FOREIGN_ROWS unless REPLACE=1.
 */
export function planLoad(facts: LoadFacts): LoadWork {
  const { shards, counts, ledger, uuid, again } = facts;
  const states = shardStates(ledger, uuid);
  if (!facts.replace) checkForeign(facts);
  const open = unfinishedRun(ledger, uuid);
  // An AGAIN=1 that was interrupted and is given again goes on: what it has inserted is not to be done again.
  const resumed = again && open?.again === true ? open.version : undefined;
  const looks = shards.map((shard, index) => {
    const state = states.get(shard.file);
    return look(shard, counts[index] ?? new Map(), state, again && (state === undefined || state.version !== resumed));
  });
  const greatest = Math.max(facts.above ?? 0, ...counts.flatMap((count) => [...count.keys()]));
  const inserting = looks.filter(({ action }) => action === 'insert');
  // A version that already stands for a whole shard, or for another state of one, cannot stand for its new one.
  const taken = inserting.some(
    ({ state, whole }) => open !== undefined && state?.version === open.version && (whole || state.kind !== 'started'),
  );
  const continued = open !== undefined && !taken && open.version >= greatest;
  const version = continued ? open.version : Math.max(facts.nowSeconds, greatest + 1, lastVersion(ledger) + 1);
  const units = looks.flatMap(({ shard, action, count, state }) => {
    if (action === 'none') return [];
    const leftovers = action === 'insert' && (count.get(version)?.rows ?? 0) > 0;
    const kept = action === 'settle' ? (state?.version ?? version) : version;
    return [{ shard, range: shardRange(shard), action, version: kept, leftovers }];
  });
  const stale = looks.flatMap(({ shard, action, count, state, whole }) => {
    const keep = action === 'insert' ? version : whole ? state?.version : undefined;
    const rows = [...count].reduce((sum, [one, found]) => (one === keep ? sum : sum + found.rows), 0);
    return rows > 0 ? [{ range: shardRange(shard), keep, rows }] : [];
  });
  return { version, continued, units, done: looks.filter(({ action }) => action === 'none').length, greatest, stale };
}

interface Look {
  readonly shard: ShardEntry;
  readonly count: RangeCount;
  readonly state: LedgerEntry | undefined;
  readonly action: 'insert' | 'settle' | 'none';
  /** True where the target holds exactly this shard under the ledger's version. */
  readonly whole: boolean;
}

function look(shard: ShardEntry, count: RangeCount, state: LedgerEntry | undefined, again: boolean): Look {
  const there = state === undefined ? 0 : (count.get(state.version)?.rows ?? 0);
  const whole = state !== undefined && state.sha256 === shard.sha256 && there === shard.rows;
  if (!whole || again) {
    return { shard, count, state, whole, action: shard.rows === 0 ? 'none' : 'insert' };
  }
  return { shard, count, state, whole, action: state.kind === 'started' ? 'settle' : 'none' };
}

function lastVersion(ledger: readonly LedgerEntry[]): number {
  return ledger.reduce((greatest, { version }) => Math.max(greatest, version), 0);
}

function checkForeign({ shards, counts, ledger, uuid, where }: LoadFacts): void {
  const own = ownVersions(ledger, uuid);
  let rows = 0;
  let example = '';
  let range = '';
  for (const [index, count] of counts.entries()) {
    for (const [version, found] of count) {
      if (own.has(version)) continue;
      rows += found.rows;
      if (example === '') {
        example = found.example;
        range = showRange(shardRange(shards[index] as ShardEntry));
      }
    }
  }
  if (rows === 0) return;
  throw new TransloadError(
    exits.usage,
    'FOREIGN_ROWS',
    `${where} holds ${rows} rows in these ranges that this data folder did not load (one is key ${example}, in ${range})`,
    'REPLACE=1 replaces them; SWAP=1 loads the whole dataset into a new table and keeps this one beside it',
  );
}
