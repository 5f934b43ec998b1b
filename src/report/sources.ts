import { bars } from './bars.js';
import type { SourceFacts } from './facts.js';
import { bytes, compact, count, many, percent } from './figures.js';
import { figure, html, type Markup, pictureOf, table } from './html.js';

const howRead: Record<string, string> = { range: 'range by range', 'one-pass': 'in one pass', lookup: 'whole, once' };

/** Rows and bytes of the export files by source. */
export async function sources(all: readonly SourceFacts[]): Promise<Markup> {
  if (all.length === 0) return html`<p>Nothing is exported here: the shards were made elsewhere.</p>`;
  const [rows, size] = [sum(all.map((one) => one.rows)), sum(all.map((one) => one.bytes))];
  const picture = (value: (one: SourceFacts) => number, text: (value: number) => string, gist: string) => {
    const sorted = [...all].sort((a, b) => value(b) - value(a) || (a.name < b.name ? -1 : 1));
    const shown = sorted.map((one) => ({
      name: one.name,
      value: value(one),
      text: text(value(one)),
      fill: 'var(--done)',
    }));
    const [most] = sorted;
    const greatest = most === undefined ? 0 : value(most);
    const rest = most === undefined ? '' : `, most of ${most.name}: ${text(greatest)}`;
    return bars(shown, greatest, `${gist}${rest}.`);
  };
  const byRows = await picture(
    (one) => one.rows,
    compact,
    `Rows by source: ${count(rows)} of ${many(all.length, 'source')}`,
  );
  const byBytes = await picture((one) => one.bytes, bytes, `Bytes of the export files by source: ${bytes(size)}`);
  const perRow = (one: SourceFacts): number => (one.rows === 0 ? 0 : one.bytes / one.rows);
  const byRow = await picture(perRow, bytes, 'Bytes a row by source');
  const lines = all.map((one) => [
    one.name,
    `${one.engine} ${one.table}`,
    howRead[one.access] ?? one.access,
    figure(count(one.files)),
    figure(count(one.rows)),
    figure(one.estimate === null ? '–' : count(one.estimate)),
    figure(bytes(one.bytes)),
    figure(percent(one.bytes, size)),
    figure(one.rows === 0 ? '–' : count(perRow(one))),
  ]);
  const head = [
    'source',
    'at the server',
    'read',
    'files',
    'rows',
    'estimated at the plan',
    'bytes',
    'of all',
    'bytes a row',
  ];
  const pictures = html`<div class="grid"><div class="cell"><h3>Rows</h3>${byRows}</div><div class="cell"><h3>Bytes, as Parquet</h3>${byBytes}</div><div class="cell"><h3>Bytes a row</h3>${byRow}</div></div>`;
  const text = html`${many(all.length, 'source')}, ${count(rows)} rows, ${bytes(size)}.`;
  return pictureOf(pictures, text, table('Rows and bytes by source', head, lines));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
