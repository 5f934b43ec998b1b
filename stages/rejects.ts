import type { RejectsStatus } from '../src/core/status-report.js';
import type { ShardEntry } from '../src/manifest/entries.js';
import { sumRejects } from '../src/pipeline/counted.js';
import { rejectedText } from './sentences.js';
import type { Session } from './session.js';

/** Rows of some shards that were set aside, with the values that did not fit by column. */
export function rejectsOf({ layout }: Pick<Session, 'layout'>, shards: Iterable<ShardEntry>): RejectsStatus {
  return { ...sumRejects(shards), folder: `${layout.shards}/rejects` };
}

/**
 * Rows that were set aside, said loudly wherever a run ends (interface.md, exit 0): an event for scripts, and the words
 * for the last line, empty where there are none.
 */
export function sayRejects(session: Session, shards: Iterable<ShardEntry>): string {
  const rejects = rejectsOf(session, shards);
  if (rejects.rows === 0) return '';
  session.report({ event: 'rejects', ...rejects });
  return ` ${rejectedText(rejects)}`;
}
