/** Mixes 32 bits so that neighbouring inputs give unrelated outputs (splitmix32's finaliser; integers only). */
function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

/** A deterministic source of numbers for one image and one purpose: no draw depends on another image. */
export class Random {
  #state: number;

  constructor(seed: number, stream: number, index: number) {
    this.#state = mix(mix(mix(seed + 0x51ed270b) ^ stream) + index);
  }

  /** The next whole number of 0 to 2^32 - 1. */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    return mix(this.#state) >>> 0;
  }

  /** A whole number of 0 to bound - 1; exact for bounds up to 2^21. */
  below(bound: number): number {
    return Math.floor((this.next() * bound) / 2 ** 32);
  }

  /** True in `percent` of 100 draws. */
  chance(percent: number): boolean {
    return this.below(1000) < percent * 10;
  }

  /** One of the list. */
  pick<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('pick from an empty list');
    return item;
  }

  /** A number of 0 up to 1 that a FLOAT column holds exactly. */
  float(): number {
    return Math.fround(this.next() / 2 ** 32);
  }

  /** A three-valued boolean: 1, 0 or NULL with the given percentages of 1 and NULL. */
  flag(percentTrue: number, percentNull: number): 0 | 1 | null {
    const draw = this.below(100);
    if (draw < percentNull) return null;
    return draw < percentNull + percentTrue ? 1 : 0;
  }
}

/** Streams keep the tables independent: adding a column to one leaves the others as they were. */
export const streams = {
  images: 1,
  text: 2,
  encodings: 3,
  detections: 4,
  keywords: 5,
  ethnicity: 6,
  topics: 7,
  facts: 8,
  documents: 9,
  clusters: 100,
} as const;
