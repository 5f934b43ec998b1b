import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { table } from '../../src/dataset/declare.js';
import { openMysql } from '../../src/sources/mysql.js';
import type { Bounds, SourceServer } from '../../src/sources/source.js';
import { serverConfig } from '../../stages/config.js';
import { atDatabase } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'contract_bounds';
/** Rows above which this server's ranges are estimated: 5 million as it is shipped. */
const walkMax = 10_000;
const rangeRows = 2000;

describeMysql('ranges of a large table', (url) => {
  let server: SourceServer;
  let admin: Connection;
  const large = table('Large', 'id', {}, { reduce: { rows: 'one' }, role: 'driving' });
  const bounds = async (after?: bigint): Promise<Bounds> => {
    const found = await server.find(large);
    return server.bounds(large, found as NonNullable<typeof found>, rangeRows, after);
  };
  const sizesOf = async (planned: Bounds): Promise<number[]> => {
    const [rows] = await admin.query<RowDataPacket[][]>({ sql: 'SELECT id FROM Large ORDER BY id', rowsAsArray: true });
    const ids = rows.map(([id]) => BigInt(Number(id)));
    return planned.bounds.map((from, index) => {
      const to = planned.bounds[index + 1] ?? planned.end;
      return ids.filter((id) => id >= from && id < to).length;
    });
  };

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(`DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database}; USE ${database};
      CREATE TABLE Large (id INT PRIMARY KEY, filler VARCHAR(300))`);
    const insert = async (ids: readonly number[]): Promise<void> => {
      for (let at = 0; at < ids.length; at += 5000) {
        const values = ids.slice(at, at + 5000).map((id) => `(${id}, REPEAT('x', ${100 + (id % 200)}))`);
        await admin.query(`INSERT INTO Large VALUES ${values.join(', ')}`);
      }
    };
    const upTo = (count: number, id: (index: number) => number) => Array.from({ length: count }, (_, i) => id(i));
    // Dense, then a gap, then every seventh id, then runs of 100 ids with holes of 900.
    await insert(upTo(20_000, (i) => i + 1));
    await insert(upTo(10_000, (i) => 5_000_000 + i * 7));
    await insert(upTo(10_000, (i) => 9_000_000 + Math.floor(i / 100) * 1000 + (i % 100)));
    await admin.query('ANALYZE TABLE Large');
    const config = serverConfig({ MYSQL_URL: atDatabase(url, database) }, 'MYSQL');
    server = openMysql(config as NonNullable<typeof config>, { walkMax });
  });
  afterAll(async () => {
    await server?.close();
    await admin?.query(`DROP DATABASE IF EXISTS ${database}`);
    await admin?.end();
  });

  it('are of about the rows asked for, contiguous, and end at the greatest id', async () => {
    const planned = await bounds();
    expect(planned).toMatchObject({ isExact: false, end: 9_099_100n });
    expect(planned.bounds[0]).toBe(1n);
    for (const [index, from] of planned.bounds.entries()) expect(from > (planned.bounds[index - 1] ?? 0n)).toBe(true);
    const sizes = await sizesOf(planned);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40_000);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(rangeRows * 1.5);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThanOrEqual(rangeRows * 0.6);
    expect(Math.abs(planned.rows - 40_000)).toBeLessThan(8000);
  });

  it('of what was added since are counted, where it is little', async () => {
    const planned = await bounds(9_090_000n);
    expect(planned).toEqual({ bounds: [9_090_000n], end: 9_099_100n, rows: 1000, isExact: true });
  });
});
