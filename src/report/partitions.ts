import { type Drawing, drawTwice, rects, widths, words } from './draw.js';
import type { PartitionFacts } from './facts.js';
import { bytes, count, many, shortened } from './figures.js';
import { figure, html, type Markup, nothing, pictureOf, table } from './html.js';

type Group = PartitionFacts['groups'][number];

interface Pillar {
  readonly name: string;
  readonly value: number;
}

/** Neighbours together where there are more groups than room: their sum, or their greatest. */
function pillarsOf(
  groups: readonly Group[],
  room: number,
  value: (group: Group) => number,
  fold: 'sum' | 'most',
): Pillar[] {
  const together = Math.max(1, Math.ceil(groups.length / room));
  const pillars: Pillar[] = [];
  for (let at = 0; at < groups.length; at += together) {
    const values = groups.slice(at, at + together).map(value);
    const folded = fold === 'sum' ? values.reduce((sum, one) => sum + one, 0) : Math.max(...values);
    pillars.push({ name: groups[at]?.name ?? '', value: folded });
  }
  return pillars;
}

const height = 120;

function drawingOf(pillars: readonly Pillar[], width: number): Drawing {
  const isWide = width === widths.wide;
  const [left, right] = [46, 16];
  const gap = pillars.length <= 60 ? 0.1 : 0.04;
  const blocks = pillars.map(({ value }, at) => ({
    ...{ x: at + gap, x2: at + 1 - gap, y: 0, y2: value, fill: 'var(--done)' },
  }));
  const names = isWide ? 10 : 3;
  const apart = Math.max(1, Math.ceil(pillars.length / names));
  const ticks = pillars
    .map(({ name }, at) => ({ text: shortened(name, isWide ? 14 : 10), x: at }))
    .filter(({ x }) => x % apart === 0);
  return {
    ...{ width: width - left - right, height, padding: { left, right, top: 8, bottom: 24 } },
    ...{ across: Math.max(pillars.length, 1), down: { figures: Math.max(...pillars.map(({ value }) => value)) } },
    layers: [rects(blocks), words(ticks, { y: height + 14 }, { align: 'left', muted: true })],
  };
}

const roomOf = (width: number): number => (width === widths.wide ? 300 : 80);

async function rowsPicture({ groups, by }: PartitionFacts): Promise<Markup> {
  const sorted = [...groups].sort((a, b) => b.rows - a.rows);
  const all = groups.reduce((sum, { rows }) => sum + rows, 0);
  const gist = `Rows by ${by}: ${count(all)} rows in ${count(groups.length)} groups from ${groups[0]?.name} to ${groups.at(-1)?.name}; most in ${sorted[0]?.name}: ${count(sorted[0]?.rows ?? 0)}.`;
  const drawn = await drawTwice(
    (width) =>
      drawingOf(
        pillarsOf(groups, roomOf(width), ({ rows }) => rows, 'sum'),
        width,
      ),
    gist,
  );
  return html`<h3>Rows</h3>${drawn}`;
}

async function partsPicture({ groups }: PartitionFacts): Promise<Markup> {
  const parts = (group: Group): number => group.parts ?? 0;
  const most = [...groups].sort((a, b) => parts(b) - parts(a))[0];
  const all = groups.reduce((sum, group) => sum + parts(group), 0);
  const gist = `Parts by partition: ${count(all)} parts in ${count(groups.length)} partitions, most in ${most?.name}: ${count(most?.parts ?? 0)}.`;
  const drawn = await drawTwice((width) => drawingOf(pillarsOf(groups, roomOf(width), parts, 'most'), width), gist);
  return html`<h3>Parts</h3>${drawn}`;
}

/** Lines of the table: partitions by the hour are beyond any page. */
const linesMost = 1000;

/** Rows by month or partition, and the parts of each where a target says so. */
export async function partitions(facts: PartitionFacts): Promise<Markup> {
  const { groups, by, from, note } = facts;
  const said = note === '' ? nothing : html`<p>${note}</p>`;
  if (groups.length === 0) return said;
  const isTarget = from === 'target';
  const lines = groups
    .slice(0, linesMost)
    .map(({ name, rows, parts, bytes: size }) => [
      name,
      figure(count(rows)),
      ...(isTarget ? [figure(count(parts ?? 0)), figure(bytes(size ?? 0))] : []),
    ]);
  const head = isTarget ? ['partition', 'stored rows', 'parts', 'bytes'] : ['month', 'rows'];
  const where = isTarget
    ? `stored at the target, by its parts, partitioned by ${by}`
    : `in the shards, by the month of ${by}`;
  const text = html`${many(groups.length, isTarget ? 'partition' : 'month')} ${where}. Only those that have rows are drawn, each as wide as the next; where there
are more than room, neighbours are one bar: the sum of their rows, the most of their parts.${groups.length > linesMost ? ` The table has the first ${count(linesMost)}.` : ''}`;
  const pictures = html`${await rowsPicture(facts)}${isTarget ? await partsPicture(facts) : nothing}`;
  return html`${said}${pictureOf(pictures, text, table(isTarget ? 'Partitions' : 'Months', head, lines))}`;
}
