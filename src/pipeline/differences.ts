import type { Difference } from '../clickhouse/compare.js';
import type { Event } from '../core/events.js';

/** Screens have 80 columns: what is longer is broken into lines. */
const width = 80;

/** The differences between declaration and live table as `load` and `check` show them (fault 8). */
export function differencesTable(differences: readonly Difference[]): Event & { event: 'table' } {
  return {
    event: 'table',
    title: 'the live table and the declaration differ',
    head: ['column', 'declared', 'live', 'what would happen'],
    rows: differences.map(({ column, declared, live, what, stops }) => [
      ...[column, declared, live],
      `${stops ? 'stop' : 'warning'}: ${what}`,
    ]),
    width,
  };
}
