import { expect, test } from 'vitest';
import type { ClickHouse, Settings } from '../../../src/clickhouse/client.js';
import type { LiveTable } from '../../../src/clickhouse/live-table.js';
import { rowsByKey } from '../../../src/clickhouse/rows-by-key.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';

/** The statements that a table of this engine is asked for so many keys with. */
async function askedOf(engine: string, keys: number): Promise<[sql: string, settings: Settings][]> {
  const asked: [string, Settings][] = [];
  const rows = async (sql: string, settings: Settings) => {
    asked.push([sql, settings]);
    return [];
  };
  const live: LiveTable = {
    ...{ database: 'd', table: 't', uuid: 'u', engine, partitionKey: '', sortingKey: 'image_id', zone: 'UTC' },
    columns: [{ name: 'image_id', type: 'UInt32', defaultKind: '' }],
  };
  const all = Array.from({ length: keys }, (_, at) => BigInt(at));
  await rowsByKey({ rows } as unknown as ClickHouse, live, imagesAnalytical, all);
  return asked;
}

test('the target is asked for a limited number of keys at a time, whatever the profile says', async () => {
  const asked = await askedOf('ReplicatedReplacingMergeTree', 4001);
  const keysOf = (sql: string): number => (/ IN \((.*)\)$/.exec(sql)?.[1] ?? '').split(', ').length;
  expect(asked.map(([sql]) => keysOf(sql))).toEqual([2000, 2000, 1]);
  expect(asked[0]?.[1]).toMatchObject({ prefer_column_name_to_alias: 0, select_sequential_consistency: 1 });
});

test('every engine whose readers may see fewer rows than are stored is read with FINAL', async () => {
  const isFinal = async (engine: string) => (await askedOf(engine, 1))[0]?.[0].includes('`t` FINAL ');
  expect(await isFinal('ReplacingMergeTree')).toBe(true);
  expect(await isFinal('GraphiteMergeTree')).toBe(true);
  expect(await isFinal('MergeTree')).toBe(false);
});
