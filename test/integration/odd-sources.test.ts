import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Binary, Decimal128, Double, MongoClient } from 'mongodb';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { StatusReport } from '../../src/core/status-report.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { mustRun, runCli } from '../support/cli.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fillSources,
  type Migration,
  migrate,
} from '../support/migration.js';
import { cacheDir } from '../support/servers.js';
import { casesOf } from '../support/suite.js';

const equal = { differences: [], differenceCount: 0 };
const images = 2000;

let source: Migration;
let mysqlServer: Connection;
let mongo: MongoClient;
const envOf = (name: string): Env & { DATA_DIR: string } => ({
  ...source.env,
  ...boxEnv('26.7', name),
  RANGE_ROWS: '1000',
  SHARD_ROWS: '1000',
  DATA_DIR: dataFolder(name),
});

beforeAll(async () => {
  source = await fillSources('odd_sources', { images, faceClusters: true, months: 12 });
  mysqlServer = await mysql.createConnection({ uri: source.env.MYSQL_URL ?? '', multipleStatements: true });
  mongo = await MongoClient.connect(source.env.MONGO_URL ?? '');
});
afterAll(async () => {
  await mysqlServer.end();
  await mongo.close();
});

describe('sources that are not as one would wish', () => {
  it('a collection without an index is read in one pass, keys that are no numbers are counted once', async () => {
    const marks = mongo.db('odd_sources').collection('hand_landmarks');
    await marks.dropIndexes();
    const present = { left_hand: { odd: [1] } };
    const keys = [new Double(7.5), Decimal128.fromString('8'), -5, 'x', null, [3]];
    await marks.insertMany([...keys.map((image_id) => ({ image_id, ...present })), { ...present }]);
    const env = envOf('no_index');
    onTestFinished(async () => {
      await marks.deleteMany({ left_hand: present.left_hand });
      await marks.createIndex({ image_id: 1 });
    });
    await migrate(env);
    expect(await compareWithOracle(source, '26.7', 'no_index')).toMatchObject({ ...equal, actualRows: images });
    expect(await mustRun('verify', env)).toContain('no difference');
    const again = { ...env, AGAIN: '1', SOURCES: 'mongo_hand_landmarks', RANGE: '900-1100' };
    const odd = async (): Promise<unknown> => {
      const last = (await mustRun('status', { ...env, TARGET: '', JSON: '1' })).trimEnd().split('\n').at(-1) ?? '';
      return (JSON.parse(last) as StatusReport).oddities;
    };
    const before = await odd();
    expect(before).toContainEqual(expect.objectContaining({ name: 'key_type:string', source: 'mongo_hand_landmarks' }));
    await mustRun('export', again);
    expect(await odd()).toEqual(before);
    expect(await mustRun('verify', env)).toContain('no difference');
  });

  it('tables in another case are found; two that differ by case only stop', async () => {
    await mysqlServer.query('RENAME TABLE Images TO iMAGES, Site TO SITE, ImagesTopics TO imagestopics');
    await mysqlServer.query('ALTER TABLE iMAGES CHANGE uploadDate UPLOADDATE DATE');
    try {
      const env = envOf('other_case');
      await migrate(env);
      expect(await mustRun('verify', env)).toContain('no difference');
      await mysqlServer.query('CREATE TABLE site (site_name_id INT PRIMARY KEY, site_name VARCHAR(20))');
      const twins = await runCli('export', { ...env, AGAIN: '1' });
      expect([twins.exit, twins.stderr]).toEqual([2, expect.stringContaining('code: TABLE_AMBIGUOUS')]);
      await mysqlServer.query('DROP TABLE site');
    } finally {
      await mysqlServer.query('RENAME TABLE iMAGES TO Images, SITE TO Site, imagestopics TO ImagesTopics');
      await mysqlServer.query('ALTER TABLE Images CHANGE UPLOADDATE uploadDate DATE');
    }
    const back = envOf('back_case');
    await migrate(back);
    expect(await compareWithOracle(source, '26.7', 'back_case')).toMatchObject({ ...equal, actualRows: images });
  });

  it('a mandatory table that is missing stops; an alias finds it; an optional one is said', async () => {
    const env = envOf('missing');
    await mysqlServer.query('RENAME TABLE ImagesHSV TO MetaHSV, ImagesClusters TO Elsewhere');
    try {
      const stopped = await runCli('export', env);
      expect([stopped.exit, stopped.stderr]).toEqual([2, expect.stringMatching(/ImagesHSV[\s\S]*SOURCE_MISSING/)]);
      const checked = await runCli('check', env);
      expect([checked.exit, checked.stdout]).toEqual([2, expect.stringContaining('ImagesHSV')]);
      const sources = imagesAnalytical.sources.map((one) =>
        one.name === 'imageshsv' ? { ...one, aliases: ['META_HSV', 'metahsv'] } : one,
      );
      const path = join(cacheDir, 'test', 'missing.json');
      writeFileSync(path, JSON.stringify({ ...imagesAnalytical, sources }));
      const aliased = { ...env, DATASET: path };
      expect(await mustRun('export', aliased)).toContain('without imagesclusters');
      expect(await mustRun('join', aliased)).toContain('without imagesclusters');
      expect(await mustRun('load', { ...aliased, CREATE: '1' })).toContain('without imagesclusters');
      expect(await mustRun('verify', aliased)).toContain('no difference');
    } finally {
      await mysqlServer.query('RENAME TABLE MetaHSV TO ImagesHSV, Elsewhere TO ImagesClusters');
    }
  });

  it('a column that changed its type after the plan stops the run, which shows both (fault 32)', async () => {
    const env = envOf('changed_schema');
    await mustRun('export', { ...env, RANGE: '1-100' });
    await mysqlServer.query('ALTER TABLE Detections MODIFY class_id SMALLINT NOT NULL');
    try {
      const stopped = await runCli('export', env);
      expect([stopped.exit, stopped.stderr]).toEqual([
        2,
        expect.stringMatching(/class_id was int[^\n]*is smallint[\s\S]*SCHEMA_CHANGED/),
      ]);
    } finally {
      await mysqlServer.query('ALTER TABLE Detections MODIFY class_id INT NOT NULL');
    }
    await mustRun('export', env);
  });

  it('a privilege that is missing on one table is named, by check and by the stage (fault 29)', async () => {
    const root = await mysql.createConnection({ uri: inject('servers').mysqlUrl, multipleStatements: true });
    const [tables] = await mysqlServer.query('SHOW TABLES');
    const names = (tables as Record<string, string>[]).flatMap((row) => Object.values(row));
    await root.query("DROP USER IF EXISTS few@'%'; CREATE USER few@'%' IDENTIFIED BY 'p@s#s:w/o%r$'");
    for (const name of names.filter((one) => one !== 'Detections')) {
      await root.query(`GRANT SELECT ON odd_sources.\`${name}\` TO few@'%'`);
    }
    await root.end();
    const env = { ...envOf('few'), MYSQL_USER: 'few', MYSQL_PASSWORD: 'p@s#s:w/o%r$' };
    const [checked, stopped] = [await runCli('check', env), await runCli('export', env)];
    expect(checked.stdout).toMatch(/GRANT SELECT/);
    expect([stopped.exit, stopped.stderr]).toEqual([12, expect.stringMatching(/GRANT SELECT/)]);
    for (const { stdout, stderr } of [checked, stopped]) expect(stdout + stderr).not.toContain('p@s#s');
  });

  it('every form of a pickled None counts as absent, a longer pickle does not', async () => {
    const none = ['80044e2e', '80024e2e', '80034e2e', '80054e2e', '4e2e', '80044e', '80024e', '80034e', '80054e', '4e'];
    const longer = ['80044e2e00', '00', '80', ''];
    const field = (hex: string): Binary => new Binary(Buffer.from(hex, 'hex'));
    const target = mongo.db('odd_sources').collection('body_world_landmarks');
    await target.deleteMany({});
    const documents = [...none, ...longer].map((hex, index) => ({
      image_id: index + 1,
      body_world_landmarks: field(hex),
    }));
    await target.insertMany(documents);
    const env = { ...envOf('pickles'), SOURCES: 'mongo_body_world_landmarks', TARGET: 'export' };
    await mustRun('export', { ...env, RANGE: '1-100' });
    const sql =
      'SELECT count(*) FILTER (WHERE NOT body_world_landmarks) AS a, count(*) AS b FROM mongo_body_world_landmarks';
    expect(await mustRun('query', { ...env, SQL: sql })).toMatch(/\b10\b[^\n]*\b14\b/);
  });
});

describe('servers that are not there', () => {
  const places = [
    ['export', 'MYSQL_URL', 'mysql://u:hidden-word@127.0.0.1:1/x'],
    ['load', 'BOX_URL', 'http://u:hidden-word@127.0.0.1:1'],
    ['check', 'MYSQL_URL', 'mysql://u:hidden-word@127.0.0.1:1/x'],
    ['check', 'BOX_URL', 'http://u:hidden-word@127.0.0.1:1'],
    ['verify', 'BOX_URL', 'http://u:hidden-word@127.0.0.1:1'],
  ] as const;
  const patient = [['export', 'MONGO_URL', 'mongodb://u:hidden-word@127.0.0.1:1/x']] as const;

  it.each(casesOf<readonly [string, string, string]>(places, patient))(
    '%s with another %s ends with 12 within seconds and shows no password',
    async (command, variable, url) => {
      const { BOX_USER: _user, BOX_PASSWORD: _password, ...box } = boxEnv('26.7', 'no_index');
      const env = { ...source.env, ...box, DATA_DIR: join(cacheDir, 'test', 'no_index'), [variable]: url };
      const result = await runCli(command, env);
      expect(result.exit).toBe(12);
      expect(result.seconds).toBeLessThan(30);
      expect(result.stdout + result.stderr).not.toContain('hidden-word');
    },
  );
});
