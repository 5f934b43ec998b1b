import mysql from 'mysql2/promise';
import { expect, inject, it, onTestFinished, vi } from 'vitest';
import { mustRun } from '../support/cli.js';
import { boxEnv, dataFolder, fillSources, onServer } from '../support/migration.js';

vi.setConfig({ testTimeout: 400_000 });

it('one text of 64 MB among small rows, in a heap of 512 MB: it arrives whole (fault 17)', async () => {
  const database = 'n_large';
  const { env } = await fillSources(database, { images: 2000 });
  const admin = await mysql.createConnection({ uri: inject('servers').mysqlUrl });
  onTestFinished(() => admin.end());
  const [[limit]] = await admin.query<mysql.RowDataPacket[]>('SELECT @@GLOBAL.max_allowed_packet AS bytes');
  await admin.query('SET GLOBAL max_allowed_packet = 1073741824');
  onTestFinished(async () => {
    await admin.query('SET GLOBAL max_allowed_packet = ?', [limit?.bytes]);
  });
  const large = await mysql.createConnection({ uri: env.MYSQL_URL ?? '' });
  onTestFinished(() => large.end());
  await large.query('ALTER TABLE Images MODIFY caption LONGTEXT');
  // 32 Mi times the two bytes of é, and an end of its own.
  await large.query("UPDATE Images SET caption = CONCAT(REPEAT('é', 33554432), '-end') WHERE image_id = 700");
  const [[there]] = await large.query<mysql.RowDataPacket[]>(
    'SELECT LENGTH(caption) AS bytes, MD5(caption) AS md5 FROM Images WHERE image_id = 700',
  );
  expect(there?.bytes).toBe(67_108_868);
  const small = { ...env, ...boxEnv('26.7', database), DATA_DIR: dataFolder(database), CREATE: '1' };
  for (const command of ['export', 'join', 'load']) {
    await mustRun(command, { ...small, NODE_OPTIONS: '--max-old-space-size=512' });
  }
  expect(
    await onServer(
      '26.7',
      `SELECT length(caption), lower(hex(MD5(caption))) FROM ${database}.images_analytical WHERE image_id = 700`,
    ),
  ).toBe(`67108868\t${there?.md5}`);
  expect(await onServer('26.7', `SELECT count() FROM ${database}.images_analytical`)).toBe('2000');
});
