import { TransloadError } from '../core/errors.js';
import type { Event } from '../core/events.js';

export type Level = (Event & { event: 'finding' })['level'];

/** One result of a check. */
export interface Finding {
  readonly what: string;
  readonly level: Level;
  readonly found: string;
  /** What to do about it: a sentence, then statements or commands to paste, a line each; '' where it is fine. */
  readonly hint: string;
  /** The error that stands behind a stop. */
  readonly error?: TransloadError;
  /** What is shown below the findings. */
  readonly details?: Event & { event: 'table' };
}

/** How figures are written: as the command line writes them everywhere. */
export interface Figures {
  count(value: number): string;
  bytes(value: number): string;
}

/** Nothing to do. */
export const fine = (what: string, found: string): Finding => ({ what, level: 'fine', found, hint: '' });

/** It goes on, and somebody should know. `paste`: statements or commands that help. */
export const warning = (what: string, found: string, hint: string, paste: readonly string[] = []): Finding => ({
  ...{ what, level: 'warning', found, hint: [hint, ...paste].join('\n') },
});

/** A stage would stop there with that error. What is no error of ours is a bug, and thrown on. */
export function stopped(what: string, error: unknown): Finding {
  if (!(error instanceof TransloadError)) throw error;
  // Statements for several tables stand together then.
  const hint = /^GRANT /.test(error.hint) ? `an administrator gives the privilege:\n${error.hint}` : error.hint;
  return { what, level: 'stop', found: error.message, hint, error };
}
