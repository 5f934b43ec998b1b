import type { ShardEntry } from '../src/manifest/entries.js';
import { count } from './sentences.js';
import type { Session } from './session.js';

/**
 * Rows that were set aside, said loudly wherever a run ends (interface.md, exit 0): an event for scripts, and the words
 * for the last line, empty where there are none.
 */
export function sayRejects({ layout, report }: Session, shards: Iterable<ShardEntry>): string {
  const columns: Record<string, number> = {};
  let [rows, values] = [0, 0];
  for (const { rejects } of shards) {
    rows += rejects.rows;
    values += rejects.values;
    for (const [name, found] of Object.entries(rejects.columns)) columns[name] = (columns[name] ?? 0) + found;
  }
  if (rows === 0) return '';
  const folder = `${layout.shards}/rejects`;
  report({ event: 'rejects', rows, values, columns, folder });
  const most = Object.entries(columns).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = most.slice(0, 2).map(([name, found]) => `${name} ${count(found)}`);
  const more = most.length > shown.length ? `, ${most.length - shown.length} columns more` : '';
  return ` ${count(rows)} ROWS REJECTED (${shown.join(', ')}${more}), see ${folder}.`;
}
