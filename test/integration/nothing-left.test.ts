import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustRun } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fillSources, migrate } from '../support/migration.js';
import { cacheDir, projectDir } from '../support/servers.js';

/** What a command asks of disk and servers, counted by test/support/count-calls.mjs and by the MySQL server. */
interface Calls {
  /** Name of a plan, manifest or ledger → how often it was read. */
  readonly reads: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly statements: number;
}

describe('a rerun with nothing to do', () => {
  let env: Env;
  let admin: Connection;

  const statements = async (): Promise<number> => {
    const [rows] = await admin.query<RowDataPacket[]>("SHOW GLOBAL STATUS LIKE 'Questions'");
    return Number(rows[0]?.Value);
  };
  const callsOf = async (command: string, knobs: Env = {}): Promise<Calls> => {
    const file = join(cacheDir, 'test', `calls-${command}.json`);
    const preload = pathToFileURL(join(projectDir, 'test', 'support', 'count-calls.mjs')).href;
    const before = await statements();
    const said = await mustRun(command, { ...env, ...knobs, NODE_OPTIONS: `--import=${preload}`, COUNT_FILE: file });
    if (command !== 'status') expect(said).toContain('nothing to do');
    const { reads, requests } = JSON.parse(readFileSync(file, 'utf8')) as Calls;
    const papers = Object.entries(reads).filter(([path]) => /(?:plan\.json|\.jsonl)$/.test(path));
    const nameOf = (path: string): string => `${basename(dirname(path))}/${basename(path).replace(/\..*\./, '.*.')}`;
    return {
      reads: Object.fromEntries(papers.map(([path, count]) => [nameOf(path), count])),
      requests,
      statements: (await statements()) - before - 1,
    };
  };

  beforeAll(async () => {
    // Without MongoDB, whose requests are no HTTP.
    const source = await fillSources('nothing_left', { images: 1000, months: 6 }, false);
    const sizes = { RANGE_ROWS: '100', SHARD_ROWS: '200' };
    env = { ...source.env, ...boxEnv('26.7', 'nothing_left'), ...sizes, DATA_DIR: dataFolder('nothing-left') };
    admin = await mysql.createConnection({ uri: source.env.MYSQL_URL ?? '' });
    await migrate(env);
  });
  afterAll(() => admin?.end());

  it('reads each manifest once, and asks the servers as much as for any number of ranges', async () => {
    const calls: Record<string, Calls> = {};
    for (const command of ['export', 'join', 'load']) calls[command] = await callsOf(command);
    calls.status = await callsOf('status', { TARGET: '' });
    calls.live = await callsOf('status');
    const plan = { 'images_analytical/plan.json': 1 };
    const manifests = { 'export/manifest.*.jsonl': 1, 'shards/manifest.*.jsonl': 1 };
    const ledger = { 'load/box.jsonl': 1 };
    expect(calls).toEqual({
      status: { reads: { ...plan, ...manifests, ...ledger }, requests: 0, statements: 0 },
      // Settings, the table, its columns, then one look each: errors twice, rows, key, parts, merges, mutations, inserts.
      live: { reads: { ...plan, ...manifests, ...ledger }, requests: 11, statements: 0 },
      export: { reads: { ...plan, 'export/manifest.*.jsonl': 1 }, requests: 0, statements: expect.any(Number) },
      join: { reads: { ...plan, ...manifests }, requests: 0, statements: 0 },
      // Settings, the table, its columns, one count over all ranges.
      load: { reads: { 'shards/manifest.*.jsonl': 1, ...ledger }, requests: 4, statements: 0 },
    });
    // The settings of the connection, and the table, its columns and its indexes for each of 18 sources.
    expect(calls.export?.statements).toBeLessThan(18 * 3 + 20);
  });
});
