import type { Event } from '../src/core/events.js';
import type { ShowEvent, ShownColumn, ShownPlace, ShownSource } from '../src/core/show-event.js';
import { cell, cells, cut, readableText } from './readable-cell.js';
import { count } from './sentences.js';

/** Columns of the screen, and of the longest name that is shown whole. */
const screen = 80;
const nameMax = 32;
const gap = 2;
const mark = '≠';
/** Of the lines below the tables. */
const indent = ' '.repeat(8);

/** `2026-11-29 16:30:12`, UTC. */
const moment = (iso: string): string => iso.slice(0, 19).replace('T', ' ');
const seconds = (version: number): string => moment(new Date(version * 1000).toISOString());

/** Width of the two cells beside the names. */
function cellWidth(names: readonly string[]): number {
  const widest = Math.min(nameMax, Math.max(...names.map((name) => name.length)));
  return Math.floor((screen - widest - 3 * gap - 1) / 2);
}

const rows = (number: number): string => (number === 0 ? 'no row' : number === 1 ? '1 row' : `${count(number)} rows`);
const rowsOf = ({ rows: number }: ShownPlace): string => (number === null ? '?' : rows(number));

/** What a person sees of a key: its rows at the source and in the files, then the joined row in the shard and at the target. */
export function showScreen(shown: ShowEvent, target: string): Event[] {
  const places = [...shown.sources.flatMap(({ server, file }) => [server, file]), shown.shard, shown.target];
  const isAnywhere = shown.rejects.length > 0 || places.some(({ rows: number }) => (number ?? 0) > 0);
  const unseen = unseenPlaces(shown, target);
  const agree =
    unseen === ''
      ? [isAnywhere ? 'its places agree' : 'it is at none of its places']
      : [isAnywhere ? 'what could be asked agrees' : 'it is at none of the places that could be asked', unseen];
  return [
    ...sourcesTable(shown.sources),
    ...emptyLines(shown.sources),
    ...whyLines(shown.sources),
    '',
    ...joinedTable(shown),
    ...wrapped(`shard   ${shardLine(shown)}`, indent),
    ...shown.rejects.flatMap(({ column, value, reason }) =>
      wrapped(`        rejected: ${column} = ${cell([value], 40)}, which ${reason}`, indent),
    ),
    ...wrapped(`target  ${targetLine(shown.target, target)}`, indent),
    ...fileLines(shown.sources),
    ...shown.problems.flatMap((problem) => wrapped(`${mark} ${problem}`, '  ')),
    ...wrapped(`show: ${shown.key} ${shown.id}: ${shown.agree ? agree.join('; ') : 'its places DIFFER'}`, '  '),
  ].map((line) => (typeof line === 'string' ? text(line) : line));
}

/** The places that were asked for nothing; empty where there are none. */
function unseenPlaces({ sources, target: { rows: number } }: ShowEvent, target: string): string {
  const away = sources.filter(({ server }) => server.rows === null).map(({ source }) => source);
  const servers = away.length > 1 ? `${away.length} sources at their servers` : `${away[0]} at its server`;
  const all = [...(number === null ? [target] : []), ...(away.length > 0 ? [servers] : [])];
  return all.length === 0 ? '' : `not asked: ${all.join(', ')}`;
}

const text = (words: string): Event => ({ event: 'text', text: words });

/** Where a source has something to show, or could be looked at nowhere. */
const isShown = ({ server: { rows: now }, file: { rows: then }, changed }: ShownSource): boolean =>
  changed || (now ?? 0) + (then ?? 0) > 0 || (now === null && then === null);

function sourcesTable(all: readonly ShownSource[]): Event[] {
  const fieldsOf = ({ fields, server, file }: ShownSource): ShownSource['fields'] => {
    if ((server.rows ?? 0) + (file.rows ?? 0) === 0) return [];
    // The key is the same in all of them.
    return fields.length > 1 ? fields.slice(1) : fields;
  };
  const sources = all.filter(isShown);
  const width = cellWidth(sources.flatMap((one) => [one.source, ...fieldsOf(one).map(({ name }) => `  ${name}`)]));
  const lines = sources.flatMap((source) => {
    const { server, file, changed } = source;
    const there = (place: ShownPlace, shown: string): string =>
      place.rows === null ? '?' : place.rows === 0 ? '' : shown;
    const fields = fieldsOf(source).map((field) => {
      const [now, then] = field.differs
        ? cells(field.server, field.file, width)
        : [cell(field.server, width), cell(field.file, width)];
      return [cut(`  ${field.name}`, nameMax), there(server, now), there(file, then), field.differs ? mark : ''];
    });
    return [[cut(source.source, nameMax), rowsOf(server), rowsOf(file), changed ? mark : ''], ...fields];
  });
  const head = ['source', 'at the server', 'in the export file', ''];
  return lines.length === 0 ? [] : [{ event: 'table', title: '', head, rows: lines }];
}

/** The sources that have no row of the key, and of which there is no more to say. */
function emptyLines(sources: readonly ShownSource[]): string[] {
  const none = sources.filter((source) => !isShown(source) && source.server.why === null && source.file.why === null);
  return none.length === 0 ? [] : wrapped(`  no row in ${none.map(({ source }) => source).join(', ')}`, '    ');
}

/** Why a place has nothing: sources of which the same is said share a line. */
function whyLines(sources: readonly ShownSource[]): string[] {
  const said = new Map<string, string[]>();
  for (const { source, server, file } of sources) {
    for (const why of new Set([server.why, file.why]))
      if (why !== null) said.set(why, [...(said.get(why) ?? []), source]);
  }
  return [...said].flatMap(([why, names]) => wrapped(`  ${names.join(', ')}: ${why}`, '    '));
}

function joinedTable({ columns, shard, target }: ShowEvent): (Event | string)[] {
  const isThere = ({ rows: number }: ShownPlace): boolean => (number ?? 0) > 0;
  if (!isThere(shard) && !isThere(target)) return [];
  const width = cellWidth(columns.map(({ name }) => name));
  const lines = columns.map((column) => [
    cut(column.name, nameMax),
    ...joinedCells(column, width, isThere(target)),
    column.differs ? mark : '',
  ]);
  const version = target.versions.at(-1);
  const last = version && isThere(target) ? [[target.version, '', seconds(version.version), '']] : [];
  const head = ['column', 'in the shard', 'at the target', ''];
  return [{ event: 'table', title: '', head, rows: [...lines, ...last] }, ''];
}

/** A NULL of the shard for which something else stands at the target says so. */
function joinedCells({ shard, target, unknown, differs }: ShownColumn, width: number, isThere: boolean): string[] {
  if (shard === undefined) return ['', target === undefined ? '' : cell([target], width)];
  if (target === undefined) return [cell([shard], width), isThere ? '(no such column)' : ''];
  if (differs) return cells([shard], [target], width);
  const stands = shard === null && unknown !== undefined;
  return [cell([shard], width), stands ? cut(`NULL → ${readableText(target)}`, width) : cell([target], width)];
}

function shardLine({ shard }: ShowEvent): string {
  const file = shard.time === null ? shard.where : `shards/${shard.where}, joined ${moment(shard.time)}`;
  return [...(file === '' ? [] : [file]), ...(shard.why === null ? [] : [shard.why]), ...noRow(shard)].join(': ');
}

const noRow = ({ rows: number, why }: ShownPlace): string[] => (number === 0 && why === null ? ['no such row'] : []);

function targetLine(place: ShowEvent['target'], target: string): string {
  const stored = place.versions.reduce((sum, one) => sum + one.rows, 0);
  const versions =
    stored > 1
      ? `${place.rows} as read of ${stored} stored (${place.versions.map(({ version, rows: n }) => `${seconds(version)}${n > 1 ? ` ×${n}` : ''}`).join(', ')})`
      : undefined;
  const parts = [place.where, place.why ?? undefined, versions, ...noRow(place)];
  return `${target}: ${parts.filter((part) => part !== undefined && part !== '').join(': ')}`;
}

/** The export files by their range and time: those of one read share a line. */
function fileLines(sources: readonly ShownSource[]): string[] {
  const files = new Map<string, string[]>();
  for (const { source, file } of sources) {
    if (file.time === null) continue;
    const name = `${file.where.split('/').at(-1)}, read ${moment(file.time)}`;
    files.set(name, [...(files.get(name) ?? []), source]);
  }
  return [...files].flatMap(([name, names]) => wrapped(`files   export/…/${name}: ${names.join(', ')}`, indent));
}

/** Lines of at most 80 columns, broken behind blanks, but not within a command. */
function wrapped(line: string, indent: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S)(?<!\bmake) (?![A-Z_]+=)/)) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (longer.length <= screen || current === '') current = longer;
    else {
      lines.push(current);
      current = `${indent}${word}`;
    }
  }
  return [...lines, current];
}
