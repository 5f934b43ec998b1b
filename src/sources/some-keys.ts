import type { FoundTable } from './source.js';

/** Keys of one statement: few enough for the server to look each of them up. */
const keysAtOnce = 500;

/**
 * Groups of keys, each for one statement: all in one where no index serves them, as each statement is a scan then. One
 * group of no keys in particular where all rows are wanted.
 */
export function* keyGroups(
  { index }: Pick<FoundTable, 'index'>,
  keys: readonly bigint[] | undefined,
): Generator<readonly bigint[] | undefined> {
  if (keys === undefined || index === undefined) yield keys;
  else for (let at = 0; at < keys.length; at += keysAtOnce) yield keys.slice(at, at + keysAtOnce);
}
