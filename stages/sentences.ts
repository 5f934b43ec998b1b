import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';
import type { Event } from '../src/core/events.js';

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

/** `error: …`, `  hint: …`, `  code: …` (interface.md). */
export function errorLines(error: { message: string; hint: string; code: string }): string {
  return `error: ${error.message}\n  hint: ${error.hint}\n  code: ${error.code}`;
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
