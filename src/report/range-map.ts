import { type Drawing, drawTwice, rects, roomFor, widths, words } from './draw.js';
import type { MapFacts, MapRow, RangeState } from './facts.js';
import { compact, count, many, shortened } from './figures.js';
import { figure, html, type Markup, pictureOf, table } from './html.js';

/** What a row of the map is called. */
function rowName({ step, name }: MapRow): string {
  if (step === 'export') return name;
  if (step === 'join') return 'joined';
  if (step === 'rejects') return 'without rejects';
  return step === 'load' ? `loaded: ${name}` : `verified: ${name}`;
}

/** A column of the picture: neighbouring ranges, from `begin` on and before `end`. */
interface Column {
  readonly begin: number;
  readonly end: number;
}

/**
 * The columns of a picture that has room for so many: a range each, or where they are too many as many whole shards
 * each as are needed.
 */
export function mapColumns(shards: readonly number[], room: number): Column[] {
  if (shards.length <= room) return shards.map((_, at) => ({ begin: at, end: at + 1 }));
  const total = new Set(shards).size;
  const together = Math.ceil(total / room);
  // A shard of very many ranges would leave a picture of few columns.
  const group =
    total >= room / 3
      ? (at: number): number => Math.floor((shards[at] ?? 0) / together)
      : (at: number): number => Math.floor(at / Math.ceil(shards.length / room));
  const columns: { begin: number; end: number }[] = [];
  for (let at = 0; at < shards.length; at++) {
    const last = columns.at(-1);
    if (last !== undefined && group(at) === group(last.begin)) last.end = at + 1;
    else columns.push({ begin: at, end: at + 1 });
  }
  return columns;
}

/** A column's state in a row: the worst that has to be seen, and how much of it is done. */
export function foldStates(states: readonly RangeState[]): { readonly state: RangeState; readonly done: number } {
  const done = states.filter((state) => state === 'done').length / states.length;
  if (states.includes('wrong')) return { state: 'wrong', done };
  if (states.includes('again')) return { state: 'again', done };
  return { state: done > 0 ? 'done' : 'open', done };
}

type Block = {
  readonly x: number;
  readonly x2: number;
  readonly y: number;
  readonly y2: number;
  readonly fill: string;
};

const fills: Record<RangeState, string> = {
  done: 'var(--done)',
  again: 'url(#again)',
  open: '',
  wrong: 'url(#wrong)',
};

/** Where a state's block begins and ends in its row, from 0 (top) to 1: states differ by their height too. */
function heights(state: RangeState, done: number): [number, number] {
  const [top, bottom] = [0.14, 0.86];
  if (state === 'wrong') return [0, 1];
  if (state === 'again') return [0.5, bottom];
  // Half done is never as good as done, and something done is never nothing.
  const share = done === 1 ? 1 : Math.min(0.7, Math.max(0.25, done));
  return [bottom - (bottom - top) * share, bottom];
}

/** The blocks of a row; equal neighbours are one block where the columns are too narrow for gaps between them. */
function rowBlocks(row: MapRow, columns: readonly Column[], top: number, gap: number): Block[] {
  const blocks: Block[] = [];
  for (const [at, { begin, end }] of columns.entries()) {
    const { state, done } = foldStates(row.states.slice(begin, end));
    if (state === 'open') continue;
    const [above, below] = heights(state, done);
    const block = { x: at, x2: at + 1 - gap, y: top + above, y2: top + below, fill: fills[state] };
    const last = blocks.at(-1);
    const isSame = last?.fill === block.fill && last.y === block.y && last.x2 === block.x;
    if (last !== undefined && isSame) blocks[blocks.length - 1] = { ...last, x2: block.x2 };
    else blocks.push(block);
  }
  return blocks;
}

type Line = { readonly y: number; readonly text: string };

const nameMost = { wide: 26, narrow: 17 } as const;

function drawingOf({ ranges, rows }: MapFacts, width: number): Drawing {
  const isWide = width === widths.wide;
  const names = rows.map((row) => shortened(rowName(row), isWide ? nameMost.wide : nameMost.narrow));
  const [left, right] = [roomFor(names), isWide ? 30 : 14];
  const field = width - left - right;
  const columns = mapColumns(
    ranges.map(({ shard }) => shard),
    Math.floor(field / (isWide ? 5 : 4)),
  );
  const gap = columns.length <= 60 ? Math.min(0.3, (1.5 * columns.length) / field) : 0;
  const headings: Line[] = [];
  const labels: Line[] = [];
  const tracks: Block[] = [];
  const blocks: Block[] = [];
  let y = 0;
  for (const [at, row] of rows.entries()) {
    const isExport = row.step === 'export';
    if (at === 0 || (!isExport && rows[at - 1]?.step === 'export')) {
      if (at > 0) y += 0.4;
      headings.push({ y: y + 0.55, text: isExport ? 'Exported, by source' : 'After the export' });
      y += 1.15;
    }
    labels.push({ y: y + 0.5, text: names[at] ?? '' });
    tracks.push({ x: 0, x2: columns.length, y: y + 0.82, y2: y + 0.86, fill: 'var(--line)' });
    blocks.push(...rowBlocks(row, columns, y, gap));
    y += 1;
  }
  const rowHeight = isWide ? 17 : 16;
  const height = Math.round(y * rowHeight);
  const ticks = tickColumns(columns.length, isWide ? 7 : 3).map((at) => ({
    x: at,
    text: compact(ranges[columns[at]?.begin ?? 0]?.first ?? '0'),
  }));
  return {
    ...{ width: field, height, padding: { left, right, top: 2, bottom: 24 }, across: columns.length, down: y },
    layers: [
      rects([...tracks, ...blocks]),
      words(headings, { x: 0 }, { align: 'left', bold: true }),
      words(labels, { x: -8 }, { align: 'right' }),
      words(ticks, { y: height + 14 }, { align: 'left', muted: true }),
    ],
  };
}

/** Columns that get a figure below: so many, evenly apart, the first among them. */
function tickColumns(columns: number, most: number): number[] {
  const apart = Math.max(1, Math.ceil(columns / most));
  return Array.from({ length: Math.ceil(columns / apart) }, (_, index) => index * apart);
}

/** How many ranges of a row are in a state. */
const inState = (row: MapRow, state: RangeState): number => row.states.filter((one) => one === state).length;

const spansMost = 4;

/** The keys of the ranges in these states, neighbours together: `1-200000, 300001-400000 and 3 more`. */
export function spansText({ ranges }: Pick<MapFacts, 'ranges'>, row: MapRow, states: readonly RangeState[]): string {
  const spans: { first: string; last: string }[] = [];
  let isOpen = false;
  for (const [at, { first, last }] of ranges.entries()) {
    const isIn = states.includes(row.states[at] ?? 'open');
    const before = spans.at(-1);
    if (isIn && isOpen && before !== undefined) before.last = last;
    else if (isIn) spans.push({ first, last });
    isOpen = isIn;
  }
  const shown = spans.slice(0, spansMost).map(({ first, last }) => `${first}-${last}`);
  const more = spans.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`;
}

/** What the picture says in a sentence or two. */
function mapGist(map: MapFacts): string {
  const { ranges, rows } = map;
  const exports = rows.filter(({ step }) => step === 'export');
  const whole = exports.filter((row) => inState(row, 'done') === ranges.length).length;
  const others = rows
    .filter(({ step }) => step !== 'export')
    .map((row) => `${rowName(row)} ${count(inState(row, 'done'))} of ${count(ranges.length)}`);
  const all = `${many(ranges.length, 'range')} of keys, from ${ranges[0]?.first ?? ''} to ${ranges.at(-1)?.last ?? ''}`;
  const exported = exports.length === 0 ? '' : ` ${count(whole)} of ${many(exports.length, 'source')} exported whole;`;
  return `Map of ${all}:${exported} ranges ${others.join(', ')}.`;
}

const key: readonly { readonly state: RangeState | 'part'; readonly what: string }[] = [
  { state: 'done', what: 'done' },
  { state: 'part', what: 'some of its ranges' },
  { state: 'again', what: 'to be done again: gone, or no longer as declared' },
  { state: 'wrong', what: 'look here: rejected rows, or a difference' },
  { state: 'open', what: 'not yet' },
];

function keyOf(): Markup {
  const swatch = (state: RangeState | 'part'): Markup => {
    const [above, below] = state === 'part' ? heights('done', 0.5) : heights(state, 1);
    const fill = state === 'part' ? fills.done : fills[state];
    const block =
      state === 'open'
        ? ''
        : html`<rect x="0" y="${above * 14}" width="20" height="${(below - above) * 14}" fill="${fill}"/>`;
    return html`<svg class="swatch" width="20" height="14" aria-hidden="true"><rect x="0" y="11.5" width="20" height="0.6" fill="var(--line)"/>${block}</svg>`;
  };
  return html`<ul class="key">${key.map(({ state, what }) => html`<li>${swatch(state)} ${what}</li>`)}</ul>`;
}

/** The map of ranges: a row a source and step, a column a range or several. */
export async function rangeMap(map: MapFacts): Promise<Markup> {
  if (map.ranges.length === 0) return html`<p>Nothing is planned or joined here yet.</p>`;
  const picture = await drawTwice((width) => drawingOf(map, width), mapGist(map));
  const rows = map.rows.map((row) => [
    rowName(row),
    figure(`${count(inState(row, 'done'))} of ${count(map.ranges.length)}`),
    spansText(map, row, ['open']),
    spansText(map, row, ['again']),
    spansText(map, row, ['wrong']),
  ]);
  const text = html`From left to right the ranges in the order of their keys, each as wide as the next; below, the first
key of some. Where there are more ranges than room, a column is several of them.`;
  const head = ['source or step', 'ranges done', 'not yet', 'again', 'look here'];
  return html`${keyOf()}${pictureOf(picture, text, table('Ranges by source and step', head, rows))}`;
}
