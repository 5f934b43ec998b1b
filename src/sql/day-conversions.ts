import type { Conversion } from './conversions.js';
import type { ValueType } from './value-types.js';

/** First and last day of the ClickHouse types that hold one. */
const dayBounds = {
  date: ['1970-01-01', '2149-06-06'],
  date32: ['1900-01-01', '2299-12-31'],
  datetime: ['1970-01-01', '2106-02-07'],
  datetime64: ['1900-01-01', '2299-12-31'],
} as const;

/** The last day of DateTime64 with so many digits: nine leave 64 bits for less than 600 years. */
const lastDay = (digits: number): string => (digits > 8 ? '2262-04-11' : dayBounds.datetime64[1]);

/**
 * A day, also where the column could hold a time (`digits` of DateTime64): a moment becomes one only where it is
 * midnight.
 */
export function dayConversion(value: ValueType, base: keyof typeof dayBounds, digits = 0): Conversion | undefined {
  if (value.family !== 'date' && value.family !== 'datetime') return undefined;
  const [first, last] = dayBounds[base];
  const [least, greatest] = [`DATE '${first}'`, `DATE '${base === 'datetime64' ? lastDay(digits) : last}'`];
  const moment = value.family === 'datetime';
  return {
    shard: 'DATE',
    cast: (v) => `CAST(${v} AS DATE)`,
    ...{ least, greatest },
    below: (v) => `${v} < ${least}`,
    above: (v) => (moment ? `${v} >= ${greatest} + INTERVAL 1 DAY` : `${v} > ${greatest}`),
    ...(moment ? { inexact: (v: string) => `${v} <> date_trunc('day', ${v})` } : {}),
  };
}

/** Digits behind the second that the engine and the files hold. */
const microDigits = 6;

/** What the target's types hold: DateTime is 32 bits of seconds. */
function momentBounds(digits: number | undefined): [string, string] {
  if (digits === undefined) return ['1970-01-01 00:00:00', '2106-02-07 06:28:15'];
  if (digits > 8) return ['1900-01-01 00:00:00', '2262-04-11 23:47:16.854775'];
  const fraction = '9'.repeat(Math.min(digits, microDigits));
  return ['1900-01-01 00:00:00', `2299-12-31 23:59:59${fraction === '' ? '' : `.${fraction}`}`];
}

/** A moment: a wall clock (which the caller has made sure is read in UTC) or an instant; `digits` of DateTime64. */
export function momentConversion(value: ValueType, digits: number | undefined): Conversion | undefined {
  if (value.family !== 'datetime' && value.family !== 'timestamp') return undefined;
  const isWallClock = value.family === 'datetime';
  const [least, greatest] = momentBounds(digits).map((text) =>
    isWallClock ? `TIMESTAMP '${text}'` : `TIMESTAMPTZ '${text}+00'`,
  ) as [string, string];
  const unit = 10 ** Math.max(0, microDigits - (digits ?? 0));
  return {
    shard: isWallClock ? 'TIMESTAMP' : 'TIMESTAMP WITH TIME ZONE',
    cast: (v) => v,
    ...{ least, greatest },
    below: (v) => `${v} < ${least}`,
    above: (v) => `${v} > ${greatest}`,
    ...(unit > 1 ? { inexact: (v: string) => `epoch_us(${v}) % ${unit} <> 0` } : {}),
  };
}
