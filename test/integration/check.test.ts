import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { createTableSql } from '../../src/clickhouse/ddl.js';
import { openHttp } from '../../src/clickhouse/http.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { checkServer } from '../../src/pipeline/check-sources.js';
import { checkTarget } from '../../src/pipeline/check-target.js';
import type { Finding } from '../../src/pipeline/finding.js';
import { targetConfig } from '../../stages/config.js';
import { bytes, count } from '../../stages/sentences.js';
import { runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, onServer } from '../support/migration.js';
import { openSource } from '../support/read-source.js';
import { cacheDir } from '../support/servers.js';

const database = 'check_all';
const table = 'images_analytical';
const figures = { bytes, count };
let env: Env & { DATA_DIR: string };
let admin: Connection;

type Said = Pick<Finding, 'what' | 'level' | 'found' | 'hint'>;

beforeAll(async () => {
  const source = await fillSources(database, { images: 300, months: 12 });
  env = { ...source.env, ...boxEnv('25.8', database), DATA_DIR: dataFolder(database) };
  admin = await mysql.createConnection({ uri: env.MYSQL_URL ?? '', multipleStatements: true });
});
afterAll(() => admin.end());

const makeTable = async (change = (ddl: string) => ddl): Promise<void> => {
  await onServer('25.8', `DROP DATABASE IF EXISTS ${database} SYNC`);
  await onServer('25.8', `CREATE DATABASE ${database}`);
  await onServer('25.8', change(createTableSql(imagesAnalytical, database, table)));
};
/** Rows of a statement on the source, as arrays. */
const onSource = async (sql: string): Promise<unknown[][]> => {
  const [rows] = await admin.query({ sql, rowsAsArray: true });
  return rows as unknown[][];
};

/** Runs the command for a program: its exit code and findings. */
async function check(more: Env = {}): Promise<{ exit: number | null; findings: Said[] }> {
  const { exit, stdout } = await runCli('check', { ...env, ...more, JSON: '1' });
  const lines = stdout.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line));
  return { exit, findings: events.filter(({ event }) => event === 'finding') };
}
/** Looks at the MySQL server alone, in this process. */
async function checkMysql(user: Env = {}): Promise<readonly Said[]> {
  const server = openSource({ MYSQL_URL: env.MYSQL_URL ?? '', ...user });
  onTestFinished(() => server.close());
  return (await checkServer(imagesAnalytical, { mysql: server, mongo: undefined }, 'mysql', figures)).findings;
}
/** Looks at the target alone, in this process. */
async function checkBox(user: Env = {}): Promise<readonly Finding[]> {
  const client = openHttp(targetConfig({ ...env, ...user }, 'box'));
  onTestFinished(() => client.close());
  const question = { table, create: 'make load', prefix: 'BOX', insertRows: 1_000_000, rows: 300, shardRowBytes: 100 };
  return (await checkTarget(imagesAnalytical, async () => client, question, figures)).findings;
}
const of = (findings: readonly Said[], what: string): Said[] => findings.filter((one) => one.what === what);
const levels = (findings: readonly Said[], level: string): string[] =>
  findings.filter((one) => one.level === level).map(({ what }) => what);

describe('check', () => {
  it('finds everything in order, and changes nothing on disk or at a server', async () => {
    await makeTable();
    const schema = async (): Promise<unknown[]> => [
      await onSource(
        "SELECT table_name, create_time, update_time FROM information_schema.tables WHERE table_type = 'BASE TABLE'",
      ),
      await onServer('25.8', "SELECT groupArray((database, name, uuid)) FROM system.tables WHERE database != 'system'"),
    ];
    const before = await schema();
    const { exit, findings } = await check();
    expect(exit).toBe(0);
    expect(levels(findings, 'stop')).toEqual([]);
    // Two things are as they are at the real source: a table without an index, and one that is not there.
    expect(levels(findings, 'warning')).toEqual(['imagestopics', 'imagesclusters']);
    expect(of(findings, 'images')[0]?.found).toMatch(/^about \d+ rows: range by PRIMARY, unique$/);
    expect(of(findings, 'mongo_encodings')[0]?.found).toMatch(/: IXSCAN by /);
    expect(of(findings, 'table')[0]?.found).toMatch(/as declared: ReplacingMergeTree\(updated_at\)/);
    expect(of(findings, 'clocks')[0]?.found).toMatch(/MySQL as here.*ClickHouse as here/);
    expect(of(findings, 'disk')[0]?.found).toMatch(
      /free for .*, about .* to be written \([\d,]+ rows of \d+ tables × \d/,
    );
    expect(existsSync(env.DATA_DIR)).toBe(false);
    expect((await check({ TARGET: 'embedded' })).exit).toBe(0);
    expect(existsSync(env.DATA_DIR)).toBe(false);
    expect(await schema()).toEqual(before);
  });

  it('draws a table and what to do, in 80 columns, and counts at the end; a narrower column stops', async () => {
    await makeTable((ddl) => ddl.replace(/`width` UInt16/, '`width` UInt8'));
    const { exit, stdout } = await runCli('check', env);
    const lines = stdout.trimEnd().split('\n');
    for (const line of lines.slice(1)) if (!/^ {4}\S/.test(line)) expect(line.length).toBeLessThanOrEqual(80);
    expect(lines).toContain('what to do');
    expect(lines).toContain(`    ALTER TABLE \`${database}\`.\`ImagesTopics\` ADD INDEX (\`image_id\`);`);
    expect(stdout).toMatch(/\nwidth +UInt16 +UInt8 +stop: not every value/);
    expect([exit, lines.at(-1)]).toEqual([2, 'check: not ready: 1 stop, 2 warnings']);
  });

  it('a second dataset, of one table and no MongoDB, is checked by its own declaration', async () => {
    const [driving] = imagesAnalytical.sources;
    const columns = imagesAnalytical.columns.filter(({ name }) => ['image_id', 'caption', 'updated_at'].includes(name));
    const small = { ...imagesAnalytical, name: 'captions', sources: [driving], columns, options: [], oddities: [] };
    const path = join(cacheDir, 'test', 'check-captions.json');
    const order = { ...imagesAnalytical.table, name: 'captions', partitionBy: '', orderBy: ['image_id'] };
    writeFileSync(path, JSON.stringify({ ...small, table: order }));
    const { exit, findings } = await check({ DATASET: path });
    expect(exit).toBe(0);
    expect(findings.map(({ what }) => what)).not.toContain('MongoDB');
    expect(of(findings, 'images')).toHaveLength(1);
  });
});

describe('at the source, check finds', () => {
  it('SELECT missing on two tables: the GRANT for each, and after them nothing', async () => {
    await makeTable();
    const account = "check_few@'127.0.0.1'";
    await admin.query(`DROP USER IF EXISTS ${account}; CREATE USER ${account} IDENTIFIED BY 'p#w'`);
    for (const [name] of await onSource('SHOW TABLES')) {
      if (name === 'Detections' || name === 'Site') continue;
      await admin.query(`GRANT SELECT ON ${database}.\`${name}\` TO ${account}`);
    }
    const few = { MYSQL_USER: 'check_few', MYSQL_PASSWORD: 'p#w' };
    const { exit, findings } = await check(few);
    // Nobody tells this user whether an optional table is there.
    expect([exit, levels(findings, 'stop')]).toEqual([12, ['detections', 'site', 'imagesclusters']]);
    const grants = findings.filter(({ level }) => level === 'stop').map(({ hint }) => hint.split('\n')[1]);
    expect(grants[0]).toBe(`GRANT SELECT ON \`${database}\`.\`Detections\` TO 'check_few'@'127.0.0.1';`);
    await admin.query(grants[0] ?? '');
    expect(levels(await checkMysql(few), 'stop')).toEqual(['site', 'imagesclusters']);
    await admin.query(/GRANT SELECT ON \S+\.\* .*;$/.exec(grants[2] ?? '')?.[0] ?? '');
    expect(levels(await checkMysql(few), 'stop')).toEqual([]);
  });

  it('a key without an index, one that is not unique, a latin1 column, and a time limit that sessions lift', async () => {
    const [[version]] = (await onSource('SELECT VERSION()')) as [[string]];
    const limit = version.includes('MariaDB') ? 'max_statement_time' : 'max_execution_time';
    const author = 'ALTER TABLE Images MODIFY author VARCHAR(100) CHARACTER SET';
    onTestFinished(async () => {
      await admin.query(`SET GLOBAL ${limit} = 0; ${author} utf8mb4 NULL; ALTER TABLE Gender ADD PRIMARY KEY (gender_id);
        ALTER TABLE ImagesHSV ADD PRIMARY KEY (image_id)`);
    });
    await admin.query(`ALTER TABLE ImagesHSV DROP PRIMARY KEY; ALTER TABLE Gender DROP PRIMARY KEY, ADD INDEX (gender_id);
      ${author} latin1 NULL; UPDATE Images SET author = X'E9' WHERE image_id = 1; SET GLOBAL ${limit} = 20000`);
    const findings = await checkMysql();
    expect(levels(findings, 'stop')).toEqual([]);
    expect(of(findings, 'imageshsv')).toMatchObject([
      { level: 'warning', found: expect.stringMatching(/no index on image_id/) },
    ]);
    expect(of(findings, 'gender')).toMatchObject([
      { level: 'fine' },
      { level: 'warning', found: expect.stringMatching(/no unique index on gender_id/) },
    ]);
    const [texts] = of(findings, 'MySQL texts').filter(({ level }) => level === 'warning');
    expect(texts?.found).toMatch(/^latin1: Images\.author; converted/);
    expect(await onSource(texts?.hint.split('\n')[1] ?? '')).toContainEqual([1, 'é']);
    expect(of(findings, 'MySQL settings')).toMatchObject([
      { level: 'fine', found: expect.stringContaining(`${limit} 20000 → 0`) },
    ]);
  });

  it('a server that is not there, a database that is not, a protocol that is not MySQL', async () => {
    const { url } = inject('servers').clickhouse['25.8'];
    for (const [mysqlUrl, level, text, hint] of [
      ['mysql://u:p@127.0.0.1:1/x', 'stop', /ECONNREFUSED/, /up and reachable\?/],
      [(env.MYSQL_URL ?? '').replace(/[^/]*$/, 'no_such'), 'stop', /Unknown database/, /MYSQL_URL=/],
      [url.replace('http:', 'mysql:'), 'stop', /./, /up and reachable/],
    ] as const) {
      const [finding, ...more] = await checkMysql({ MYSQL_URL: mysqlUrl, MYSQL_TIMEOUT: '1' });
      expect(more).toEqual([]);
      expect(finding).toMatchObject({ level, found: expect.stringMatching(text), hint: expect.stringMatching(hint) });
    }
    expect(() => openSource({ MYSQL_URL: url })).toThrow(expect.objectContaining({ code: 'URL_SCHEME' }) as Error);
    const { exit, findings } = await check({
      MYSQL_URL: 'mysql://u:p@127.0.0.1:1/x',
      BOX_URL: 'http://127.0.0.1:9000',
    });
    expect([exit, levels(findings, 'stop')]).toEqual([12, ['MySQL', 'ClickHouse']]);
    expect(of(findings, 'ClickHouse')[0]?.hint).toContain('8123');
  });
});

describe('at the target, check finds', () => {
  it('a materialised view and a TTL: warnings with their names', async () => {
    await makeTable((ddl) => ddl.replace(/^SETTINGS/m, 'TTL upload_date + INTERVAL 30 YEAR\nSETTINGS'));
    await onServer(
      '25.8',
      `CREATE MATERIALIZED VIEW ${database}.by_site ENGINE = SummingMergeTree ORDER BY site_name_id
       AS SELECT site_name_id, count() AS n FROM ${database}.${table} GROUP BY site_name_id`,
    );
    const findings = await checkBox();
    expect(levels(findings, 'warning')).toEqual(['views', 'TTL']);
    expect(of(findings, 'views')[0]?.found).toMatch(/^check_all\.by_site: every insert/);
    expect(of(findings, 'TTL')[0]?.found).toMatch(/upload_date \+ /);
    await onServer('25.8', of(findings, 'TTL')[0]?.hint.split('\n')[1]?.replace(/;$/, '') ?? '');
    expect(levels(await checkBox(), 'warning')).toEqual(['views']);
  });

  it('a profile that ends statements, and one that only reads: what an administrator types helps', async () => {
    await makeTable();
    const user = { BOX_USER: 'check_user', BOX_PASSWORD: 'pw' };
    const make = async (settings: string): Promise<void> => {
      await onServer('25.8', `CREATE USER OR REPLACE check_user IDENTIFIED BY 'pw' SETTINGS ${settings}`);
      await onServer('25.8', 'GRANT SELECT, INSERT, ALTER, CREATE TEMPORARY TABLE ON *.* TO check_user');
    };
    await make('max_execution_time = 60, max_memory_usage = 900000000');
    const limited = of(await checkBox(user), 'profile');
    expect(limited.map(({ level, found }) => `${level}: ${found}`)).toEqual([
      expect.stringMatching(/^warning: max_execution_time is 60 s/),
      expect.stringMatching(/^warning: max_memory_usage is 900 MB/),
    ]);
    for (const { hint } of limited) await onServer('25.8', hint.split('\n').at(-1)?.replace(/;$/, '') ?? '');
    expect(of(await checkBox(user), 'profile')).toMatchObject([{ level: 'fine' }]);
    await make('readonly = 2');
    const [two] = (await checkBox(user)).filter(({ level }) => level === 'stop');
    expect(two).toMatchObject({ what: 'profile', error: { exit: 12 } });
    await make('readonly = 1');
    expect(await checkBox(user)).toMatchObject([
      {
        what: 'ClickHouse',
        level: 'stop',
        error: { exit: 12 },
        hint: expect.stringMatching(/MODIFY SETTINGS readonly = 0/),
      },
    ]);
  });

  it('settings that a load may not set', async () => {
    await onServer(
      '25.8',
      "CREATE USER OR REPLACE check_fixed IDENTIFIED BY 'pw' SETTINGS max_partitions_per_insert_block = 100 CONST, async_insert = 1 CONST",
    );
    await onServer('25.8', 'GRANT SELECT, INSERT, ALTER, CREATE TEMPORARY TABLE ON *.* TO check_fixed');
    const user = { BOX_USER: 'check_fixed', BOX_PASSWORD: 'pw' };
    const findings = await checkBox(user);
    expect(of(findings, 'partitions')).toMatchObject([{ level: 'warning', found: expect.stringMatching(/ at 100: /) }]);
    const [profile] = of(findings, 'profile');
    expect(profile).toMatchObject({ level: 'stop', found: expect.stringMatching(/set async_insert = 0$/) });
    await onServer('25.8', profile?.hint.split('\n')[1]?.replace(/;$/, '') ?? '');
    expect(of(await checkBox(user), 'profile')).toMatchObject([{ level: 'fine' }]);
  });

  it('no table: the command that makes it', async () => {
    await onServer('25.8', `DROP DATABASE IF EXISTS ${database} SYNC`);
    expect(of(await checkBox(), 'table')).toMatchObject([{ level: 'warning', hint: 'let it be made by:\nmake load' }]);
  });
});
