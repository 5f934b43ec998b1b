import { it } from 'vitest';

const isSlowSuite = process.env.TRANSLOAD_SUITE === 'all';

/** Cases of every run, and more of them for `make test-all`: the default suite stays under a quarter of an hour. */
export function casesOf<T>(always: readonly T[], slow: readonly T[]): T[] {
  return isSlowSuite ? [...always, ...slow] : [...always];
}

/** A test of `make test-all` alone: in the default suite it is not there at all, so nothing is counted as skipped. */
export function slowIt(name: string, test: () => Promise<void>): void {
  if (isSlowSuite) it(name, test);
}
