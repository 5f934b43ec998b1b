import { mkdirSync } from 'node:fs';
import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mustRun, runCli } from '../support/cli.js';
import { fillSmall } from '../support/crash/small-dataset.js';
import { boxEnv, dataFolder, type Env, onServer } from '../support/migration.js';

let env: Env;
let slow: Connection;
let quick: Connection;

beforeAll(async () => {
  const folder = dataFolder('k_appear');
  mkdirSync(folder, { recursive: true });
  env = { ...(await fillSmall('k_appear', folder)), ...boxEnv('26.7', 'k_appear'), CREATE: '1', DATA_DIR: folder };
  [slow, quick] = await Promise.all([createConnection(env.MYSQL_URL ?? ''), createConnection(env.MYSQL_URL ?? '')]);
});
afterAll(async () => {
  await slow.end();
  await quick.end();
});

const insert = async (connection: Connection): Promise<number> => {
  const sql = "INSERT INTO Images (site_name_id, site_image_id, contentUrl) VALUES (1, 'new', 'u')";
  const [{ insertId }] = await connection.query<ResultSetHeader>(sql);
  return insertId;
};
const loaded = async (...ids: number[]): Promise<string> =>
  onServer('26.7', `SELECT count() FROM k_appear.images_analytical WHERE image_id IN (${ids.join(', ')})`);

// Fault 23.
it('an image commits after one with a greater id: both are in, and nothing behind the end that the plan fixed', async () => {
  await slow.beginTransaction();
  const first = await insert(slow);
  const second = await insert(quick);
  expect(second).toBe(first + 1);
  await mustRun('plan', env);
  await slow.commit();
  const third = await insert(quick);
  await slow.beginTransaction();
  const late = await insert(slow);
  for (const command of ['export', 'join', 'load']) await mustRun(command, env);
  await slow.commit();
  // The plan ends with the greatest id of its moment: what is behind it is the next generation's, in no file of this one.
  expect([await loaded(first), await loaded(second), await loaded(third, late)]).toEqual(['1', '1', '0']);
  const [[row]] = await quick.query<RowDataPacket[]>('SELECT MAX(image_id) AS greatest FROM Images');
  expect(row?.greatest).toBe(late);
});

it('an image that commits behind its range is found by verify, and the same range read again has it', async () => {
  // An id inside of the plan that nobody has, as of a transaction that was open while its range was read.
  const [[gap]] = await quick.query<RowDataPacket[]>(
    'SELECT a.image_id + 1 AS id FROM Images a LEFT JOIN Images b ON b.image_id = a.image_id + 1 WHERE b.image_id IS NULL LIMIT 1',
  );
  const id = Number(gap?.id);
  await quick.query(
    "INSERT INTO Images (image_id, site_name_id, site_image_id, contentUrl) VALUES (?, 1, 'new', 'u')",
    [id],
  );
  const found = await runCli('verify', env);
  // The planned range that it lies in is named, with the command that reads it again.
  const again = /^ {2}make export AGAIN=1 SOURCES=images RANGE=(\d+)-(\d+)$/m.exec(found.stdout);
  expect([found.exit, found.stdout]).toEqual([
    3,
    expect.stringMatching(/images differs at the source \(\d+-\d+: \d+ rows/),
  ]);
  expect([Number(again?.[1]) <= id, Number(again?.[2]) >= id]).toEqual([true, true]);
  expect(found.stdout).toContain('  make join\n  make load TARGET=box\n');
  await mustRun('export', { ...env, AGAIN: '1', SOURCES: 'images', RANGE: `${again?.[1]}-${again?.[2]}` });
  await mustRun('join', env);
  await mustRun('load', env);
  expect(await loaded(id)).toBe('1');
});
