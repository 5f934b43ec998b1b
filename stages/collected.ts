import type { Event } from '../src/core/events.js';
import { textOf } from './plain.js';
import { retriesText } from './sentences.js';

interface Retries {
  count: number;
  readonly first: string;
  readonly message: string;
}

/**
 * What a screen that is redrawn in place keeps for the end of a stage: each text once, however often it came, and the
 * retries by their cause.
 */
export class Collected {
  readonly #texts = new Map<string, number>();
  readonly #retries = new Map<string, Retries>();

  add(event: Event): void {
    // It stands in the headline while it holds.
    if (event.event === 'stopping') return;
    if (event.event === 'unit-retry') {
      const { code, message } = event.error;
      const known = this.#retries.get(code);
      if (known) known.count++;
      else this.#retries.set(code, { count: 1, first: event.unit, message });
      return;
    }
    const text = textOf(event);
    if (text !== undefined) this.#texts.set(text, (this.#texts.get(text) ?? 0) + 1);
  }

  /** All that was kept, in order; it is forgotten then. */
  take(): string[] {
    const retries = [...this.#retries.values()].map(({ count, first, message }) => retriesText(first, message, count));
    const texts = [...this.#texts].map(([text, times]) => (times === 1 ? text : `${text} (${times} times)`));
    this.#retries.clear();
    this.#texts.clear();
    return [...retries, ...texts];
  }
}
