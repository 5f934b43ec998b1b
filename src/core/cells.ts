/** A value as the drivers give it. Text and bytes come as bytes, decimals and dates as text, big integers as text. */
export type Cell = number | bigint | string | boolean | Uint8Array | null;

/** `-12.345` at scale 3 is -12345n. A text with more digits than the scale holds is an error, not a rounding. */
export function scaledInteger(text: string, scale: number): bigint {
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(text);
  const fraction = match?.[3] ?? '';
  if (!match || text === '' || fraction.length > scale) throw new Error(`"${text}" is no decimal of scale ${scale}`);
  const digits = BigInt(`${match[2]}${fraction.padEnd(scale, '0')}` || '0');
  return match[1] === '-' ? -digits : digits;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970-01-01 of a day of the Gregorian calendar; undefined where there is no such day. */
export function dayOf(year: number, month: number, day: number): number | undefined {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = month === 2 && isLeap ? 29 : (monthDays[month - 1] ?? 0);
  if (day < 1 || day > last) return undefined;
  // Years begin in March here, so that a leap day is the last one of its year.
  const from = month > 2 ? year : year - 1;
  const century = Math.floor(from / 100);
  const days = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return 365 * from + Math.floor(from / 4) - century + Math.floor(century / 4) + days - 719_468;
}

/** Microseconds since 1970-01-01 00:00:00 of so many seconds and microseconds of a day. */
export function microsOfDay(day: number, seconds: number, micros: number): bigint {
  return BigInt(day * 86_400 + seconds) * 1_000_000n + BigInt(micros);
}

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for a zero or partial date ('0000-00-00', '2020-00-15'). */
export function daysOf(text: string): number | undefined {
  // '2020-02-31' (ALLOW_INVALID_DATES) is no day either.
  return dayOf(Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10)));
}

/** Microseconds since 1970-01-01 00:00:00 of `YYYY-MM-DD hh:mm:ss[.ffffff]`; undefined for a zero or partial date. */
export function microsOf(text: string): bigint | undefined {
  const days = daysOf(text);
  if (days === undefined) return undefined;
  const [hours, minutes, seconds] = [
    Number(text.slice(11, 13)),
    Number(text.slice(14, 16)),
    Number(text.slice(17, 19)),
  ];
  const micros = Number(text.slice(20).padEnd(6, '0'));
  return microsOfDay(days, hours * 3600 + minutes * 60 + seconds, micros);
}
