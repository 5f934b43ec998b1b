import { bars } from './bars.js';
import type { ColumnShare, ShardsFacts } from './facts.js';
import { count, many, percent } from './figures.js';
import { figure, html, type Markup, pictureOf, table } from './html.js';

const fills = { unknown: 'var(--done)', null: 'url(#null)', absent: 'url(#absent)' } as const;
const becomes = {
  unknown: 'its unknown-value',
  null: 'NULL',
  absent: 'nothing: not at the target',
} as const;

/** Bars of one picture: what fits on a screen. */
const barsMost = 24;

/** Shares of NULL by column of the shards, and what the target holds in their place. */
export async function columnShares({ columns, rows }: ShardsFacts): Promise<Markup> {
  if (columns.length === 0) return html`<p>Nothing is joined yet.</p>`;
  const share = ({ nulls, rows: of }: ColumnShare): number => (of === 0 ? 0 : nulls / of);
  const some = columns.filter(({ nulls }) => nulls > 0).sort((a, b) => share(b) - share(a));
  const none = columns.filter(({ nulls }) => nulls === 0);
  const pictures: Markup[] = [];
  const room = some.map(({ name }) => name);
  for (let at = 0; at < some.length; at += barsMost) {
    const part = some.slice(at, at + barsMost);
    const shown = part.map((one) => ({
      name: one.name,
      value: share(one),
      text: percent(one.nulls, one.rows),
      fill: fills[one.becomes],
    }));
    const [most, least] = [part[0], part.at(-1)];
    const extent = `from ${most?.name} ${percent(most?.nulls ?? 0, most?.rows ?? 0)} to ${least?.name} ${percent(least?.nulls ?? 0, least?.rows ?? 0)}`;
    const gist = `NULL in the shards by column, ${at + 1} to ${at + part.length} of ${some.length} columns with any, ${extent}.`;
    pictures.push(html`<div class="cell">${await bars(shown, 1, gist, room)}</div>`);
  }
  const lines = [...some, ...none].map((one) => [
    one.name,
    one.type,
    figure(count(one.nulls)),
    figure(percent(one.nulls, one.rows)),
    one.nulls === 0 ? '–' : becomes[one.becomes],
  ]);
  const head = ['column', 'declared type', 'NULL', 'of the rows', 'at the target'];
  const swatch = (fill: string): Markup =>
    html`<svg class="swatch" width="20" height="14" aria-hidden="true"><rect x="0" y="2" width="20" height="10" fill="${fill}"/></svg>`;
  const kinds = (['unknown', 'null', 'absent'] as const).filter((kind) => some.some((one) => one.becomes === kind));
  const words = {
    unknown: 'the target holds the column’s unknown-value (0, false, an empty text, 1970-01-01)',
    null: 'the target holds NULL',
    absent: 'the target has no such column: it stays in the shard',
  } as const;
  const key = html`<ul class="key">${kinds.map((kind) => html`<li>${swatch(fills[kind])} ${words[kind]}</li>`)}</ul>`;
  const rest =
    none.length === 0
      ? ''
      : html` Without any NULL: ${none.length > 12 ? many(none.length, 'column') : none.map(({ name }) => name).join(', ')}.`;
  const text = html`Share of NULL among the ${count(rows)} rows of the shards: nothing was known at the source.${rest}`;
  if (some.length === 0) return html`<p>No column of the shards has a NULL among ${count(rows)} rows.</p>`;
  return html`${key}${pictureOf(html`<div class="grid">${pictures}</div>`, text, table('NULL by column', head, lines))}`;
}
