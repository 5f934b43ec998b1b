/** How a server's clock stands to this machine's. */
export interface ClockDifference {
  /** Milliseconds that the server's clock is ahead; negative where it is behind. */
  readonly aheadMs: number;
  /** The true difference is at most so far from it: half of the time that the question took. */
  readonly uncertainMs: number;
}

/**
 * Compares a server's clock with this machine's. `ask` gives the server's time in milliseconds since 1970, UTC; it is taken
 * to have looked in the middle of the time that the question took.
 */
export async function clockDifference(ask: () => Promise<number>): Promise<ClockDifference> {
  const begin = Date.now();
  const server = await ask();
  const end = Date.now();
  return { aheadMs: Math.round(server - (begin + end) / 2), uncertainMs: Math.ceil((end - begin) / 2) };
}
