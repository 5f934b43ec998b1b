import { busyMs, momentOf, pauseSeconds, ratesOf, type Stretch, stretchesOf } from './busy-time.js';
import { type Drawing, draw, rules, steps, widths, words } from './draw.js';
import type { StageWork } from './facts.js';
import { bytes, compact, count, duration, many, moment } from './figures.js';
import { figure, html, keep, type Markup, nothing, pictureOf, table } from './html.js';

const slices = 60;
const height = 110;

const nameOf = ({ stage, target }: StageWork): string => (target === '' ? stage : `${stage} ${target}`);

/** `22:05`, with seconds where the whole is short, with the day where it is long. */
function clock(time: number, wholeMs: number): string {
  const text = moment(time);
  if (wholeMs < 10 * 60_000) return text.slice(11);
  return wholeMs > 86_400_000 ? text.slice(5, 16) : text.slice(11, 16);
}

function drawingOf(rates: readonly number[], stretches: readonly Stretch[]): Drawing {
  const [left, right] = [42, 16];
  const field = widths.narrow - left - right;
  const total = busyMs(stretches);
  const values = [...rates, rates.at(-1) ?? 0].map((y, x) => ({ x, y }));
  const wholeMs = (stretches.at(-1)?.end ?? 0) - (stretches[0]?.begin ?? 0);
  const ticks = [0, 0.5, 1].map((share) => ({
    x: share * slices,
    text: clock(momentOf(stretches, share * total), wholeMs),
  }));
  let before = 0;
  const pauses = stretches.slice(0, -1).map(({ begin, end }) => {
    before += end - begin;
    return { x: (before / Math.max(1, total)) * slices };
  });
  const below = { y: height + 14 };
  return {
    ...{ width: field, height, padding: { left, right, top: 8, bottom: 24 } },
    ...{ across: slices, down: { figures: Math.max(...rates) } },
    layers: [
      ...steps(values),
      rules(pauses, height),
      words(ticks.slice(0, 1), below, { align: 'left', muted: true }),
      words(ticks.slice(1, 2), below, { align: 'center', muted: true }),
      words(ticks.slice(2), below, { align: 'right', muted: true }),
    ],
  };
}

async function stagePicture(work: StageWork): Promise<Markup> {
  const stretches = stretchesOf(work.units);
  const total = busyMs(stretches);
  const rates = ratesOf(work.units, stretches, slices);
  const rows = stretches.reduce((sum, one) => sum + one.rows, 0);
  const [first, last] = [stretches[0], stretches.at(-1)];
  if (first === undefined || last === undefined) return nothing;
  const mean = (rows / Math.max(1, total)) * 1000;
  const times = `${moment(first.begin)} to ${moment(last.end)}`;
  const gist = `${nameOf(work)}: ${count(rows)} rows in ${duration(total / 1000)} of work, ${times} UTC; ${compact(mean)} rows a second on average, ${compact(Math.max(...rates))} at most.`;
  const shown = stretches.map((one) => [
    keep(moment(one.begin)),
    keep(moment(one.end)),
    figure(count(one.units)),
    figure(count(one.rows)),
    figure(bytes(one.bytes)),
    figure(compact((one.rows / Math.max(1, one.end - one.begin)) * 1000)),
  ]);
  const behind = table(
    `${nameOf(work)}: times of work`,
    ['from (UTC)', 'to', 'files', 'rows', 'bytes', 'rows/s'],
    shown,
  );
  const text = html`${many(work.units.length, work.stage === 'load' ? 'insert' : 'file')}, ${count(rows)} rows in ${duration(total / 1000)}: ${compact(mean)} rows/s`;
  return html`<div class="cell"><h3>${nameOf(work)}, rows a second</h3>${pictureOf(await draw(drawingOf(rates, stretches), gist), text, behind)}</div>\n`;
}

/** Rows a second over the time of work, a picture a stage. */
export async function throughput(all: readonly StageWork[]): Promise<Markup> {
  const pictures: Markup[] = [];
  for (const work of all.filter(({ units }) => units.length > 0)) pictures.push(await stagePicture(work));
  if (pictures.length === 0) return html`<p>No stage has done anything yet.</p>`;
  return html`<p>From the manifests, of the files that are there now: each one’s rows, spread over the time that it took.
Pauses of more than ${duration(pauseSeconds)} (more, where there were many) are left out; a dashed line stands where one was. Times are UTC.</p>
<div class="grid">${pictures}</div>`;
}
