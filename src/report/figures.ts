import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

const number = new Intl.NumberFormat('en-US');
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

/** `1,234,567`. */
export const count = (value: number): string => number.format(Math.round(value));

/** `1.2M`, `3.4k`; a key as decimal text stays exact on its way. */
export const compact = (value: number | string): string =>
  short.format(typeof value === 'string' ? BigInt(value) : value).replace('K', 'k');

/** `12.3 MB`. */
export const bytes = (value: number): string => prettyBytes(value, { maximumFractionDigits: 1 });

/** `1m 23s`. */
export const duration = (seconds: number): string =>
  prettyMs(Math.max(0, seconds) * 1000, { secondsDecimalDigits: seconds < 10 ? 1 : 0 });

/** `12.3 %`; what is not nothing is never shown as 0, and what is not all never as 100. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '–';
  const share = (part / whole) * 100;
  if (part > 0 && share < 0.1) return '< 0.1 %';
  if (part < whole && share > 99.9) return '> 99.9 %';
  return `${share.toFixed(1).replace(/\.0$/, '')} %`;
}

/** `2026-11-29 16:30:05`, of an ISO time or milliseconds since 1970, in UTC. */
export function moment(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().slice(0, 19).replace('T', ' ');
}

/** One thing, several things: `1 shard`, `2 shards`. */
export const many = (value: number, one: string, more = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : more}`;

/** At most so many characters, the middle left out: names differ at both ends. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  const begin = Math.ceil((most - 1) / 2);
  return `${letters.slice(0, begin).join('')}…${letters.slice(letters.length - (most - 1 - begin)).join('')}`;
}
