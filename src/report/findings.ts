import type { OddityFacts, RejectFacts } from './facts.js';
import { count, many, shortened } from './figures.js';
import { figure, html, type Markup, table } from './html.js';

const valueMost = 60;

/** Rows that were set aside, by column and reason, with the key of one each. */
export function rejects({ rows, values, columns, kinds, note }: RejectFacts): Markup {
  if (rows === 0) return html`<p>No row was set aside: every value fits its column.</p>`;
  const shown = kinds.map((kind) => [
    kind.column,
    kind.reason,
    figure(count(kind.values)),
    figure(kind.key),
    html`<code>${shortened(kind.value, valueMost)}</code>`,
  ]);
  const byColumn = columns.map(({ name, values: found }) => [name, figure(count(found))]);
  return html`<p><strong>${many(rows, 'row')} set aside</strong> for ${many(values, 'value')} that ${values === 1 ? 'does' : 'do'} not fit: they are in
<code>shards/rejects/</code> with key, column, value, reason and the whole row, and not at the target. All of them:
<code>make query TARGET=shards SQL="SELECT * FROM rejects"</code></p>
${note === '' ? '' : html`<p>${note}</p>`}
${kinds.length > 0 ? table('Rejected values', ['column', 'reason', 'values', 'an example’s key', 'its value'], shown) : table('Rejected values by column', ['column', 'values'], byColumn)}`;
}

/** What was counted on the way without stopping it, with the key of one case each. */
export function oddities(all: readonly OddityFacts[]): Markup {
  if (all.length === 0) return html`<p>Nothing odd was counted in the data.</p>`;
  const rows = all.map(({ count: found, example, what, name }) => [
    what,
    figure(count(found)),
    figure(example ?? '–'),
    html`<code>${name}</code>`,
  ]);
  return html`<p>Counted while the data was read and joined, with the key of one case each. Rows of a source whose key cannot be
used are not exported; nothing else here keeps a row from the target.</p>
${table('Oddities', ['what', 'how often', 'an example’s key', 'name'], rows)}`;
}
