import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';
import type { Event, Resources } from '../src/core/events.js';
import type { RejectsStatus } from '../src/core/status-report.js';

/** Sentences and figures that people read, in one place. */
const number = new Intl.NumberFormat('en-US');

/** `1,234,567`. */
export const count = (value: number): string => number.format(Math.round(value));
/** `12.3 MB`. */
export const bytes = (value: number): string =>
  prettyBytes(value, { maximumFractionDigits: 1, minimumFractionDigits: 0 });
/** `1m 23s`. */
export const duration = (seconds: number): string =>
  prettyMs(Math.max(0, seconds) * 1000, { secondsDecimalDigits: seconds < 10 ? 1 : 0 });

/** `62%`; what is not whole is never 100%. */
export const percent = (share: number): string => `${share >= 1 ? 100 : Math.min(99, Math.floor(share * 100))}%`;

/** Why a time left is believed: at which rate, or by what. */
const bases = {
  minute: "at this minute's rate",
  'so far': 'at the rate so far',
  last: 'at the rate of the last ones',
  units: 'by units done',
} as const;

export type Basis = keyof typeof bases;

/** `12m`: of what changes while it is looked at. From ten minutes on the seconds would only flicker. */
export const rough = (seconds: number): string =>
  duration(seconds >= 600 ? Math.ceil(seconds / 60) * 60 : Math.ceil(seconds));

/** `12m left at this minute's rate`. */
export const timeLeft = (seconds: number, basis: Basis): string => `${rough(seconds)} left ${bases[basis]}`;

/** What the process takes, in few words: `CPU 187%, 1.2 GB`. */
export const usage = ({ cpuPercent, rssBytes }: Resources): string =>
  `CPU ${Math.round(cpuPercent)}%, ${bytes(rssBytes)} memory`;

/** `2026-11-29 03:12 UTC (4h ago)`. */
export function moment(time: string, nowMs: number): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC (${ago(time, nowMs)})`;
}

/** `4h ago`. */
export const ago = (time: string, nowMs: number): string =>
  `${prettyMs(Math.max(0, nowMs - Date.parse(time)), { compact: true })} ago`;

/** The first line of every run: dataset, data folder, target and range in force. */
export function firstLine(run: {
  stage: string;
  dataset: string;
  dataDir: string;
  target: string;
  range: string;
}): string {
  return `${run.stage} ${run.dataset} · data ${run.dataDir} · target ${run.target} · range ${run.range}`;
}

export const interruptedHint = (command: string): string =>
  `nothing is half-written; run \`make ${command}\` again, it goes on`;

/** Export stands still on purpose, and why. */
export const pauseText = (reason: string): string => `paused: ${reason}`;
export const resumeText = 'goes on';

/** ` Paused 3 times, 12m 5s in all.`, or nothing. */
export function pausedText({ times, seconds }: { times: number; seconds: number }): string {
  if (times === 0) return '';
  return ` Paused ${times === 1 ? 'once' : `${count(times)} times`}, ${duration(seconds)} in all.`;
}

/** The error of one unit: what its own words may not say is which range or shard it was. */
export function unitErrorLines({ stage, unit, error }: Event & { event: 'unit-failed' }): string {
  const { message, hint, code } = error;
  return errorLines({ message: `cannot ${stage} ${unit}: ${message}`, hint, code });
}

/** What is shown while an interrupted run ends. */
export const stoppingText = 'stopping: what is under way ends undone or whole (Ctrl-C again ends at once)';

/** An attempt failed, the unit is tried again. */
export const retryText = ({ unit, error }: Event & { event: 'unit-retry' }): string =>
  `  ${unit}: ${error.message}; trying again`;

/** The same of all retries for one cause, at the end of a stage. */
export const retriesText = (first: string, message: string, times: number): string =>
  `  ${first}: ${message}; tried again${times === 1 ? '' : `, and so ${count(times)} times in all`}`;

/** `error: …`, `  hint: …`, `  code: …` (interface.md). */
export function errorLines(error: { message: string; hint: string; code: string }): string {
  return `error: ${error.message}\n  hint: ${error.hint}\n  code: ${error.code}`;
}

/** `7 ROWS REJECTED (u32 2, u8 2, 4 columns more), see data/…/rejects.` */
export function rejectedText({ rows, columns, folder }: RejectsStatus): string {
  const most = Object.entries(columns).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = most.slice(0, 2).map(([name, found]) => `${name} ${count(found)}`);
  const more = most.length > shown.length ? `, ${most.length - shown.length} columns more` : '';
  return `${count(rows)} ROWS REJECTED (${shown.join(', ')}${more}), see ${folder}.`;
}

/** What the counted oddities mean, by the part of their name before the colon. */
const oddities: Record<string, string> = {
  zero_date: 'zero dates, taken as NULL',
  key_null: 'no key, not exported',
  key_type: 'key is no number, not exported',
  duplicates: 'extra rows, one chosen',
  no_lookup_row: 'id not in the lookup',
  out_of_range: 'out of range, taken as unknown',
  clamped: 'out of range, taken as the nearest',
};

/** `imagestopics: extra rows, one chosen`. */
export function oddityText(name: string, declared: ReadonlyMap<string, string>): string {
  const [kind = '', what] = name.split(':');
  const known =
    declared.get(name) ?? oddities[kind] ?? (kind.startsWith('no_row_in_') ? `not in ${kind.slice(10)}` : kind);
  return what === undefined ? known : `${what}: ${known}`;
}

/** A key or document id in a narrow column: its end, which tells it apart. */
export const shortExample = (example: string | null): string =>
  example === null ? '' : example.length > 12 ? `…${example.slice(-11)}` : example;
