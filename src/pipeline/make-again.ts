import type { ExportEntry, ShardEntry } from '../manifest/entries.js';

/** The one command that makes something again, as it is typed (fault 22). */
export const againText = (stage: 'export' | 'join', knobs: readonly string[]): string =>
  ['make', stage, 'AGAIN=1', ...knobs].join(' ');

/** The command that loads one shard, with such knobs as AGAIN=1. */
export const loadText = (
  target: string,
  { first, last }: Pick<ShardEntry, 'first' | 'last'>,
  knobs: readonly string[],
) => ['make load', ...knobs, `RANGE=${first}-${last}`, `TARGET=${target}`].join(' ');

/** The command that makes an export file again, and only that one. */
export function exportAgainText({ source, first, last }: Pick<ExportEntry, 'source' | 'first' | 'last'>): string {
  return againText('export', [`SOURCES=${source}`, ...(first === null ? [] : [`RANGE=${first}-${last}`])]);
}
