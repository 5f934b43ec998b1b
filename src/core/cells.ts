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

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for a zero or partial date ('0000-00-00', '2020-00-15'). */
export function daysOf(text: string): number | undefined {
  const [year, month, day] = [Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10))];
  if (month === 0 || day === 0) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // '2020-02-31' (ALLOW_INVALID_DATES) would move to March: no such day.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return date.getTime() / 86_400_000;
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
  return BigInt(days * 86_400 + hours * 3600 + minutes * 60 + seconds) * 1_000_000n + BigInt(micros);
}
