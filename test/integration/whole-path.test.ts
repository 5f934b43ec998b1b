import { MongoClient } from 'mongodb';
import mysql from 'mysql2/promise';
import { beforeAll, describe, expect, it } from 'vitest';
import { badValues } from '../../stages/demo/sample/bad-values.js';
import { lastId } from '../../stages/demo/sample/ids.js';
import { resolveSample } from '../../stages/demo/sample/sample.js';
import { mustRun, runCli } from '../support/cli.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  fillSources,
  type Migration,
  migrate,
  onServer,
  type Version,
} from '../support/migration.js';
import { casesOf } from '../support/suite.js';

const equal = { differences: [], differenceCount: 0 };

describe('the whole path against the oracle', () => {
  let source: Migration;
  const sample = { images: 20_000, gap: 50_000_000, faceClusters: true };
  const data = dataFolder('whole');

  beforeAll(async () => {
    source = await fillSources('whole', sample);
  });

  it.each(casesOf<Version>(['26.7'], ['25.8']))(
    'every column of every image is right on ClickHouse %s',
    async (version) => {
      const env = { ...source.env, ...boxEnv(version, 'whole'), DATA_DIR: data };
      await migrate(env);
      const result = await compareWithOracle(source, version, 'whole');
      expect(result).toMatchObject({ ...equal, expectedRows: 20_000, actualRows: 20_000 });
      const [rows, keys, last] = (
        await onServer(version, 'SELECT count(), uniqExact(image_id), max(image_id) FROM whole.images_analytical')
      ).split('\t');
      expect([rows, keys, last]).toEqual(['20000', '20000', String(lastId(resolveSample(sample)))]);
      expect(await mustRun('verify', env)).toContain('no difference');
      const partitions =
        "SELECT max(n) FROM (SELECT count() n FROM system.parts WHERE active AND database = 'whole' GROUP BY partition)";
      expect(Number(await onServer(version, partitions))).toBeLessThanOrEqual(2);
    },
  );

  it('the flags of MongoDB ride in the shards and go where the table has their columns', async () => {
    const env = { ...source.env, ...boxEnv('26.7', 'flags'), DATA_DIR: data };
    await onServer('26.7', 'CREATE DATABASE IF NOT EXISTS flags');
    const ddl = await onServer('26.7', 'SHOW CREATE TABLE whole.images_analytical FORMAT TSVRaw');
    const flags = [
      'has_face_landmarks',
      'has_body_landmarks',
      'has_face_encodings',
      'has_body_world_landmarks',
      'has_body_landmarks_norm',
    ];
    const more = flags.map((name) => `\`${name}\` Bool`).join(', ');
    await onServer(
      '26.7',
      ddl.replace('whole.images_analytical', 'flags.images_analytical').replace('\n)\n', `, ${more}\n)\n`),
    );
    await mustRun('load', env);
    const columns = ['has_left_hand', ...flags];
    expect(await compareWithOracle(source, '26.7', 'flags', { columns })).toMatchObject(equal);
  });

  it('a table whose columns are Nullable gets NULL where nothing is known, not 0', async () => {
    const env = { ...source.env, ...boxEnv('26.7', 'nulls'), DATA_DIR: data };
    await onServer('26.7', 'CREATE DATABASE IF NOT EXISTS nulls');
    const columns = (
      await onServer('26.7', "SELECT name, type FROM system.columns WHERE database = 'whole' FORMAT TSVRaw")
    )
      .split('\n')
      .map((line) => line.split('\t') as [string, string])
      .map(([name, type]) => {
        const keeps = name === 'image_id' || name === 'updated_at' || type.startsWith('Array');
        const nullable = type.startsWith('LowCardinality') ? 'LowCardinality(Nullable(String))' : `Nullable(${type})`;
        return `${name} ${keeps ? type : nullable}`;
      });
    await onServer(
      '26.7',
      `CREATE TABLE nulls.images_analytical (${columns.join(', ')}) ENGINE = ReplacingMergeTree(updated_at) ORDER BY image_id`,
    );
    await mustRun('load', env);
    expect(await compareWithOracle(source, '26.7', 'nulls', { nulls: true })).toMatchObject({
      ...equal,
      actualRows: 20_000,
    });
  });

  it.each(
    casesOf(
      ["DateTime('Asia/Tokyo')"],
      ['Date', 'Date32', "DateTime('America/New_York')", "DateTime64(3, 'Europe/Berlin')"],
    ),
  )('the day of upload_date is right in a column of %s', async (type) => {
    const database = `day_${type.replace(/\W/g, '').toLowerCase()}`;
    const env = { ...source.env, ...boxEnv('26.7', database), DATA_DIR: data };
    await onServer('26.7', `CREATE DATABASE IF NOT EXISTS ${database}`);
    const ddl = await onServer('26.7', 'SHOW CREATE TABLE whole.images_analytical FORMAT TSVRaw');
    const made = ddl.replace('whole.images_analytical', `${database}.images_analytical`);
    await onServer('26.7', made.replace("`upload_date` DateTime('UTC')", `\`upload_date\` ${type}`));
    await mustRun('load', env);
    expect(await compareWithOracle(source, '26.7', database, { columns: ['upload_date'] })).toMatchObject(equal);
  });

  it.each(casesOf(['mongo'] as const, ['mysql'] as const))('HANDS=%s takes one side alone', async (hands) => {
    const env = { ...source.env, ...boxEnv('26.7', `hands_${hands}`), DATA_DIR: data, HANDS: hands };
    await mustRun('join', env);
    await mustRun('load', { ...env, CREATE: '1' });
    expect(await compareWithOracle(source, '26.7', `hands_${hands}`, { hands })).toMatchObject(equal);
  });
});

describe('other sources', () => {
  it('values that do not fit are set aside, all of them and no others, and verify says so', async () => {
    const sample = { images: 5000, badValues: true, oldEncodings: true, zeroDates: true };
    const source = await fillSources('bad', { ...sample, months: 12 });
    const env = { ...source.env, ...boxEnv('26.7', 'bad'), DATA_DIR: dataFolder('bad') };
    await migrate(env);
    const bad = new Set(badValues(resolveSample(sample)).map(({ imageId }) => imageId));
    const result = await compareWithOracle(source, '26.7', 'bad');
    expect(result).toMatchObject({ ...equal, expectedRejects: bad.size, actualRows: 5000 - bad.size });
    const verify = await runCli('verify', env);
    expect(verify.exit).toBe(3);
    expect(verify.stdout).toContain(`${bad.size} ROWS REJECTED`);
    const failing = await runCli('join', { ...env, AGAIN: '1', ON_REJECT: 'fail' });
    expect([failing.exit, failing.stdout]).toEqual([3, expect.stringContaining('code: REJECTS')]);
    const zero = await runCli('export', { ...env, AGAIN: '1', ZERO_DATES: 'fail' });
    expect([zero.exit, zero.stdout]).toEqual([3, expect.stringContaining('code: ZERO_DATE')]);
  });

  it('sources without a row in some range, or in all, are empty and not missing (fault 33)', async () => {
    const source = await fillSources('hollow', { images: 5000, months: 12 });
    const connection = await mysql.createConnection(source.env.MYSQL_URL ?? '');
    for (const table of ['ImagesTopics', 'ImagesHSV', 'Age']) await connection.query(`DELETE FROM ${table}`);
    await connection.query('DELETE FROM Encodings WHERE image_id < 4000');
    await connection.query('DELETE FROM ImagesKeywords WHERE image_id > 4000');
    await connection.end();
    const mongo = await MongoClient.connect(source.env.MONGO_URL ?? '');
    await mongo.db('hollow').collection('hand_landmarks').deleteMany({});
    await mongo.close();
    const env = { ...source.env, ...boxEnv('26.7', 'hollow'), DATA_DIR: dataFolder('hollow') };
    await migrate({ ...env, RANGE_ROWS: '1000', SHARD_ROWS: '2000' });
    expect(await compareWithOracle(source, '26.7', 'hollow')).toMatchObject({ ...equal, actualRows: 5000 });
    expect(await mustRun('export', env)).toContain('nothing to do');
    expect(await mustRun('verify', env)).toContain('no difference');
  });

  it('goes on without MongoDB, and takes it in when it is configured later', async () => {
    const source = await fillSources('later', { images: 3000, months: 12 });
    const { MONGO_URL, ...mysqlOnly } = source.env;
    const data = { DATA_DIR: dataFolder('later'), ...boxEnv('26.7', 'later') };
    const without = { env: mysqlOnly, database: source.database };
    expect(await mustRun('export', { ...mysqlOnly, ...data })).toContain('MONGO_URL is not set');
    expect(await mustRun('join', { ...mysqlOnly, ...data })).toContain('MONGO_URL is not set');
    await mustRun('load', { ...data, CREATE: '1' });
    expect(await compareWithOracle(without, '26.7', 'later')).toMatchObject(equal);
    const exported = await mustRun('export', { ...mysqlOnly, MONGO_URL: MONGO_URL ?? '', ...data });
    expect(exported).toContain('2 units');
    await mustRun('join', data);
    await mustRun('load', data);
    expect(await compareWithOracle(source, '26.7', 'later')).toMatchObject({ ...equal, actualRows: 3000 });
    const gone = await runCli('export', { ...mysqlOnly, ...data });
    expect([gone.exit, gone.stderr]).toEqual([12, expect.stringContaining('SOURCE_GONE')]);
  });
});
