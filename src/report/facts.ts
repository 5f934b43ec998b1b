import type { VerifiedStatus } from '../core/status-report.js';

/**
 * All that the page tells, as plain data: src/pipeline/report-facts.ts collects it, src/report/page.ts makes the page.
 * Keys are decimal text, times ISO 8601 in UTC. Every text may be anything: it is escaped where it is written.
 */
export interface ReportFacts {
  readonly dataset: string;
  readonly key: string;
  /** When the page was made: the only thing that differs between two pages of the same facts. */
  readonly made: string;
  readonly plan: PlanFacts | null;
  readonly map: MapFacts;
  readonly work: readonly StageWork[];
  readonly sources: readonly SourceFacts[];
  readonly shards: ShardsFacts;
  readonly partitions: PartitionFacts;
  readonly rejects: RejectFacts;
  readonly oddities: readonly OddityFacts[];
  readonly targets: readonly TargetFacts[];
  readonly live: LiveFacts;
  readonly settings: readonly NamedText[];
  readonly versions: readonly NamedText[];
}

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

export interface PlanFacts {
  readonly rangeRows: number;
  readonly shardRows: number;
  /** True where the source is the demo's made-up one. */
  readonly sample: boolean;
  readonly generations: readonly {
    readonly generation: number;
    readonly planned: string;
    readonly ranges: number;
    readonly first: string;
    readonly last: string;
    readonly rows: number;
    readonly estimated: boolean;
  }[];
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * How far a range is in one step: `done`; `again`: it was done, and what is there is no longer what would be made now;
 * `open`: not done yet; `wrong`: something was found that a person has to look at.
 */
export type RangeState = 'done' | 'again' | 'open' | 'wrong';

export interface MapFacts {
  /** In key order; `shard` counts the shards from 0. */
  readonly ranges: readonly { readonly first: string; readonly last: string; readonly shard: number }[];
  readonly rows: readonly MapRow[];
}

export interface MapRow {
  readonly step: 'export' | 'join' | 'rejects' | 'load' | 'verify';
  /** The source or the target; '' for the others. */
  readonly name: string;
  /** One a range. */
  readonly states: readonly RangeState[];
}

/** What one stage has done, a unit a file or insert that is there now. */
export interface StageWork {
  readonly stage: 'export' | 'join' | 'load';
  /** The target of a load, else ''. */
  readonly target: string;
  readonly units: readonly {
    readonly end: string;
    readonly seconds: number;
    readonly rows: number;
    readonly bytes: number;
  }[];
}

export interface SourceFacts {
  readonly name: string;
  readonly engine: string;
  readonly table: string;
  readonly role: string;
  readonly access: string;
  readonly index: string | null;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
  /** Rows by the catalogue's estimate at the plan. */
  readonly estimate: number | null;
}

export interface ShardsFacts {
  readonly shards: number;
  readonly rows: number;
  readonly bytes: number;
  /** Of the driving source in the shards' ranges: rows and rejected rows together. */
  readonly driving: number;
  readonly columns: readonly ColumnShare[];
}

export interface ColumnShare {
  readonly name: string;
  readonly type: string;
  readonly rows: number;
  readonly nulls: number;
  /** What the target holds for a NULL: its unknown-value, NULL itself, or nothing since it has no such column. */
  readonly becomes: 'unknown' | 'null' | 'absent';
}

/** Rows by partition or month. */
export interface PartitionFacts {
  readonly from: 'target' | 'shards' | 'nowhere';
  /** The partition key, or the column whose months were counted. */
  readonly by: string;
  /** Why they are not those of the target, or what else is to be known. */
  readonly note: string;
  /** In the order of the names; `parts` and `bytes` are known of a target alone. */
  readonly groups: readonly {
    readonly name: string;
    readonly rows: number;
    readonly parts: number | null;
    readonly bytes: number | null;
  }[];
}

export interface RejectFacts {
  readonly rows: number;
  readonly values: number;
  readonly columns: readonly { readonly name: string; readonly values: number }[];
  /** From the files of rejects: the most frequent kinds, each with the least key. */
  readonly kinds: readonly {
    readonly column: string;
    readonly reason: string;
    readonly values: number;
    readonly key: string;
    readonly value: string;
  }[];
  /** Why `kinds` is not whole, or ''. */
  readonly note: string;
}

export interface OddityFacts {
  readonly name: string;
  readonly what: string;
  readonly count: number;
  readonly example: string | null;
}

/** What the ledger of a target says. */
export interface TargetFacts {
  readonly name: string;
  readonly table: string;
  /** Shards with rows that are loaded as they are now, of all such shards. */
  readonly loaded: number;
  readonly shards: number;
  readonly rows: number;
  /** When the last shard was inserted, and the version of it (seconds since 1970); null where none was. */
  readonly last: string | null;
  readonly version: number | null;
  /** The last verify as `make status` tells it; null where there was none of this table. */
  readonly verified: VerifiedStatus | null;
  /** What of it still holds and differs, with what was found. */
  readonly different: readonly { readonly shard: string; readonly problems: readonly string[] }[];
}

/** What the target itself says, where it could be asked. */
export type LiveFacts =
  | { readonly target: string; readonly away: string }
  | {
      readonly target: string;
      readonly away: null;
      readonly where: string;
      readonly version: string;
      readonly table: string;
      readonly engine: string;
      readonly partitionKey: string;
      readonly sortingKey: string;
      /** Stored rows and bytes by its parts; null where the user may not see them. */
      readonly stored: { readonly rows: number; readonly bytes: number; readonly parts: number } | null;
    };
