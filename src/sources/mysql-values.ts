import { dayOf, microsOfDay } from '../core/cells.js';

const byte = (from: Buffer, at: number): number => from[at] as number;
const low16 = (from: Buffer, at: number): number => byte(from, at) | (byte(from, at + 1) << 8);

/** Bytes behind the first one of a length: 252, 253 and 254 say that 2, 3 and 8 follow. */
export const lengthBytes = (first: number): number => (first === 252 ? 2 : first === 253 ? 3 : 8);

/** The length of a text of more than 250 bytes, whose own first byte is `first`; the rest of it begins at `at`. */
export const lengthAt = (from: Buffer, at: number, first: number): number =>
  from.readUIntLE(at, Math.min(6, lengthBytes(first)));

const scratch = new DataView(new ArrayBuffer(4));

/** The FLOAT whose bits an integer has. */
export function floatOf(bits: number): number {
  scratch.setInt32(0, bits);
  return scratch.getFloat32(0);
}

/** Digits that a double holds whatever they are. */
const safeDigits = 15;

/** A decimal as the integer that is its value times 10^scale; undefined where it has more digits than are told that way. */
export function decimalAt(from: Buffer, begin: number, end: number, scale: number): number | undefined {
  let scaled = 0;
  let behind = -1;
  for (let at = begin; at < end; at++) {
    const char = byte(from, at);
    if (char === 0x2e) behind = 0;
    else if (char !== 0x2d) {
      scaled = scaled * 10 + char - 0x30;
      if (behind >= 0) behind++;
    }
  }
  if (behind > scale || end - begin > safeDigits) return undefined;
  for (let missing = scale - Math.max(0, behind); missing > 0; missing--) scaled *= 10;
  return byte(from, begin) === 0x2d && scaled > 0 ? -scaled : scaled;
}

/**
 * A day: a length, then the year in two bytes, month and day. Undefined for a zero date, which has nothing behind its
 * length, and for a partial one.
 */
export function dayAt(from: Buffer, at: number): number | undefined {
  return byte(from, at) < 4 ? undefined : dayOf(low16(from, at + 1), byte(from, at + 3), byte(from, at + 4));
}

/** A day with its time, in microseconds since 1970; undefined for a zero or partial date. */
export function momentAt(from: Buffer, at: number): bigint | undefined {
  const day = dayAt(from, at);
  if (day === undefined) return undefined;
  const length = byte(from, at);
  const seconds = length > 4 ? byte(from, at + 5) * 3600 + byte(from, at + 6) * 60 + byte(from, at + 7) : 0;
  return microsOfDay(day, seconds, length > 7 ? from.readUInt32LE(at + 8) : 0);
}
