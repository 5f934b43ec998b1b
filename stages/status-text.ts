import type {
  LiveStatus,
  LiveTableStatus,
  OddityStatus,
  PlanStatus,
  SourceStatus,
  StageStatus,
  StatusReport,
} from '../src/core/status-report.js';
import { flowParts } from './fit-line.js';
import { ago, bytes, count, duration, moment, percent, rejectedText, shortExample } from './sentences.js';
import { tableText } from './table-text.js';

const width = 80;
/** A rate of fewer rows is none. */
const tellingRows = 1000;
/** Errors of one stage that are shown; JSON has more. */
const errorsShown = 3;

/** The words of a status: what is done, who is at it, what was odd, the target's side, the next command. */
export function statusText(status: StatusReport): string {
  const { time, plan, stages, sources, absent, oddities, rejects, live, next } = status;
  const now = Date.parse(time);
  const loads = stages.filter(({ stage }) => stage === 'load');
  // What matters most comes last: there it is seen without scrolling back.
  const blocks = [
    plan === null ? '' : planText(plan, now),
    sources.length === 0 ? '' : sourcesText(sources),
    absent.map(({ name, reason }) => `  without ${name}: ${reason}`).join('\n'),
    oddities.length === 0 ? '' : odditiesText(oddities),
    live === null ? '' : liveText(live, now),
    rejects.rows > 0 ? rejectedText(rejects) : '',
    stages.length === 0 ? '' : stagesText(stages, now),
    stages.flatMap((stage) => runLines(stage, now)).join('\n'),
    live === null && loads.length > 0 ? `what the target itself says: make status TARGET=${loads[0]?.target}` : '',
    next === '' ? nothingNext(stages) : `next: ${next}`,
  ];
  return blocks.filter((block) => block !== '').join('\n');
}

const nothingNext = (stages: readonly StageStatus[]): string =>
  stages.some(({ running }) => running !== null)
    ? 'next: nothing to type, a run is at it'
    : 'next: nothing is left to do';

function odditiesText(oddities: readonly OddityStatus[]): string {
  return tableText({
    ...{ title: 'worth knowing', head: ['count', 'example', 'what'], figures: [0], width },
    rows: oddities.map((one) => [count(one.count), shortExample(one.example), oddityWords(one)]),
  });
}

const oddityWords = ({ what, source }: { what: string; source: string | null }): string =>
  source === null || what.startsWith(`${source}:`) ? what : `${what}, ${source}`;

function planText({ generations, ranges, shards, sample }: PlanStatus, now: number): string {
  const rows = generations.reduce((sum, one) => sum + one.rows, 0);
  const about = generations.some(({ estimated }) => estimated) ? 'about ' : '';
  const last = generations.at(-1);
  const parts = [
    `plan${sample ? ' (sample)' : ''}: ${about}${count(rows)} rows`,
    ...[`${count(ranges)} ranges`, `${count(shards)} shards`],
    ...(last === undefined ? [] : [`up to key ${last.last}`]),
    last === undefined
      ? ''
      : `${generations.length > 1 ? `generation ${last.generation} ` : ''}made ${ago(last.planned, now)}`,
  ];
  return flowParts(parts, width).join('\n  ');
}

const label = ({ stage, target }: StageStatus): string => (target === null ? stage : `${stage} ${target}`);
const orBlank = (value: number | null, words: (value: number) => string): string =>
  value === null ? '' : words(value);

function stagesText(stages: readonly StageStatus[], now: number): string {
  return tableText({
    title: '',
    head: ['', 'done', 'left', 'rows', 'bytes', 'rows/s', 'time left', 'last'],
    figures: [1, 2, 3, 4, 5, 6],
    rows: stages.map((stage) => [
      ...[label(stage), count(stage.done), count(stage.left), count(stage.rows), bytes(stage.bytes)],
      orBlank(stage.rowsPerSecond, count),
      stage.left === 0 ? '' : orBlank(stage.secondsLeft, (seconds) => duration(Math.ceil(seconds))),
      stage.last === null ? '' : ago(stage.last, now),
    ]),
    width,
  });
}

function sourcesText(sources: readonly SourceStatus[]): string {
  return tableText({
    title: '',
    head: ['source (files)', 'done', 'left', 'rows', 'bytes', 'rows/s'],
    figures: [1, 2, 3, 4, 5],
    rows: sources.map((source) => [
      ...[source.source, count(source.done), count(source.left), count(source.rows), bytes(source.bytes)],
      // Of a small table it tells how long a question takes.
      source.rows < tellingRows ? '' : orBlank(source.rowsPerSecond, count),
    ]),
    width,
  });
}

/** Who is at it, how the last run ended where that matters, and what a verify found. */
function runLines(stage: StageStatus, now: number): string[] {
  const { running, lastRun, verified } = stage;
  const name = label(stage);
  const lines: string[] = [];
  if (running !== null) {
    lines.push(`${name} runs now: process ${running.pid} on ${running.host}, since ${moment(running.since, now)}`);
  } else if (lastRun !== null) lines.push(...lastRunLines(name, stage, lastRun, now));
  if (verified !== null) {
    const wrong = verified.different > 0 ? `, ${count(verified.different)} DIFFER` : '';
    lines.push(
      `${name}: verified ${count(verified.whole)} of ${count(verified.shards)} shards${wrong}, ${moment(verified.time, now)}`,
    );
  }
  return lines;
}

function lastRunLines(
  name: string,
  { left }: StageStatus,
  { outcome, begin, end, errors, errorCount }: NonNullable<StageStatus['lastRun']>,
  now: number,
): string[] {
  if (outcome === 'killed') return [`${name}: its last run, begun ${moment(begin, now)}, was killed`];
  if (outcome === 'interrupted' && left > 0)
    return [`${name}: its last run was interrupted ${moment(end ?? begin, now)}`];
  if (outcome !== 'failed') return [];
  const more = errorCount > errorsShown ? [`  and ${count(errorCount - errorsShown)} errors more`] : [];
  return [
    `${name}: its last run FAILED ${moment(end ?? begin, now)}`,
    ...errors
      .slice(0, errorsShown)
      .flatMap(({ unit, code, message, hint }) => [
        `  ${unit === null ? '' : `${unit}: `}${message} (${code})`,
        `    hint: ${hint}`,
      ]),
    ...more,
  ];
}

function liveText(live: LiveStatus, now: number): string {
  const title = `target ${live.target}`;
  if (live.state === 'away') return `${title} could not be asked: ${live.message} (${live.code})\n  hint: ${live.hint}`;
  const place = `${live.database}.${live.table} at ${live.where}`;
  if (live.state === 'missing') return `${title}: there is no table ${place}, or its user may not see it`;
  const rows = liveRows(live, now);
  return `${title}: ${place}${tableText({ title: '', head: ['', ''], rows, width })}`;
}

/** What is asked, and its answer; where there is none, why. A further line has no label. */
function liveRows(live: LiveTableStatus, now: number): string[][] {
  const { parts, merges, mutations, inserts, unreadable } = live;
  const rows = (what: string, lines: readonly string[]): string[][] =>
    lines.map((line, index) => [index === 0 ? `  ${what}` : '', line]);
  const said = <T>(
    what: string,
    field: string,
    value: T | null,
    words: (value: T) => readonly string[],
  ): string[][] => {
    const why = unreadable[field];
    const lines = value === null ? [] : words(value);
    return rows(what, lines.length > 0 ? lines : [why === undefined ? 'none' : `not readable: ${why}`]);
  };
  return [
    ...said('rows', 'rows', live.rows, (all) => [count(all)]),
    ...said('greatest key', 'greatest', live.greatest, (key) => [key]),
    ...said('last version', 'greatest', live.version, (at) => [moment(new Date(at * 1000).toISOString(), now)]),
    ...said('parts', 'parts', parts, (all) =>
      all.parts === 0
        ? []
        : [
            `${count(all.parts)} in ${count(all.partitions)} partitions (${bytes(all.bytes)}), most ${count(all.most)} in ${all.fullest}`,
          ],
    ),
    ...said('merges', 'merges', merges, ({ running, progress }) =>
      running === 0 ? [] : [`${count(running)} running, the furthest at ${percent(progress)}`],
    ),
    ...said('mutations', 'mutations', mutations, (all) =>
      all.map(({ command, since, partsLeft, failure }) => {
        const fails = failure === '' ? '' : `, FAILS: ${short(failure)}`;
        return `${short(command)}: ${count(partsLeft)} parts left, begun ${ago(since, now)}${fails}`;
      }),
    ),
    ...said('inserts', 'inserts', inserts, (all) =>
      all.map((one) => `by ${one.user} for ${duration(one.seconds)}, ${count(one.rows)} rows written`),
    ),
    ...rows('errors', serverErrorLines(live, now)),
  ];
}

function serverErrorLines({ errors, errorsFrom, errorsSince, unreadable }: LiveTableStatus, now: number): string[] {
  if (errorsSince === null) return ['not asked: nothing was loaded from here'];
  if (errors === null) return [`not readable: ${unreadable.errors ?? ''}`];
  const whose = errorsFrom === 'errors' ? ' at the whole server (its query_log is not readable)' : '';
  const since = `since the last load began, ${ago(errorsSince, now)}${whose}`;
  if (errors.length === 0) return [`none ${since}`];
  const lines = errors.map(
    (one) => `${count(one.count)} × ${one.name}, last ${ago(one.last, now)}: ${short(one.message)}`,
  );
  return [since, ...lines];
}

/** The beginning of a server's long words. */
function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
