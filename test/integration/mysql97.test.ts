import { join } from 'node:path';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { badValues } from '../../stages/demo/sample/bad-values.js';
import { fillMysql } from '../../stages/demo/sample/fill-mysql.js';
import { resolveSample } from '../../stages/demo/sample/sample.js';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, compareWithOracle, dataFolder, fillSources, type Migration, migrate } from '../support/migration.js';
import { describeMysql97 } from '../support/real-mysql.js';

const images = 5000;
const sample = { images, faceClusters: true, badValues: true, oldEncodings: true, zeroDates: true };
const password = `p@s#s:w/o%r$ "'`;

describeMysql97('the whole path', (url) => {
  let admin: Connection;
  let source: Migration;

  beforeAll(async () => {
    admin = await mysql.createConnection({ uri: url, multipleStatements: true });
    source = await fillSources('whole97', sample, true, url);
  });
  afterAll(() => admin.end());

  it('every column of every image is right, read over TLS by a user who may only SELECT', async () => {
    await admin.query(
      `DROP USER IF EXISTS whole_reader; CREATE USER whole_reader IDENTIFIED WITH caching_sha2_password BY ? REQUIRE SSL;
       GRANT SELECT ON whole97.* TO whole_reader`,
      [password],
    );
    const [[files]] = await admin.query<RowDataPacket[]>('SELECT @@datadir AS folder, @@ssl_ca AS authority');
    const login = { MYSQL_USER: 'whole_reader', MYSQL_PASSWORD: password };
    const env = { ...source.env, ...login, ...boxEnv('26.7', 'whole97'), DATA_DIR: dataFolder('whole97') };
    const open = await runCli('export', env);
    expect([open.exit, open.stderr]).toEqual([12, expect.stringMatching(/MYSQL_CA[\s\S]*code: SOURCE_REFUSED/)]);

    const encrypted = { ...env, MYSQL_CA: join(files?.folder, files?.authority) };
    expect(await mustRun('check', encrypted)).toMatch(/MySQL 9\./);
    await migrate(encrypted);
    const rejected = new Set(badValues(resolveSample(sample)).map(({ imageId }) => imageId)).size;
    expect(await compareWithOracle(source, '26.7', 'whole97')).toMatchObject({
      ...{ differences: [], differenceCount: 0 },
      ...{ expectedRows: images - rejected, expectedRejects: rejected, actualRows: images - rejected },
    });
    const verified = await runCli('verify', encrypted);
    expect([verified.exit, verified.stdout]).toEqual([3, expect.stringContaining(`${rejected} ROWS REJECTED`)]);
  });

  it('the sample is the same whether the server takes local files or not', async () => {
    const sums = async (database: string) => {
      const [tables] = await admin.query<RowDataPacket[][]>({ sql: `SHOW TABLES FROM ${database}`, rowsAsArray: true });
      const names = tables.map(([name]) => `${database}.${name}`).join(', ');
      const [rows] = await admin.query<RowDataPacket[]>(`CHECKSUM TABLE ${names}`);
      return rows.map(({ Table, Checksum }) => [String(Table).replace(database, ''), Checksum]);
    };
    await admin.query('SET GLOBAL local_infile = OFF');
    try {
      await fillMysql({ url, database: 'inserted97', sample, overwrite: true });
    } finally {
      await admin.query('SET GLOBAL local_infile = ON');
    }
    const inserted = await sums('inserted97');
    expect(inserted.length).toBeGreaterThan(20);
    expect(inserted).toEqual(await sums('whole97'));
  });
});
