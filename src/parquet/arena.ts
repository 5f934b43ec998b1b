/** Every piece begins at a multiple of it, so that it can be seen as numbers. */
const alignment = 8;
const startBytes = 1 << 20;
const bytesMax = 32 << 20;

/**
 * Memory that is used again and again: buffers made anew for every page would keep the garbage collector busy. What was
 * taken is valid until the next `reset`.
 */
export class Arena {
  #buffer = Buffer.allocUnsafeSlow(startBytes);
  #used = 0;

  /** `bytes` of memory, whatever stands in it. */
  take(bytes: number): Buffer {
    const begin = Math.ceil(this.#used / alignment) * alignment;
    this.#used = begin + bytes;
    return this.#used <= this.#buffer.length ? this.#buffer.subarray(begin, this.#used) : Buffer.allocUnsafeSlow(bytes);
  }

  /** Gives everything back; what did not fit makes it larger, up to a bound: one huge page is not prepared for again. */
  reset(): void {
    const wanted = Math.min(this.#used, bytesMax);
    if (wanted > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(wanted);
    this.#used = 0;
  }
}
