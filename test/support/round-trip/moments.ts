import fc from 'fast-check';
import { hexOf, textWays, type Way } from './column.js';

/** Microseconds since 1970 of `YYYY-MM-DD hh:mm:ss[.ffffff]` in UTC. */
export function microsOf(text: string): bigint {
  const [seconds = '', fraction = ''] = text.split('.');
  return BigInt(Date.parse(`${seconds.replace(' ', 'T')}Z`)) * 1000n + BigInt(fraction.padEnd(6, '0'));
}

/** `YYYY-MM-DD hh:mm:ss` in UTC with so many digits behind the second, of which the first six tell something. */
export function momentText(micros: bigint, digits: number): string {
  const inSecond = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = new Date(Number((micros - inSecond) / 1000n)).toISOString().slice(0, 19).replace('T', ' ');
  return digits === 0 ? text : `${text}.${String(inSecond).padStart(6, '0').padEnd(digits, '0').slice(0, digits)}`;
}

/** A way for moments, with the first and the last that it takes and the least step between two, in microseconds. */
export interface MomentWay {
  readonly way: Way;
  readonly least: string;
  readonly greatest: string;
  readonly unit: bigint;
}

const dayMicros = 86_400_000_000n;
const seconds32 = { least: '1970-01-01 00:00:00', greatest: '2106-02-07 06:28:15' };
const days32 = { least: '1900-01-01 00:00:00', greatest: '2299-12-31 23:59:59.999999' };
const nanos64 = { least: '1900-01-01 00:00:00', greatest: '2262-04-11 23:47:16.854775' };
const spanOf = (digits: number | undefined) => (digits === undefined ? seconds32 : digits === 9 ? nanos64 : days32);
const unitOf = (digits = 0): bigint => 10n ** BigInt(6 - Math.min(digits, 6));

/** Zones and how many minutes each was ahead of UTC when 1970 began. */
const zones = {
  ...{ 'Europe/London': 60, 'Europe/Berlin': 60, 'Asia/Kolkata': 330, 'Asia/Tokyo': 540 },
  ...{ 'America/St_Johns': -210, 'America/New_York': -300, 'America/Los_Angeles': -480, 'Pacific/Apia': -660 },
  ...{ UTC: 0, 'Etc/UTC': 0 },
};
type Zone = keyof typeof zones;
const anyZone = fc.constantFrom(undefined, ...(Object.keys(zones) as Zone[]));
/** Of DateTime, and of DateTime64 with so many digits. */
const anyDigits = fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined, freq: 3 });

function typeOf(zone: Zone | undefined, digits: number | undefined): string {
  const parts = [...(digits === undefined ? [] : [String(digits)]), ...(zone === undefined ? [] : [`'${zone}'`])];
  return `${digits === undefined ? 'DateTime' : 'DateTime64'}${parts.length === 0 ? '' : `(${parts.join(', ')})`}`;
}

/** Date and Date32; of moments those at midnight. */
export const toDay = (base: 'Date' | 'Date32'): MomentWay => ({
  way: {
    type: base,
    found: (value) => `toString(${value})`,
    expected: (text) => text.slice(0, 10),
    unknown: '1970-01-01',
  },
  ...(base === 'Date32' ? days32 : { least: '1970-01-01 00:00:00', greatest: '2149-06-06 00:00:00' }),
  unit: dayMicros,
});

/** A day in a column that could hold a moment: the day that a reader of the column sees. */
export const dayInMoment: fc.Arbitrary<MomentWay> = fc.tuple(anyZone, anyDigits).map(([zone, digits]) => ({
  way: { ...toDay('Date').way, type: typeOf(zone, digits), found: (value) => `toString(toDate32(${value}))` },
  ...spanOf(digits),
  // The last day of DateTime begins in the far west after the last second that it holds.
  ...(digits === undefined ? { greatest: '2106-02-06 00:00:00' } : {}),
  unit: dayMicros,
}));

/** A wall clock, as a column of UTC shows it. */
export const wallClock: fc.Arbitrary<MomentWay> = fc
  .tuple(fc.constantFrom<Zone[]>('UTC', 'Etc/UTC'), anyDigits)
  .map(([zone, digits]) => ({
    way: {
      type: typeOf(zone, digits),
      found: (value) => `toString(${value})`,
      expected: (text) => momentText(microsOf(text), digits ?? 0),
      unknown: momentText(0n, digits ?? 0),
    },
    ...spanOf(digits),
    unit: unitOf(digits),
  }));

/** An instant, from and by its microseconds since 1970. */
export const instant: fc.Arbitrary<MomentWay> = fc.tuple(anyZone, anyDigits).map(([zone, digits]) => {
  const midnight = -60_000_000n * BigInt(zone === undefined ? 0 : zones[zone]);
  return {
    way: {
      type: typeOf(zone, digits),
      found: (value) =>
        digits === undefined
          ? `toString(toUInt64(toUnixTimestamp(${value})) * 1000000)`
          : `toString(toUnixTimestamp64Micro(${value}))`,
      expected: (micros) => micros,
      // Where the day began before 1970 in UTC, a DateTime has its least: there too a reader sees 1970-01-01.
      unknown: String(digits === undefined && midnight < 0n ? 0n : midnight),
      // The unknown-value of a column without a zone depends on the server's own.
      ...(zone === undefined ? { nullableOnly: true } : {}),
    },
    ...spanOf(digits),
    unit: unitOf(digits),
  };
});

/** A text, from the whole range of MySQL. */
export function momentTexts(shown: (text: string) => string, unit = 1n): fc.Arbitrary<MomentWay> {
  return textWays((text) => hexOf(shown(text))).map((way) => ({
    ...{ way, least: '0001-01-01 00:00:00', greatest: '9999-12-31 23:59:59.999999', unit },
  }));
}
