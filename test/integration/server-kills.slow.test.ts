import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MysqlServer } from '../../stages/demo/mysql-server.js';
import { atStep } from '../support/at-step.js';
import { mustRun } from '../support/cli.js';
import { recordedFiles } from '../support/crash/end-state.js';
import { dataFolder, type Env, fileHashes, fillSources, inData, type Migration } from '../support/migration.js';
import { type OwnClickHouse, startOwnClickHouse } from '../support/own-clickhouse.js';
import { startOwnMysql } from '../support/own-mysql.js';
import { freshDataDir } from '../support/servers.js';

const images = 4000;
const sizes = { RANGE_ROWS: '500', SHARD_ROWS: '1000', WORKERS: '1' };
const mysqlDir = freshDataDir('k-own-mysql');
let mysql: MysqlServer;
let source: Migration;
let whole: string;

beforeAll(async () => {
  mysql = await startOwnMysql(mysqlDir);
  source = await fillSources('k_killed', { images, months: 12 }, true, mysql.url);
  whole = dataFolder('k_killed_whole');
  await mustRun('export', { ...source.env, ...sizes, DATA_DIR: whole });
  await mustRun('join', { ...source.env, ...sizes, DATA_DIR: whole });
});
afterAll(() => mysql.stop());

it('MySQL is killed three times during an export: the files are those of an undisturbed one', async () => {
  const env = { ...source.env, ...sizes, DATA_DIR: dataFolder('k_killed_export') };
  const again = { port: mysql.port, password: decodeURIComponent(new URL(mysql.url).password) };
  for (const nth of [12, 25, 40]) {
    const cut = await atStep('export', env, ['open export file', nth], () => mysql.kill());
    expect([3, 12]).toContain(cut.exit);
    await mysql.stop();
    mysql = await startOwnMysql(mysqlDir, again);
  }
  await mustRun('export', env);
  const exported = (folder: string): string => join(inData(folder), 'export');
  expect(fileHashes(exported(env.DATA_DIR))).toEqual(fileHashes(exported(whole)));
  expect(recordedFiles(exported(env.DATA_DIR))).toEqual(recordedFiles(exported(whole)));
  expect(await mustRun('export', env)).toContain('nothing to do');
});

describe.each(['26.7', '25.8'] as const)('ClickHouse %s is killed during a load', (version) => {
  let server: OwnClickHouse;
  let env: Env;
  beforeAll(async () => {
    server = await startOwnClickHouse(version);
    const folder = dataFolder(`k_killed_${version.replace('.', '')}`);
    cpSync(whole, folder, { recursive: true });
    env = { ...source.env, ...sizes, ...server.env, DATA_DIR: folder };
  });
  afterAll(() => server.stop());

  const killedAt = async (more: Env, step: readonly [string, number]): Promise<void> => {
    const cut = await atStep('load', { ...env, ...more }, step, () => server.kill());
    expect([3, 12]).toContain(cut.exit);
    await server.startAgain();
  };
  const exact = async (): Promise<void> => {
    expect(await server.compare(source)).toMatchObject({ differenceCount: 0, actualRows: images });
    expect(await server.ask('SELECT uniqExact(updated_at) FROM own.images_analytical')).toBe('1');
    expect(await mustRun('load', env)).toContain('nothing to do');
  };

  it('when the table is made, before and in the middle of inserts', async () => {
    for (const step of ['target: CREATE TABLE', 'target: INSERT INTO', 'send piece of shard', 'sync line'] as const) {
      await killedAt({}, [step, step === 'sync line' ? 3 : 1]);
    }
    await mustRun('load', env);
    await exact();
  });

  it('when all is loaded again, and when the older rows are removed', async () => {
    for (const step of ['send piece of shard', 'target: DELETE FROM'] as const)
      await killedAt({ AGAIN: '1' }, [step, 1]);
    await mustRun('load', { ...env, AGAIN: '1' });
    await exact();
  });
});
