import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Dataset } from '../../src/dataset/declaration.js';
import { table } from '../../src/dataset/declare.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { resolveSources } from '../../src/pipeline/resolve-sources.js';
import { openMysql } from '../../src/sources/mysql.js';
import type { KeySpread, SourceServer } from '../../src/sources/source.js';
import { serverConfig } from '../../stages/config.js';
import { atDatabase } from '../support/read-source.js';
import { describeMysql } from '../support/real-mysql.js';

const database = 'contract_spread';
/** Less than each of the tables: as if the server could keep no more in memory. */
const cacheBytes = 100_000;

describeMysql('a table whose primary key is not the key', (url) => {
  let admin: Connection;
  const servers: SourceServer[] = [];
  const open = (bytes?: number): SourceServer => {
    const config = serverConfig({ MYSQL_URL: atDatabase(url, database) }, 'MYSQL');
    const limits = bytes === undefined ? {} : { cacheBytes: bytes };
    const server = openMysql(config as NonNullable<typeof config>, limits);
    servers.push(server);
    return server;
  };
  const source = (name: string) => table(name, 'image_id', {}, { reduce: { rows: 'one' } });
  const spreadOf = async (name: string, server = open(cacheBytes)): Promise<KeySpread | undefined> => {
    const found = await server.find(source(name));
    return server.spread(source(name), found as NonNullable<typeof found>);
  };
  const accessOf = async (name: string, server: SourceServer, rest: object = {}): Promise<string | undefined> => {
    const dataset: Dataset = { ...imagesAnalytical, sources: [{ ...source(name), ...rest }] };
    const { sources } = await resolveSources(dataset, { mysql: server, mongo: undefined });
    return sources[0]?.access;
  };

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    await admin.query(`DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database}; USE ${database}`);
    const fill = async (name: string, columns: string, key: (row: number) => number): Promise<void> => {
      await admin.query(`CREATE TABLE ${name} (${columns}, image_id INT, wide VARCHAR(500))`);
      const values = Array.from({ length: 4000 }, (_, row) => `(${row + 1}, ${key(row)}, REPEAT('x', 400))`);
      await admin.query(`INSERT INTO ${name} VALUES ${values.join(', ')}; ALTER TABLE ${name} ADD UNIQUE (image_id);
        ANALYZE TABLE ${name}`);
    };
    await fill('Shuffled', 'id INT PRIMARY KEY', (row) => 1 + ((row * 1787) % 4000));
    await fill('Ordered', 'id INT PRIMARY KEY', (row) => 2 * row + 1);
    await fill('NoPrimary', 'id INT', (row) => 1 + ((row * 1787) % 4000));
    await admin.query('CREATE TABLE Own (image_id INT PRIMARY KEY); INSERT INTO Own VALUES (1), (2)');
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await admin?.query(`DROP DATABASE IF EXISTS ${database}`);
    await admin?.end();
  });

  it('is known by where the rows of neighbouring keys lie', async () => {
    const shuffled = await spreadOf('Shuffled');
    expect(shuffled).toMatchObject({ cacheBytes });
    expect(shuffled?.spreadBytes).toBeGreaterThan(1_500_000);
    const ordered = await spreadOf('Ordered');
    expect(ordered?.tableBytes).toBeGreaterThan(1_500_000);
    expect(ordered?.spreadBytes).toBeLessThan((ordered?.tableBytes ?? 0) * 0.1);
    expect(await spreadOf('Own')).toBeUndefined();
  });

  it('says nothing where the rows have no number of their own', async () => {
    expect(await spreadOf('NoPrimary')).toBeUndefined();
  });

  it('is read in one pass where it is shuffled and larger than memory; small tables are read by range', async () => {
    const small = open(cacheBytes);
    expect(await accessOf('Shuffled', small)).toBe('one-pass');
    // Neighbours lie within a tenth of it, which is more than this server is said to keep.
    expect(await accessOf('Ordered', open(1_000_000))).toBe('range');
    expect(await accessOf('Own', small)).toBe('range');
    expect(await accessOf('Shuffled', open())).toBe('range');
    expect(await accessOf('Shuffled', small, { access: 'range' })).toBe('range');
    expect(await accessOf('Ordered', open(), { access: 'one-pass' })).toBe('one-pass');
  });

  it('is read as the plan says once there is one, while its index is there', async () => {
    const server = open(cacheBytes);
    const dataset: Dataset = { ...imagesAnalytical, sources: [source('Shuffled')] };
    const of = async (known: Parameters<typeof resolveSources>[2], from = server) =>
      (await resolveSources(dataset, { mysql: from, mongo: undefined }, known)).sources;
    const planned = await of([]);
    expect(planned[0]?.access).toBe('one-pass');
    const byRange = planned.map((one) => ({ ...one, access: 'range' as const }));
    expect((await of(byRange))[0]?.access).toBe('range');
    expect((await of(planned, open()))[0]?.access).toBe('one-pass');
    expect(
      (
        await of(
          planned.map((one) => ({ ...one, hash: 'other' })),
          open(),
        )
      )[0]?.access,
    ).toBe('range');
  });
});
