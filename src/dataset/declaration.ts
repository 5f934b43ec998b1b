import type { NamedKind } from '../core/batch.js';
import { parseKind } from '../core/kinds.js';

/**
 * What a dataset is, as plain data (JSON through and through): the export SELECT, the Parquet schema, the join SQL, the
 * range checks, CREATE TABLE and the verify queries are all derived from it.
 */
export interface Dataset {
  readonly format: 1;
  readonly name: string;
  readonly key: DatasetKey;
  readonly sources: readonly Source[];
  /** The target's columns in their order, and those that ride in the shards beside them. */
  readonly columns: readonly Column[];
  readonly options: readonly JoinOption[];
  /** Things worth counting, beside those that follow from the sources (duplicates, rows without an image, …). */
  readonly oddities: readonly Oddity[];
  readonly table: TableDeclaration;
  /** Values that stand for nothing known: `verify` counts the target's rows that hold them. Left out by older shards. */
  readonly sentinels?: readonly Condition[];
  /** What people will ask the table for: `verify` times them and looks whether they use its key. */
  readonly queries?: readonly Condition[];
}

/** A condition on the target's rows, in ClickHouse's words, over columns by their names. */
export interface Condition {
  readonly name: string;
  readonly sql: string;
}

/** A declaration as it stands beside its shards (dataset.json): with the options and the gaps of their join. */
export interface JoinedDataset extends Dataset {
  readonly joined?: Readonly<Record<string, string>>;
  readonly without?: readonly { readonly name: string; readonly reason: string }[];
  /** Column → its type in the shards' files, as the joining engine writes it (docs/format.md). */
  readonly carried?: Readonly<Record<string, string>>;
}

export interface DatasetKey {
  readonly name: string;
  /** 10 digits in names for a 32-bit key, 20 for a 64-bit key (interface.md). */
  readonly digits: 10 | 20;
}

/**
 * One table or collection. `driving` gives one output row for each of its rows; `keyed` rows hang on the key; a
 * `lookup` is small, read once, and hangs on a column of another source (`on`).
 */
export interface Source {
  readonly name: string;
  readonly engine: 'mysql' | 'mongo';
  readonly role: 'driving' | 'keyed' | 'lookup';
  /** The table's name at the source, and the names it may have instead; the spelling's case does not matter. */
  readonly table: string;
  readonly aliases: readonly string[];
  /** A missing optional source is said and taken as empty; a missing mandatory one stops the run. */
  readonly optional: boolean;
  readonly key: string;
  /** Column (or field) → kind, as `parseKind` reads it; the key is among them. */
  readonly columns: Readonly<Record<string, string>>;
  readonly reduce: Reduce;
  /**
   * How it is read: range by range through the key's index, or in one pass over the whole table. Left out, it is chosen
   * at the plan by what the server says (pipeline/choose-access.ts). Without an index it is one pass in any case.
   */
  readonly access?: 'range' | 'one-pass';
  /** For a lookup that is joined directly: `source.column` that holds its key. */
  readonly on?: string;
}

/** How several rows of a key become one (target.md, rule 2): a whole row is chosen, or all are aggregated. */
export type Reduce =
  | { readonly rows: 'one' }
  /** The first row by `order`; ties are broken by the remaining columns, so the choice never depends on arrival. */
  | { readonly rows: 'best'; readonly order: string }
  /** Flags of all rows OR-ed. */
  | { readonly rows: 'any' }
  /**
   * A query over `{input}`, the source's rows, or over `{distinct}`, the same without those that equal another one, which
   * costs nothing where none do. It gives one row a key, and may read lookups by their source name.
   */
  | { readonly rows: 'sql'; readonly sql: string };

export interface Column {
  readonly name: string;
  /** The declared ClickHouse type. */
  readonly type: string;
  /** What a column that is not Nullable gets where the shard has NULL: a ClickHouse literal; by type if left out. */
  readonly unknown?: string;
  /** The value, over the sources by their names; `{option}` stands for a join option's value. Empty for the version. */
  readonly sql: string;
  /** `target`: in the table. `live`: inserted where the live table has it. `shard`: stays in the shard. */
  readonly place: 'target' | 'live' | 'shard' | 'version';
  /**
   * What becomes of a value that does not fit: its row is rejected, the value is unknown, or it becomes the nearest one
   * that the type holds (`clamp`, for numbers and days only). All are counted.
   */
  readonly misfit: 'reject' | 'unknown' | 'clamp';
}

export interface JoinOption {
  readonly name: string;
  readonly values: readonly string[];
  /** The source without which `otherwise` holds, whatever was asked for. */
  readonly needs: string;
  readonly otherwise: string;
}

export interface Oddity {
  readonly name: string;
  readonly what: string;
  /** True where each shard counts the same rows (of a lookup): the counts are not added up. */
  readonly once?: boolean;
  /** A query over the inputs that gives count and least key. */
  readonly sql: string;
}

export interface TableDeclaration {
  readonly name: string;
  readonly engine: string;
  readonly version: string;
  readonly partitionBy: string;
  readonly orderBy: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
}

/** The columns of the shard's file, in order: all but the version, which the load sets. */
export function shardColumns(dataset: Dataset): Column[] {
  return dataset.columns.filter((column) => column.place !== 'version');
}

/** The source that gives the rows. */
export function drivingSource(dataset: Dataset): Source {
  const driving = dataset.sources.find((source) => source.role === 'driving');
  if (!driving) throw new Error(`dataset ${dataset.name} has no driving source`);
  return driving;
}

/** The source of that name. */
export function sourceNamed(dataset: Dataset, name: string): Source {
  const source = dataset.sources.find((one) => one.name === name);
  if (!source) throw new Error(`dataset ${dataset.name} has no source ${name}`);
  return source;
}

/** Names and kinds of an export file's columns: the key first. What reads a source and what writes its files share it. */
export function exportColumns(source: Source): NamedKind[] {
  const names = [source.key, ...Object.keys(source.columns).filter((name) => name !== source.key)];
  return names.map((name) => ({ name, kind: parseKind(source.columns[name] ?? '') }));
}

/** The columns that CREATE TABLE names: not those that only ride in the shards. */
export function tableColumns(dataset: Dataset): Column[] {
  return dataset.columns.filter(({ place }) => place === 'target' || place === 'version');
}
