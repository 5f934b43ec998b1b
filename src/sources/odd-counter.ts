import type { OddCount } from './source.js';

/** Counts things by name, keeping the first key as the example. */
export class OddCounter {
  readonly counts = new Map<string, OddCount>();

  add(name: string, example: string): void {
    const known = this.counts.get(name);
    this.counts.set(name, { count: (known?.count ?? 0) + 1, example: known?.example ?? example });
  }
}
