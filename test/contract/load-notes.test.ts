import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { JoinedDataset } from '../../src/dataset/declaration.js';
import { column } from '../../src/dataset/declare.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { layoutOf } from '../../src/manifest/layout.js';
import { writeShardNotes } from '../../src/pipeline/shard-notes.js';
import { openEngine } from '../../src/sql/engine.js';
import { clickHouseQuery } from '../support/clickhouse-server.js';
import { dataFolder } from '../support/migration.js';

const dataset: JoinedDataset = {
  ...imagesAnalytical,
  columns: [
    column('image_id', 'UInt32', ''),
    column("it's", 'LowCardinality(String)', ''),
    column('words', 'Array(String)', ''),
    column('upload_date', "DateTime('UTC')", ''),
    column('updated_at', "DateTime('UTC')", '', { place: 'version' }),
  ].map((one) => one.column),
  carried: { image_id: 'UINTEGER', "it's": 'VARCHAR', words: 'VARCHAR[]', upload_date: 'DATE' },
  table: { ...imagesAnalytical.table, name: 'load_notes', orderBy: ['image_id'] },
};
const folder = dataFolder('contract-load-notes');
const shard = join(folder, 'shard.parquet');
let notes = '';

beforeAll(async () => {
  const layout = layoutOf(folder, dataset.name, 10);
  mkdirSync(layout.shards, { recursive: true });
  await writeShardNotes(layout, dataset);
  notes = readFileSync(join(layout.shards, 'LOAD.md'), 'utf8');
  const engine = await openEngine({ memoryMb: 512, threads: 2, spillDir: join(folder, 'spill') });
  await engine.run(`COPY (SELECT 7::UINTEGER AS image_id, NULL::VARCHAR AS "it's", ['a'] AS words, DATE '2024-02-29' AS upload_date)
    TO '${shard}' (FORMAT parquet)`);
  engine.close();
});

/** The blocks of code of that language, in their order. */
const blocks = (language: string): string[] =>
  [...notes.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code);

describe.each(['26.7', '25.8'] as const)('LOAD.md on ClickHouse %s', (version) => {
  it('makes the table and loads a shard, with settings that the client knows', async () => {
    const server = inject('servers').clickhouse[version];
    const [create = '', insert = ''] = blocks('sql');
    const settings = [...(blocks('sh')[0] ?? '').matchAll(/ --(\w+)=([^\s]*)/g)].filter(
      ([, name]) => name !== 'query' && name !== 'param_version',
    );
    expect(settings.length).toBeGreaterThan(10);
    const names = settings.map(([, name]) => `'${name}'`).join(', ');
    const known = await clickHouseQuery(server, `SELECT count() FROM system.settings WHERE name IN (${names})`);
    expect(Number(known)).toBe(settings.length);

    await clickHouseQuery(server, 'DROP TABLE IF EXISTS default.load_notes SYNC');
    await clickHouseQuery(server, create);
    const address = new URL(server.url);
    // As the shell's $(cat insert.sql) does, which leaves the last line feed out.
    address.searchParams.set('query', insert.trimEnd());
    address.searchParams.set('param_version', '1700000000');
    for (const [, name = '', value = ''] of settings) address.searchParams.set(name, value);
    const authorization = `Basic ${Buffer.from(`${server.user}:${server.password}`).toString('base64')}`;
    const response = await fetch(address, { method: 'POST', body: readFileSync(shard), headers: { authorization } });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(await clickHouseQuery(server, 'SELECT *, toUnixTimestamp(updated_at) FROM default.load_notes')).toBe(
      "7\t\t['a']\t2024-02-29 00:00:00\t2023-11-14 22:13:20\t1700000000\n",
    );
  });
});
