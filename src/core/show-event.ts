import type { Readable } from './readable.js';

/** One place at which a key was looked for. */
export interface ShownPlace {
  /** Its table or file; empty where there is none. */
  readonly where: string;
  /** When it was read or written, ISO 8601, UTC; null for a server, which is asked now. */
  readonly time: string | null;
  /** Rows of the key (of a lookup, those that the row leads to); null where the place could not be looked at. */
  readonly rows: number | null;
  /** Why it has nothing, or what is wrong with it; null where there is nothing to say. */
  readonly why: string | null;
}

/** A column of a source: its values in all rows of the key, in the order of the rows' values. */
export interface ShownField {
  readonly name: string;
  readonly server: readonly Readable[];
  readonly file: readonly Readable[];
  readonly differs: boolean;
}

export interface ShownSource {
  readonly source: string;
  readonly server: ShownPlace;
  readonly file: ShownPlace;
  readonly fields: readonly ShownField[];
  /** The rows at the server are no longer those of the export file. */
  readonly changed: boolean;
}

/** A column of the joined row at each place; a place without a row has no value. */
export interface ShownColumn {
  readonly name: string;
  /** What the join makes of the export files as they are. */
  readonly files: Readable | undefined;
  readonly shard: Readable | undefined;
  readonly target: Readable | undefined;
  /** What stands for NULL in a column of the target that cannot be NULL. */
  readonly unknown: Readable | undefined;
  readonly differs: boolean;
}

export interface ShownReject {
  readonly column: string;
  readonly value: string | null;
  readonly reason: string;
}

/** One key at all its places (`make show`). Values are text; bytes that are no text are `{ "hex": "…" }`. */
export interface ShowEvent {
  readonly event: 'show';
  readonly key: string;
  readonly id: string;
  /** False where two places that should hold the same do not. */
  readonly agree: boolean;
  readonly sources: readonly ShownSource[];
  readonly shard: ShownPlace;
  readonly rejects: readonly ShownReject[];
  readonly target: ShownPlace & {
    /** The column of the version. */
    readonly version: string;
    /** Stored rows by version (seconds since 1970): the last is what a reader should see. */
    readonly versions: readonly { readonly version: number; readonly rows: number }[];
  };
  readonly columns: readonly ShownColumn[];
  /** What does not agree, a sentence each. */
  readonly problems: readonly string[];
}
