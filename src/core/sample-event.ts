import type { Readable } from './readable.js';

/** One value of a sampled key that is not at the target as its sources have it now. */
export interface SampleDifference {
  readonly key: string;
  /** `(row)` where the row itself is there or not there. */
  readonly column: string;
  readonly expected: Readable;
  readonly found: Readable;
  /** Which place is wrong, in words. */
  readonly where: string;
}

/** Random keys, the target against MySQL and MongoDB (`make verify SAMPLE=`). */
export interface SampleEvent {
  readonly event: 'sample';
  /** Draws the same keys again from the same files. */
  readonly seed: number;
  readonly keys: number;
  /** Of these, keys that were rejected in the join and must not be at the target. */
  readonly rejected: number;
  /** Keys with a difference. */
  readonly different: number;
  readonly differences: readonly SampleDifference[];
  /** What was not asked at its server, and why. */
  readonly notes: readonly string[];
}
