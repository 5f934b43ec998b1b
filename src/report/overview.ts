import type { VerifiedStatus } from '../core/status-report.js';
import type { LiveFacts, PlanFacts, ReportFacts, TargetFacts } from './facts.js';
import { bytes, count, many, moment } from './figures.js';
import { figure, html, keep, type Markup, nothing, type Piece, table } from './html.js';

/** A figure that is looked at first, and what it counts. */
interface Headline {
  readonly value: string;
  readonly what: string;
  readonly isWrong?: boolean;
}

function headlines({ map, shards, targets, rejects, sources }: ReportFacts): Headline[] {
  const total = map.ranges.length;
  const exports = map.rows.filter(({ step }) => step === 'export');
  const whole = map.ranges.filter((_, at) => exports.every(({ states }) => states[at] === 'done')).length;
  const size = sources.reduce((sum, one) => sum + one.bytes, 0);
  return [
    ...(exports.length > 0
      ? [{ value: `${count(whole)} of ${count(total)}`, what: `ranges exported from every source, ${bytes(size)}` }]
      : []),
    { value: count(shards.rows), what: `rows in ${many(shards.shards, 'shard')}, ${bytes(shards.bytes)}` },
    ...targets.map(({ name, loaded, shards: all, rows }) => ({
      value: count(rows),
      what: `rows loaded into ${name}, ${count(loaded)} of ${many(all, 'shard')}`,
    })),
    ...targets.flatMap(({ name, verified, different }) =>
      verified === null || verified.whole + verified.different === 0
        ? []
        : [
            {
              value: different.length === 0 ? 'equal' : many(different.length, 'difference'),
              what: `verified at ${name}, ${count(verified.whole + verified.different)} of ${many(verified.shards, 'shard')}`,
              isWrong: different.length > 0,
            },
          ],
    ),
    { value: count(rejects.rows), what: 'rows rejected', isWrong: rejects.rows > 0 },
  ];
}

/** The first look: what is where. */
export function overview(facts: ReportFacts): Markup {
  const all = headlines(facts).map(
    ({ value, what, isWrong }) =>
      html`<div${isWrong ? html` class="look"` : nothing}><dt>${what}</dt><dd>${isWrong ? html`<span aria-hidden="true">! </span>` : nothing}${value}</dd></div>`,
  );
  return html`<dl class="headlines">${all}</dl>`;
}

const differencesMost = 20;

/** In the words of `make status`. */
const verifiedText = ({ whole, different, shards, time }: VerifiedStatus): string =>
  `${count(whole)} of ${count(shards)} shards${different > 0 ? `, ${count(different)} DIFFER` : ''}, ${moment(time)}`;

/** What the ledgers say of each target, and what the one that was asked says itself. */
export function targetsAndLive(targets: readonly TargetFacts[], live: LiveFacts): Markup {
  const rows = targets.map((one) => [
    one.name,
    one.table,
    figure(`${count(one.loaded)} of ${count(one.shards)}`),
    figure(count(one.rows)),
    one.last === null ? '–' : keep(moment(one.last)),
    one.version === null ? '–' : keep(moment(one.version * 1000)),
    one.verified === null ? 'not verified' : verifiedText(one.verified),
  ]);
  const different = targets.flatMap(({ name, different: all }) =>
    all.map(({ shard, problems }) => [name, shard, problems.join('; ')]),
  );
  const head = [
    'target',
    'table',
    'shards loaded',
    'rows',
    'last insert (UTC)',
    'version (updated_at, UTC)',
    'verified',
  ];
  const ledgers =
    targets.length === 0
      ? html`<p>Nothing was loaded from this folder yet.</p>`
      : table('Loads by target', head, rows, 'shown');
  const found =
    different.length === 0
      ? nothing
      : html`${table('Differences that verify found', ['target', 'shard', 'what'], different.slice(0, differencesMost), 'shown')}${
          different.length > differencesMost
            ? html`<p>and ${count(different.length - differencesMost)} more</p>`
            : nothing
        }`;
  return html`${ledgers}${found}${liveText(live)}`;
}

function liveText(live: LiveFacts): Markup {
  if (live.away !== null) {
    return html`<p class="look">The target <strong>${live.target}</strong> was not asked: ${live.away}</p>`;
  }
  const { stored } = live;
  const rows: (readonly [string, Piece])[] = [
    ['where', live.where],
    ['server', `ClickHouse ${live.version}`],
    ['table', live.table],
    ['engine', live.engine],
    ['partitioned by', live.partitionKey === '' ? 'not partitioned' : live.partitionKey],
    ['ordered by', live.sortingKey],
    [
      'stored',
      stored === null
        ? 'its user may not see system.parts'
        : `${count(stored.rows)} rows, ${bytes(stored.bytes)}, ${many(stored.parts, 'part')} (rows of older versions count until they are merged)`,
    ],
  ];
  return table(`The target ${live.target}, as it answered`, ['', ''], rows, 'shown');
}

/** The plan and its generations. */
export function planAndGenerations(plan: PlanFacts | null): Markup {
  if (plan === null) return html`<p>There is no plan here: the shards were made elsewhere and brought along.</p>`;
  const rows = plan.generations.map((one) => [
    count(one.generation),
    keep(moment(one.planned)),
    figure(count(one.ranges)),
    figure(one.first),
    figure(one.last),
    figure(`${count(one.rows)}${one.estimated ? ' (estimated)' : ''}`),
  ]);
  const absent = plan.absent.map(({ name, reason }) => html`<li><strong>${name}</strong>: ${reason}</li>`);
  return html`<p>Ranges of about ${count(plan.rangeRows)} rows, shards of about ${count(plan.shardRows)}.${
    plan.sample ? ' The source is the demo’s, made up.' : ''
  }</p>
${table('Generations', ['generation', 'planned (UTC)', 'ranges', 'first key', 'last key', 'rows'], rows)}
${absent.length === 0 ? nothing : html`<p>Without these sources:</p><ul>${absent}</ul>`}`;
}
