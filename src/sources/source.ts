import type { Batch } from '../core/batch.js';
import type { KeyRange } from '../core/ranges.js';
import type { Source } from '../dataset/declaration.js';
import type { ServerFacts, SourceFacts } from './facts.js';

/** A source as it was found on its server. */
export interface FoundTable {
  /** The name in the server's own spelling. */
  readonly table: string;
  /**
   * Column → type in the server's words, with the character set where it is none of UTF-8's; for MongoDB only the
   * fields' names.
   */
  readonly live: Readonly<Record<string, string>>;
  /** The index that serves reads by key range; undefined where there is none (fault 34). */
  readonly index: string | undefined;
  readonly unique: boolean;
  /** Rows by the server's own statistics. */
  readonly estimate: number | undefined;
}

export interface OddCount {
  readonly count: number;
  readonly example: string | null;
}

/** What one read of one source gives: batches in key order, and what was counted on the way (final at the end). */
export interface Reading {
  readonly batches: AsyncIterable<Batch>;
  readonly oddities: ReadonlyMap<string, OddCount>;
}

/** Which part of a source to read; no range means all of it (a lookup, or a source without an index). */
export interface ReadRequest {
  readonly source: Source;
  readonly table: string;
  readonly index: string | undefined;
  readonly range: KeyRange | undefined;
  /** The columns' types when the source was looked up: a read that finds others throws SCHEMA_CHANGED (fault 32). */
  readonly live: Readonly<Record<string, string>>;
}

/** One consistent read: what all reads of a session see belongs together, as far as the engine can promise it. */
export interface Session {
  /** When the consistent read began, ISO 8601, UTC. */
  readonly snapshot: string;
  read(request: ReadRequest): Reading;
  close(): Promise<void>;
}

export interface Bounds {
  readonly bounds: bigint[];
  readonly end: bigint;
  readonly rows: number;
  /** False where the ranges' sizes, and so `rows`, are the server's estimates. */
  readonly isExact: boolean;
}

/** How a table's own order lies to the order of the key. */
export interface KeySpread {
  /** Bytes of the table over which the rows of neighbouring keys are spread: what a read by key keeps going back to. */
  readonly spreadBytes: number;
  readonly tableBytes: number;
  /** Bytes of table and indexes that the server keeps in memory. */
  readonly cacheBytes: number;
}

/** What a production server is to be spared (MAX_LOAD, MAX_LAG). */
export interface LoadLimits {
  /** Status variables that count something at the moment, and the value above which reading pauses. */
  readonly status: readonly { readonly name: string; readonly most: number }[];
  /** Seconds that a replica may be behind; undefined where nobody asks. */
  readonly lagSeconds: number | undefined;
}

/** One limit that is exceeded, and in what words that is said. */
export interface Excess {
  readonly name: string;
  readonly text: string;
}

/** Looks at a server's load, on a small connection of its own. */
export interface Gauge {
  /** What is above its limit right now. Throws TransloadError where the server cannot be asked. */
  read(): Promise<readonly Excess[]>;
  close(): Promise<void>;
}

/** A row as the server itself wrote it: each value the bytes of its text, or of what it is; NULL is null. */
export type RawRow = readonly (Uint8Array | null)[];

/** A server that sources are read from. It never writes. All methods throw TransloadError naming table and server. */
export interface SourceServer {
  readonly engine: Source['engine'];
  /** Name and version as people know them, such as `MariaDB 10.11.14`. */
  version(): Promise<string>;
  /** What `make check` judges of the server and the connection. Asked once: a server that is not there is said at once. */
  facts(): Promise<ServerFacts>;
  /**
   * What `make check` judges of one source: catalogue, statistics and the server's explanation of the export's statement, so
   * that a privilege that is missing on a column shows too. Reads no row.
   */
  explain(source: Source, found: FoundTable): Promise<SourceFacts>;
  /** Looks a source up without regard to case; undefined where neither its table nor an alias exists. */
  find(source: Source): Promise<FoundTable | undefined>;
  /** True where the server holds the demo's sample. */
  isSample(): Promise<boolean>;
  /**
   * First keys of ranges that hold `rangeRows` rows each (the last may hold fewer; of a large table about as many, by the
   * server's estimates), and the key behind the last row: from the key `after` on, or of all rows. Found by probes of the
   * index: a gap in the ids costs nothing.
   */
  bounds(source: Source, found: FoundTable, rangeRows: number, after: bigint | undefined): Promise<Bounds>;
  /** Where the rows of neighbouring keys lie, by a few hundred index entries; undefined where nothing can be said. */
  spread(source: Source, found: FoundTable): Promise<KeySpread | undefined>;
  /** Rows of the source, in the range or in all. */
  count(source: Source, table: string, range: KeyRange | undefined): Promise<number>;
  /** Rows of the source that no range can reach, by reason (a NULL key, a key that is no number). */
  unreachable(source: Source, table: string): Promise<ReadonlyMap<string, OddCount>>;
  /** The statement that a read would send, for DRY_RUN=1. */
  statement(request: ReadRequest): string;
  open(signal: AbortSignal): Promise<Session>;
  /**
   * Begins to look at the server's load. Throws STATUS_UNKNOWN, NO_REPLICA, REPLICA_STOPPED or SOURCE_PRIVILEGE where a
   * limit has nothing to be compared with. Undefined where the kind of server has no such figures.
   */
  readonly gauge?: (limits: LoadLimits) => Promise<Gauge>;
  /**
   * Hands over the rows of some keys, or all rows where no keys are named, in any order, their values in the order of
   * `exportColumns`: by plain statements through the key's index, and read in another way than `open` reads them, so that
   * one can be compared with the other. What is not of the declared type comes as it is. The bytes are the caller's until
   * `take` returns.
   */
  rowsOf(
    source: Source,
    found: FoundTable,
    keys: readonly bigint[] | undefined,
    take: (row: RawRow) => void,
  ): Promise<void>;
  close(): Promise<void>;
}
