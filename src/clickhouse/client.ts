import { exits, TransloadError } from '../core/errors.js';

/** Settings of one statement, as ClickHouse names them. */
export type Settings = Readonly<Record<string, string | number>>;

/**
 * Set on every statement of the tool's own, since a user's profile may say otherwise (target.md, rule 10): a DateTime
 * without a zone is in the server's own, a type is Nullable where it says so and nowhere else; what is stored is
 * counted, all of it or nothing, at this moment.
 */
export const ownSettings: Settings = {
  session_timezone: '',
  data_type_default_nullable: 0,
  apply_deleted_mask: 1,
  final: 0,
  use_query_cache: 0,
  limit: 0,
  offset: 0,
  read_overflow_mode: 'throw',
  result_overflow_mode: 'throw',
  group_by_overflow_mode: 'throw',
  timeout_overflow_mode: 'throw',
};

/**
 * Settings that not every version has, or whose right value is another one in each. Where a server knows them they are
 * set to what it was built with: the Parquet reader of a later version is in some as an experiment.
 */
export const builtInSettings = [
  'apply_patch_parts',
  'deduplicate_insert_select',
  'input_format_parquet_use_native_reader',
  'input_format_parquet_use_native_reader_v3',
] as const;

/** An INSERT whose rows are read from a shard's file. */
export interface FileInsert {
  /** `INSERT INTO … (columns) SELECT … FROM`, to be followed by where the rows come from. */
  readonly head: string;
  /** The structure of the file's columns, as `input()` and `file()` take it. */
  readonly structure: string;
  /** A condition on the rows, or empty. */
  readonly where: string;
  /** Absolute path of the Parquet file. */
  readonly file: string;
  readonly settings: Settings;
  /** Names the statement at the server, so that one whose reply was lost can be found there. */
  readonly queryId?: string;
  /** Called with the bytes sent since the last call. */
  readonly onBytes: (bytes: number) => void;
}

/** An answer, and what it cost the server by its own word. */
export interface Measured {
  readonly rows: unknown[][];
  readonly seconds: number;
  readonly rowsRead: number;
}

/**
 * A ClickHouse that a dataset is loaded into: embedded in the process or a server over HTTP(S). All methods throw
 * TransloadError; `ClickHouseError.number` is the server's own error code where there is one.
 */
export interface ClickHouse {
  /** Where it is, without user and password. */
  readonly where: string;
  readonly database: string;
  /** Rows as arrays; 64-bit integers and decimals come as text. */
  rows(sql: string, settings?: Settings): Promise<unknown[][]>;
  measured(sql: string, settings?: Settings): Promise<Measured>;
  /** Writes the answer to a Parquet file, whatever was there. The answer passes through no memory as a whole. */
  save(sql: string, file: string, settings?: Settings): Promise<void>;
  /**
   * The answer to a person's statement, under their own settings, as text in any ClickHouse format; '' for a statement
   * that takes no FORMAT, such as CHECK GRANT.
   */
  text(sql: string, format: string): Promise<string>;
  /** `queryId` names the statement at the server; one that runs already under this name makes it fail. */
  command(sql: string, settings?: Settings, queryId?: string): Promise<void>;
  insertFile(insert: FileInsert): Promise<void>;
  /** True where a statement of this user runs at the server under this name. It takes no privilege to know. */
  isRunning(queryId: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Reads an answer in the format JSONCompact. */
export function measuredOf(json: string): Measured {
  interface Answer {
    readonly data: unknown[][];
    readonly statistics?: { readonly elapsed?: number; readonly rows_read?: number };
  }
  const { data, statistics = {} } = JSON.parse(json) as Answer;
  return { rows: data, seconds: statistics.elapsed ?? 0, rowsRead: Number(statistics.rows_read ?? 0) };
}

/** Quotes a ClickHouse identifier. */
export const quoteName = (name: string): string => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;

/** Quotes a ClickHouse string. */
export const quoteText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** `SETTINGS a = 1, b = 'x'`, or nothing. */
export function settingsClause(settings: Settings): string {
  const parts = Object.entries(settings).map(
    ([name, value]) => `${name} = ${typeof value === 'number' ? value : quoteText(value)}`,
  );
  return parts.length === 0 ? '' : ` SETTINGS ${parts.join(', ')}`;
}

/** The name of a statement among the numbered steps: `target: CREATE TABLE`, `target: INSERT INTO`. */
export const stepOf = (sql: string): string => `target: ${sql.trimStart().split(/\s+/, 2).join(' ')}`;

/** Error numbers of the server that something depends on (system.errors lists all). */
export const serverCodes = {
  timeout: 159,
  readonly: 164,
  wrongPassword: 193,
  alreadyRunning: 216,
  memoryLimit: 241,
  tooManyParts: 252,
  cannotMergeNow: 388,
  settingForbidden: 452,
  accessDenied: 497,
  authenticationFailed: 516,
} as const;

/** True where a statement failed on its way and not by the server's word: what became of it is not known. */
export function isLost(error: unknown): boolean {
  return error instanceof TransloadError && error.exit === exits.unreachable && error.retryable;
}

/** What a look or a statement gives; undefined where the server refuses it: a loader need not have every privilege. */
export async function allowed<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isLost(error)) throw error;
    return undefined;
  }
}
