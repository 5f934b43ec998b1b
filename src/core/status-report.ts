/**
 * What `make status` knows, as data; JSON=1 prints it as it is (docs/events.md: fields are added, never changed). Keys are
 * decimal text, times ISO 8601 in UTC. Null: not known, or there is nothing to tell.
 */
export interface StatusReport {
  readonly format: 1;
  readonly time: string;
  readonly plan: PlanStatus | null;
  /** export, join, and a load for each target that has a ledger or was asked for. */
  readonly stages: readonly StageStatus[];
  /** In the plan's order. */
  readonly sources: readonly SourceStatus[];
  /** Optional sources that the migration goes without. */
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
  readonly oddities: readonly OddityStatus[];
  readonly rejects: RejectsStatus;
  /** The target's own word; null where it was not asked. */
  readonly live: LiveStatus | null;
  /** The command to type next; empty where there is none. */
  readonly next: string;
}

export interface PlanStatus {
  readonly rangeRows: number;
  readonly shardRows: number;
  readonly ranges: number;
  readonly shards: number;
  readonly sample: boolean;
  readonly generations: readonly {
    readonly generation: number;
    readonly planned: string;
    readonly ranges: number;
    /** Of the driving source. */
    readonly rows: number;
    readonly estimated: boolean;
    /** Both included. */
    readonly first: string;
    readonly last: string;
  }[];
}

/** Files for the export, shards for the join and a load. */
export interface Work {
  readonly done: number;
  readonly left: number;
  readonly rows: number;
  readonly bytes: number;
  /** Rows of what is done by the seconds in which some of it was being made. */
  readonly rowsPerSecond: number | null;
  /** When the last of it was finished. */
  readonly last: string | null;
}

export interface StageStatus extends Work {
  readonly stage: 'export' | 'join' | 'load';
  /** Of a load. */
  readonly target: string | null;
  /** By `rowsPerSecond` and the rows to expect. */
  readonly secondsLeft: number | null;
  readonly running: RunningStatus | null;
  readonly lastRun: LastRunStatus | null;
  /** Of a load: by the last verify of that target. */
  readonly verified: VerifiedStatus | null;
}

export interface SourceStatus extends Work {
  readonly source: string;
  readonly table: string;
  readonly access: 'range' | 'one-pass' | 'lookup';
}

/** Who holds the stage's lock right now. */
export interface RunningStatus {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** How the last run of a stage ended. `killed`: it left its lock behind, and could not say when that was, nor why. */
export interface LastRunStatus {
  readonly host: string;
  readonly begin: string;
  readonly end: string | null;
  readonly outcome: 'done' | 'failed' | 'interrupted' | 'killed';
  /** The first ones. */
  readonly errors: readonly ErrorStatus[];
  readonly errorCount: number;
}

export interface ErrorStatus {
  /** Range, shard or lookup; null where it was the run's own. */
  readonly unit: string | null;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Shards that a verify found whole and that are the same since. */
export interface VerifiedStatus {
  readonly time: string;
  readonly whole: number;
  readonly different: number;
  readonly shards: number;
}

export interface OddityStatus {
  readonly name: string;
  /** Where an export file told it. */
  readonly source: string | null;
  readonly count: number;
  readonly example: string | null;
  readonly what: string;
}

export interface RejectsStatus {
  readonly rows: number;
  readonly values: number;
  readonly columns: Readonly<Record<string, number>>;
  readonly folder: string;
}

/** `read`: the fields below are the server's; `missing`: there is no such table; `away`: it could not be asked. */
export type LiveStatus =
  | {
      readonly state: 'away';
      readonly target: string;
      readonly code: string;
      readonly message: string;
      readonly hint: string;
    }
  | {
      readonly state: 'missing';
      readonly target: string;
      readonly where: string;
      readonly database: string;
      readonly table: string;
    }
  | LiveTableStatus;

export interface LiveTableStatus {
  readonly state: 'read';
  readonly target: string;
  readonly where: string;
  readonly database: string;
  readonly table: string;
  readonly uuid: string;
  readonly engine: string;
  /** Stored rows; those of versions not merged yet count too. */
  readonly rows: number | null;
  /** Greatest key, as text. */
  readonly greatest: string | null;
  /** Greatest version: seconds since 1970. */
  readonly version: number | null;
  readonly parts: PartsStatus | null;
  readonly merges: { readonly running: number; readonly progress: number } | null;
  /** Unfinished ones. */
  readonly mutations: readonly MutationStatus[] | null;
  /** INSERTs into the table that run, as far as the user may see. */
  readonly inserts: readonly InsertStatus[] | null;
  /** Of statements about the table, since the last load of this data folder began; null too where there was none. */
  readonly errors: readonly ServerErrorStatus[] | null;
  /** `query_log`: of statements about the table; `errors`: of the whole server, since the other was not readable. */
  readonly errorsFrom: 'query_log' | 'errors' | null;
  readonly errorsSince: string | null;
  /** Field → why the server did not tell it. */
  readonly unreadable: Readonly<Record<string, string>>;
}

export interface PartsStatus {
  readonly parts: number;
  readonly partitions: number;
  readonly bytes: number;
  /** Most parts in one partition, and which that is. */
  readonly most: number;
  readonly fullest: string;
}

export interface MutationStatus {
  readonly id: string;
  readonly command: string;
  readonly since: string;
  readonly partsLeft: number;
  /** Why it does not get on; empty where it does. */
  readonly failure: string;
}

export interface InsertStatus {
  readonly query: string;
  readonly user: string;
  readonly seconds: number;
  readonly rows: number;
}

export interface ServerErrorStatus {
  readonly code: number;
  readonly name: string;
  readonly count: number;
  readonly last: string;
  readonly message: string;
}
