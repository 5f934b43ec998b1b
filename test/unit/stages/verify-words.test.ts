import { expect, test } from 'vitest';
import { differencesTable, faultTexts } from '../../../stages/verify-words.js';
import { shardEntry } from '../support.js';

const none = { rows: 0, keys: [] };
const faults = { missing: none, extra: none, double: none };

test('NULL, the text NULL and the empty text look different, and long values are shown where they part', () => {
  const long = 'x'.repeat(200);
  const pairs: [string | null, string | null][] = [
    ['NULL', null],
    ['', null],
    [`${long}a`, `${long}b`],
  ];
  const values = pairs.map(([expected, found], at) => ({ key: String(at), column: 'c', expected, found }));
  const deep = { shard: shardEntry(1, 10), differs: true, faults, columns: [{ column: 'c', rows: 3 }], values };
  const table = differencesTable([deep], 20);
  const shown = table?.rows.map((row) => row.slice(2)) ?? [];
  expect(shown.slice(0, 2)).toEqual([
    ["'NULL'", 'NULL'],
    ["''", 'NULL'],
  ]);
  expect(shown[2]?.map((text) => text?.at(-1))).toEqual(['a', 'b']);
});

test('what is wrong is counted by its kind', () => {
  const said = faultTexts([
    [2, 'of 3 shards DIFFER'],
    [127, 'not joined'],
    [0, 'to be joined again'],
  ]);
  expect(said).toEqual(['2 of 3 shards DIFFER', '127 not joined']);
});
