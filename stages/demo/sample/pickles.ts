import type { Random } from './random.js';

/** A pickled None as the several protocols write it, with and without the final stop. */
export const noneForms: readonly Uint8Array[] = [[], [0x80, 2], [0x80, 3], [0x80, 4], [0x80, 5]].flatMap((head) => [
  Uint8Array.from([...head, 0x4e, 0x2e]),
  Uint8Array.from([...head, 0x4e]),
]);

/** Pickles that look like a None and are longer: they count as present. */
const nearlyNone: readonly Uint8Array[] = [
  Uint8Array.from([0x80, 4, 0x4e, 0x2e, 0x2e]),
  Uint8Array.from([0x80, 4, 0x4e, 0x4e, 0x86, 0x2e]),
  Uint8Array.from([0x80, 4, 0x4b, 0x2e]),
  Uint8Array.from([0x80, 4, 0x88, 0x2e]),
  Uint8Array.from([0x5d, 0x2e]),
];

/** A made-up pickle of bytes; kept short (the real ones are kilobytes), but for one in fifty. */
export function pickle(random: Random): Uint8Array {
  if (random.chance(3)) return random.pick(nearlyNone);
  const length = random.chance(2) ? 3000 + random.below(2000) : 16 + random.below(48);
  const bytes = new Uint8Array(length + 8);
  bytes.set([0x80, 4, 0x42, length & 0xff, length >> 8, 0, 0]);
  for (let at = 7; at < length + 7; at += 1) bytes[at] = random.below(256);
  bytes[length + 7] = 0x2e;
  return bytes;
}
