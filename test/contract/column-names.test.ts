import { afterAll, expect, it } from 'vitest';
import { readCertificates } from '../../src/clickhouse/certificate.js';
import { certifiedColumns } from '../../src/clickhouse/certified-columns.js';
import { quoteName } from '../../src/clickhouse/client.js';
import { rowName } from '../../src/clickhouse/ddl.js';
import { findLiveTable, type LiveTable } from '../../src/clickhouse/live-table.js';
import { readBackSql } from '../../src/clickhouse/read-back.js';
import { keyRange } from '../../src/core/ranges.js';
import type { JoinedDataset } from '../../src/dataset/declaration.js';
import { column } from '../../src/dataset/declare.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { openServer } from '../support/contract-targets.js';

const client = openServer('26.7', 'column_names');
afterAll(() => client.close());

/** ClickHouse takes `t.null` for a part of a column `t` that can be NULL, also where a table is called `t`. */
it('a column `null` is read by its values beside columns of any other name', async () => {
  const others = ['t', 's', 'shard', 'c0', 'k', 'row'];
  const dataset: JoinedDataset = {
    ...imagesAnalytical,
    columns: [
      column('image_id', 'UInt32', ''),
      ...others.map((name) => column(name, 'UInt8', '')),
      column('null', 'Float32', ''),
      column('updated_at', "DateTime('UTC')", '', { place: 'version' }),
    ].map((declared) => declared.column),
    carried: { image_id: 'UINTEGER', null: 'FLOAT', ...Object.fromEntries(others.map((name) => [name, 'UTINYINT'])) },
  };
  await client.command('CREATE DATABASE IF NOT EXISTS column_names');
  await client.command('DROP TABLE IF EXISTS column_names.names');
  const nullable = others.map((name) => `${quoteName(name)} Nullable(UInt8)`);
  await client.command(
    `CREATE TABLE column_names.names (image_id UInt32, ${nullable.join(', ')}, \`null\` Float32, updated_at DateTime('UTC'))
     ENGINE = ReplacingMergeTree(updated_at) ORDER BY image_id`,
  );
  await client.command(`INSERT INTO column_names.names (image_id, t, \`null\`) VALUES (1, NULL, -3.5), (2, 7, 4.5)`);
  const live = (await findLiveTable(client, 'column_names', 'names')) as LiveTable;
  const { columns } = certifiedColumns(dataset, live);
  const at = columns.findIndex((one) => one.column.name === 'null');
  const ranges = [keyRange(0n, 10n)];
  const unknowns = columns.map(() => undefined);
  const [found] = await readCertificates(client, { live, key: 'image_id', ranges, columns, unknowns, final: false });
  expect(found?.columns[at]).toMatchObject({ least: '-3.5', greatest: '4.5', strays: 0 });
  const back = await client.rows(`${readBackSql(live, 'image_id', ranges, columns, false)} ORDER BY k`);
  const bits = [...new BigUint64Array(new Float64Array([-3.5, 4.5]).buffer)].map(String);
  expect(back.map((row) => row[at + 1])).toEqual(bits);
  expect(dataset.columns.map(({ name }) => quoteName(name))).not.toContain(rowName);
});
