import type { Batch, NamedKind } from '../core/batch.js';
import type { TransloadError } from '../core/errors.js';
import type { Report } from '../core/events.js';
import type { KeyRange, Part } from '../core/ranges.js';
import type { Dataset } from '../dataset/declaration.js';
import type { Layout } from '../manifest/layout.js';
import type { SourceServer } from '../sources/source.js';
import type { Engine } from '../sql/engine.js';

/** What every stage is handed: what to work on, how much of it, and where to report. */
export interface Context {
  readonly dataset: Dataset;
  readonly layout: Layout;
  readonly report: Report;
  /** Aborted by Ctrl-C, by a lost lock, by a full disk, and after three failures for one cause. */
  readonly signal: AbortSignal;
  /** Ends the run with that error: no new unit is begun, running ones are undone. */
  readonly stop: (error: TransloadError) => void;
  readonly run: string;
  readonly writer: string;
  readonly range: KeyRange | undefined;
  readonly part: Part | undefined;
  readonly again: boolean;
  readonly dryRun: boolean;
  readonly workers: number;
}

/** The source servers of a run; undefined where no URL is configured. */
export interface Servers {
  readonly mysql: SourceServer | undefined;
  readonly mongo: SourceServer | undefined;
}

/** The Parquet adapter as the stages use it. */
export interface ParquetTools {
  write(
    path: string,
    columns: readonly NamedKind[],
    batches: AsyncIterable<Batch>,
  ): Promise<{ rows: number; bytes: number; sha256: string }>;
  rows(path: string): Promise<number>;
  check(path: string, columns: readonly string[], rows: number): Promise<void>;
}

/** Opens the embedded SQL engine when a stage first needs it. */
export type OpenEngine = () => Promise<Engine>;
