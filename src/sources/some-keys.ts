/** Keys of one statement: few enough for the server to look each of them up. */
const keysAtOnce = 500;

/** Groups of keys, each for one statement; one group of no keys in particular where all rows are wanted. */
export function* keyGroups(keys: readonly bigint[] | undefined): Generator<readonly bigint[] | undefined> {
  if (keys === undefined) yield undefined;
  else for (let at = 0; at < keys.length; at += keysAtOnce) yield keys.slice(at, at + keysAtOnce);
}
