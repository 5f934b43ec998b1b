import { expect, test } from 'vitest';
import type { LiveTable } from '../../../src/clickhouse/live-table.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import type { ShardEntry } from '../../../src/manifest/entries.js';
import { unknownCounts, unknownText } from '../../../src/pipeline/load-unknowns.js';

function live(nullable: readonly string[]): LiveTable {
  const columns = imagesAnalytical.columns
    .filter(({ place }) => place === 'target' || place === 'version')
    .map(({ name, type }) => ({
      name,
      type: nullable.includes(name) ? `Nullable(${type})` : type,
      defaultKind: '',
    }));
  return { database: 'd', table: 't', uuid: '', engine: '', partitionKey: '', sortingKey: '', zone: 'UTC', columns };
}

const shard = (nulls: Readonly<Record<string, number>>): ShardEntry =>
  ({ columns: Object.entries(nulls).map(([name, count]) => ({ name, nulls: count })) }) as unknown as ShardEntry;

test('NULLs are counted over the loaded shards where the live column cannot be NULL (fault 7)', () => {
  const shards = [shard({ gender_id: 2, age: 1, hsv_cluster: 5, mongo_left_hand: 9 }), shard({ gender_id: 1, age: 0 })];
  expect(unknownCounts(imagesAnalytical, live(['hsv_cluster']), shards)).toEqual([
    { column: 'gender_id', values: 3 },
    { column: 'age', values: 1 },
  ]);
});

test('said in one line, the most frequent first; nothing where there is nothing to say', () => {
  const counts = ['a', 'b', 'c'].map((column, index) => ({ column, values: 12_000 - index }));
  expect(unknownText(counts)).toBe('unknown-values put in for NULL: 35,997 in 3 columns (a 12,000, b 11,999, …)');
  expect(unknownText([])).toBeUndefined();
});
