import type { TransloadError } from './errors.js';
import type { SampleEvent } from './sample-event.js';
import type { ShowEvent } from './show-event.js';
import type { StatusReport } from './status-report.js';

export type StageName =
  | 'plan'
  | 'export'
  | 'join'
  | 'load'
  | 'ship'
  | 'verify'
  | 'check'
  | 'optimize'
  | 'rollback'
  | 'report';

/** How much work a unit (a range, a lookup, a shard) has done; sums up over the run. */
export interface Amount {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * What the engine reports while it works: the screen is drawn from these, and JSON=1 prints them as they are
 * (docs/events.md). Names of units are what people see (`1-100000`, `site`).
 */
export type Event =
  | {
      readonly event: 'run';
      readonly stage: string;
      readonly dataset: string;
      readonly dataDir: string;
      readonly target: string;
      readonly range: string;
    }
  | {
      readonly event: 'stage';
      readonly stage: StageName;
      readonly units: number;
      readonly alreadyDone: number;
      /** Rows to expect, as far as known. */
      readonly rows: number;
      readonly note: string;
    }
  | {
      readonly event: 'unit-start';
      readonly stage: StageName;
      readonly unit: string;
      readonly rows: number;
      /** Bytes to expect, where progress is told in bytes alone. */
      readonly bytes?: number;
    }
  | ({
      readonly event: 'unit-progress';
      readonly stage: StageName;
      readonly unit: string;
      /** What it is at, for people: `joining`. */
      readonly phase?: string;
    } & Amount)
  /** An attempt failed and another one follows: `attempt` counts the failed ones. */
  | {
      readonly event: 'unit-retry';
      readonly stage: StageName;
      readonly unit: string;
      readonly attempt: number;
      readonly error: TransloadError;
    }
  | ({
      readonly event: 'unit-done';
      readonly stage: StageName;
      readonly unit: string;
      readonly seconds: number;
    } & Amount)
  | { readonly event: 'unit-failed'; readonly stage: StageName; readonly unit: string; readonly error: TransloadError }
  | { readonly event: 'stage-done'; readonly stage: StageName; readonly seconds: number; readonly text: string }
  | {
      readonly event: 'rejects';
      readonly rows: number;
      readonly values: number;
      /** Rejected values by column. */
      readonly columns: Readonly<Record<string, number>>;
      readonly folder: string;
    }
  /** Export makes no progress on purpose: something at the source is above its limit (MAX_LOAD, MAX_LAG). */
  | { readonly event: 'pause'; readonly reason: string }
  | { readonly event: 'resume' }
  | {
      /** One result of `make check`; docs/check.md says which there are. */
      readonly event: 'finding';
      readonly what: string;
      readonly level: 'fine' | 'warning' | 'stop';
      readonly found: string;
      /** A sentence, then statements or commands to paste, a line each; '' where nothing is to do. */
      readonly hint: string;
    }
  | {
      /** A value that the target holds otherwise than its shard, whole; null is NULL. */
      readonly event: 'difference';
      readonly key: string;
      readonly column: string;
      readonly expected: string | null;
      readonly found: string | null;
    }
  | { readonly event: 'note'; readonly text: string }
  | { readonly event: 'warning'; readonly text: string }
  | {
      readonly event: 'table';
      readonly title: string;
      readonly head: readonly string[];
      readonly rows: readonly string[][];
      /** Greatest width of a drawn line: longer cells are broken, and cut where they would take a page. */
      readonly width?: number;
    }
  | { readonly event: 'text'; readonly text: string }
  /** The run was interrupted and waits for what is under way. */
  | { readonly event: 'stopping'; readonly text: string }
  | ({ readonly event: 'resources' } & Resources)
  | ({ readonly event: 'status' } & StatusReport)
  | ShowEvent
  | SampleEvent;

/** What the run's process takes: since the look before, and in all. What it reads and writes only Linux tells. */
export interface Resources {
  /** Since the run's begin. */
  readonly seconds: number;
  /** Of one core: two busy cores are 200. */
  readonly cpuPercent: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly rssBytesMax: number;
  /** Files and connections, whether or not a disk was asked. */
  readonly readBytesPerSecond?: number;
  readonly writtenBytesPerSecond?: number;
  readonly readBytes?: number;
  readonly writtenBytes?: number;
}

/** Where events go. Stages call it; only the command line draws. */
export type Report = (event: Event) => void;
