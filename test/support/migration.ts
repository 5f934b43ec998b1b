import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { inject } from 'vitest';
import { fillMongo } from '../../stages/demo/sample/fill-mongo.js';
import { fillMysql } from '../../stages/demo/sample/fill-mysql.js';
import { resolveSample, type SampleOptions } from '../../stages/demo/sample/sample.js';
import { mustRun } from './cli.js';
import { oracleRows } from './oracle.js';
import { cacheDir } from './servers.js';
import { compareRows, readTarget } from './target-rows.js';

export type Env = Readonly<Record<string, string>>;
export type Version = '26.7' | '25.8';

export interface Migration {
  /** Sources, and small ranges and shards so that there are several of each. */
  readonly env: Env;
  readonly database: string;
}

/**
 * Fills a MySQL server, the demo's by default, and the MongoDB server with a sample in databases of their own. `months`
 * gathers the upload dates in that many months from 2015 on: each month costs every load a part, and is not what most
 * tests are about.
 */
export async function fillSources(
  database: string,
  { months, ...options }: SampleOptions & { months?: number },
  mongo = true,
  mysqlUrl = inject('servers').mysqlUrl,
): Promise<Migration> {
  const { mongoUrl } = inject('servers');
  const sample = resolveSample(options);
  await fillMysql({ url: mysqlUrl, database, sample, overwrite: true });
  if (mongo) await fillMongo({ url: mongoUrl, database, sample, overwrite: true });
  if (months !== undefined) {
    const connection = await mysql.createConnection(
      Object.assign(new URL(mysqlUrl), { pathname: `/${database}` }).href,
    );
    const day = `DATE_ADD('2015-01-01', INTERVAL image_id % ${months} MONTH) + INTERVAL image_id % 28 DAY`;
    await connection.query(
      `UPDATE Images SET uploadDate = ${day} WHERE uploadDate BETWEEN '1970-01-02' AND '2100-01-01'`,
    );
    await connection.end();
  }
  const at = (url: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  const env = {
    MYSQL_URL: at(mysqlUrl),
    ...(mongo ? { MONGO_URL: at(mongoUrl) } : {}),
    RANGE_ROWS: '2500',
    SHARD_ROWS: '10000',
  };
  return { env, database };
}

/** A target named `box` on one of the ClickHouse servers, with a database of its own. */
export function boxEnv(version: Version, database: string): Env {
  const { url, user, password } = inject('servers').clickhouse[version];
  return { TARGET: 'box', BOX_URL: url, BOX_USER: user, BOX_PASSWORD: password, BOX_DATABASE: database };
}

/** One statement on a ClickHouse server; the answer as text. */
export async function onServer(version: Version, sql: string): Promise<string> {
  const { url, user, password } = inject('servers').clickhouse[version];
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(url, { method: 'POST', body: sql, headers: { authorization } });
  const text = (await response.text()).trimEnd();
  if (!response.ok) throw new Error(text);
  return text;
}

/** A data folder that is removed before it is used. */
export function dataFolder(name: string): string {
  const folder = join(cacheDir, 'test', name);
  rmSync(folder, { recursive: true, force: true });
  return folder;
}

/** The dataset's own folder in a data folder. */
export const inData = (folder: string): string => join(folder, 'images_analytical');

/** export, join, load into a data folder and target. */
export async function migrate(env: Env): Promise<void> {
  for (const command of ['export', 'join', 'load']) await mustRun(command, { CREATE: '1', ...env });
}

/** Compares the target with the oracle: SQL on the source server that shares no code with the pipeline. */
export async function compareWithOracle(
  { env, database }: Migration,
  version: Version,
  targetDatabase: string,
  rest: Partial<Parameters<typeof oracleRows>[0]> & { columns?: readonly string[] } = {},
): ReturnType<typeof compareRows> {
  const { url, user, password } = inject('servers').clickhouse[version];
  const span = { first: 0, last: 2 ** 31 - 1 };
  const mongo = env.MONGO_URL === undefined ? {} : { mongoUrl: env.MONGO_URL, mongoDatabase: database };
  const { columns, ...oracle } = rest;
  return compareRows(
    oracleRows({ mysqlUrl: env.MYSQL_URL ?? inject('servers').mysqlUrl, database, ...mongo, ...span, ...oracle }),
    readTarget({
      ...{ url, user, password, database: targetDatabase, table: 'images_analytical', ...span },
      ...(columns === undefined ? {} : { columns }),
    }),
  );
}

/** SHA-256 of every Parquet file below a folder, by its path in it. */
export function fileHashes(folder: string): Record<string, string> {
  const hashes: Record<string, string> = {};
  const walk = (path: string): void => {
    for (const name of readdirSync(join(folder, path)).sort()) {
      const inner = join(path, name);
      if (statSync(join(folder, inner)).isDirectory()) walk(inner);
      else if (name.endsWith('.parquet')) {
        hashes[inner] = createHash('sha256')
          .update(readFileSync(join(folder, inner)))
          .digest('hex');
      }
    }
  };
  walk('.');
  return hashes;
}
