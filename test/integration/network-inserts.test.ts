import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { mustRun, runCli, startCli } from '../support/cli.js';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { boxEnv, dataFolder, type Env, fillSources, inData, onServer } from '../support/migration.js';
import { casesOf } from '../support/suite.js';

/** That of the user's; and a test server of 26.7 ends where a request is cut in its first line. */
const version = '25.8';
const images = 3000;
const table = 'images_analytical';
const exact = `${images}\t${images}\t1`;
const insert = /INSERT(?:\+|%20)INTO/;
/** May do what a load needs and nothing else: the server's processes are hidden from this user. */
const loader = { BOX_USER: 'n_loader', BOX_PASSWORD: 'only-loads' };
let data: Env & { DATA_DIR: string };

beforeAll(async () => {
  const { env } = await fillSources('n_inserts', { images, months: 12 });
  data = { ...env, RANGE_ROWS: '1000', SHARD_ROWS: '1000', WORKERS: '1', DATA_DIR: dataFolder('n_inserts') };
  for (const command of ['export', 'join']) await mustRun(command, data);
  await onServer(version, `CREATE USER OR REPLACE n_loader IDENTIFIED BY '${loader.BOX_PASSWORD}'`);
  await onServer(version, 'GRANT CREATE TEMPORARY TABLE ON *.* TO n_loader');
  // The first of all tables: those of the tests are made after it.
  await mustRun('load', { ...data, ...boxEnv(version, 'n_plain'), CREATE: '1' });
});

const counted = (database: string): Promise<string> =>
  onServer(version, `SELECT count(), uniqExact(image_id), uniqExact(updated_at) FROM ${database}.${table}`);

/** A table of another engine, or with more columns, in a database of its own. */
async function makeTable(database: string, change: (ddl: string) => string): Promise<void> {
  await onServer(version, `DROP DATABASE IF EXISTS ${database} SYNC`);
  await onServer(version, `CREATE DATABASE ${database}`);
  const ddl = await onServer(version, `SHOW CREATE TABLE n_plain.${table} FORMAT TSVRaw`);
  await onServer(version, change(ddl.replace('n_plain.', `${database}.`)));
  await onServer(version, `GRANT SELECT, INSERT, ALTER DELETE, ALTER UPDATE ON ${database}.* TO n_loader`);
}

async function behindProxy(database: string, fault?: Fault): Promise<{ env: Env & typeof data; proxy: FaultProxy }> {
  const box = boxEnv(version, database);
  const proxy = await startFaultProxy(box.BOX_URL ?? '');
  onTestFinished(() => proxy.close());
  proxy.fail(fault);
  return { env: { ...data, ...box, ...loader, BOX_URL: proxy.url }, proxy };
}

/** An insert takes this long at the server, after all was sent: a column of the table's own computes itself slowly. */
const slowly = (perRow: number) => (ddl: string) =>
  ddl.replace(/\n\)/, `,\n slow UInt8 DEFAULT sleepEachRow(${perRow})\n)`);

const finished = async (database: string): Promise<number> => {
  await onServer(version, 'SYSTEM FLUSH LOGS query_log');
  const like = `INSERT INTO \`${database}\`.%`;
  return Number(
    await onServer(
      version,
      `SELECT count() FROM system.query_log WHERE type = 'QueryFinish' AND query_kind = 'Insert' AND query LIKE '${like}'`,
    ),
  );
};

const engines: Readonly<Record<string, (ddl: string) => string>> = {
  ReplacingMergeTree: (ddl) => ddl,
  'ReplacingMergeTree that deduplicates': (ddl) =>
    ddl.replace(/SETTINGS /, 'SETTINGS non_replicated_deduplication_window = 1000, '),
  MergeTree: (ddl) => ddl.replace(/ReplacingMergeTree\(updated_at\)/, 'MergeTree'),
};

describe('an insert whose outcome is not known (faults 4 and 10)', () => {
  it.each(
    casesOf(Object.entries(engines).slice(1, 2), [
      ...Object.entries(engines).slice(0, 1),
      ...Object.entries(engines).slice(2),
    ]),
  )('the reply is lost twice, into a %s: nothing is sent again', async (name, change) => {
    const database = `n_lost_${Object.keys(engines).indexOf(name)}`;
    await makeTable(database, change);
    const { env, proxy } = await behindProxy(database, { at: 'reply', bytes: 0, where: insert, times: 2 });
    const said = await mustRun('load', env);
    expect([proxy.met(), said.match(/trying again/g)?.length]).toEqual([2, 2]);
    expect([await counted(database), await finished(database)]).toEqual([exact, 3]);
    expect(await mustRun('load', env)).toContain('nothing to do');
  });

  it.each(
    casesOf<[string, Fault]>(
      [['in the middle of the rows', { at: 'request', bytes: 60_000 }]],
      [
        ['before its first byte', { at: 'request', bytes: 0 }],
        ['in the middle of the statement', { at: 'request', bytes: 3000 }],
        ['in the middle of the reply', { at: 'reply', bytes: 20 }],
      ],
    ),
  )('cut %s', async (where, fault) => {
    const database = `n_cut_${where.replaceAll(' ', '_')}`;
    await makeTable(database, (ddl) => ddl);
    const { env, proxy } = await behindProxy(database, { ...fault, where: insert, times: 2 });
    expect(await mustRun('load', env)).toContain('trying again');
    expect([proxy.met(), await counted(database)]).toEqual([2, exact]);
  });

  it('cut while the server still works at it: its rows come later, and are waited for', async () => {
    await makeTable('n_running', slowly(0.001));
    const { env, proxy } = await behindProxy('n_running', { at: 'sent', where: insert, times: 2 });
    expect(await mustRun('load', env)).toContain('trying again');
    expect([proxy.met(), await counted('n_running'), await finished('n_running')]).toEqual([2, exact, 3]);
  });

  it('an upload that stalls ends after the time limit', async () => {
    await makeTable('n_stall', (ddl) => ddl);
    const { env, proxy } = await behindProxy('n_stall', { at: 'stall', where: insert, times: 1 });
    const child = startCli('load', { ...env, BOX_TIMEOUT: '1' });
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      // The network is back, and brings the server what the sender has given up.
      if (/Timeout error.*trying again/.test(said)) proxy.fail(undefined);
    });
    const { exit, stdout } = await child.result;
    expect([exit, stdout]).toEqual([0, expect.stringMatching(/Timeout error[^\n]*trying again/)]);
    expect(await counted('n_stall')).toBe(exact);
  });

  it('killed by the server half-way through a shard: what it left is removed', async () => {
    await makeTable('n_killed', slowly(0.0003));
    const child = startCli('load', { ...data, ...boxEnv(version, 'n_killed'), ...loader, BOX_INSERT_ROWS: '250' });
    const some = 'SELECT count() FROM n_killed.images_analytical';
    const kill = "KILL QUERY WHERE query_id LIKE 'transload-%-insert-%' AND query LIKE '%n_killed%' SYNC";
    let left = 0;
    for (let killed = 0; killed < 2 && child.exitCode === null; ) {
      const there = Number(await onServer(version, some));
      if (there % 1000 > 0 && (await onServer(version, kill)) !== '') {
        killed++;
        left = Math.max(left, there);
      }
    }
    const { exit, stdout } = await child.result;
    // The server's words for it depend on whether the query had begun to run when it was killed.
    const cancelled = /Query (was cancelled|'[^']+' is killed)[^\n]*trying again/;
    expect([exit, stdout]).toEqual([0, expect.stringMatching(cancelled)]);
    expect(left % 1000).toBeGreaterThan(0);
    expect(await counted('n_killed')).toBe(exact);
  });
});

describe('deduplication never swallows a reload (fault 25)', () => {
  it('rows that were deleted at the target are loaded again, under another version and under the same', async () => {
    await makeTable('n_dedup', engines['ReplacingMergeTree that deduplicates'] as (ddl: string) => string);
    const env = { ...data, ...boxEnv(version, 'n_dedup'), ...loader };
    await mustRun('load', env);
    const patching =
      "SETTINGS lightweight_delete_mode = 'lightweight_update_force', allow_experimental_lightweight_update = 1";
    const remove = (): Promise<string> =>
      onServer(version, `DELETE FROM n_dedup.${table} WHERE image_id BETWEEN 500 AND 1500 ${patching}`);
    await remove();
    await mustRun('load', env);
    expect((await counted('n_dedup')).split('\t').slice(0, 2)).toEqual([`${images}`, `${images}`]);
    // The run that is not at its end goes on with its version, and so sends the very same block.
    const ledger = join(inData(data.DATA_DIR), 'load', 'box.jsonl');
    const lines = readFileSync(ledger, 'utf8').trimEnd().split('\n');
    const uuid = JSON.parse(lines.at(-1) ?? '').uuid;
    const isEnd = (line: string): boolean => line.includes('"kind":"end"') && line.includes(uuid);
    const last = lines.findLastIndex(isEnd);
    writeFileSync(ledger, `${lines.filter((_, index) => index !== last).join('\n')}\n`);
    await remove();
    await mustRun('load', env);
    expect((await counted('n_dedup')).split('\t').slice(0, 2)).toEqual([`${images}`, `${images}`]);
  });
});

describe('a connection that was not used for a while (fault 5)', () => {
  it('is given up before a server with a keep-alive of 3 s closes it', async () => {
    const { openHttp } = await import('../../src/clickhouse/http.js');
    const { targetConfig } = await import('../../stages/config.js');
    const { env, proxy } = await behindProxy('default');
    const client = openHttp(targetConfig(env, 'box'));
    onTestFinished(() => client.close());
    await client.rows('SELECT 1');
    expect(proxy.connections()).toBeGreaterThan(0);
    await vi.waitUntil(() => proxy.connections() === 0, { timeout: 2900 });
    expect(await client.rows('SELECT 2')).toEqual([[2]]);
  });
});

describe('a way that never opens', () => {
  it('three attempts with pauses, then 12, and nothing is recorded as loaded', async () => {
    await makeTable('n_never', (ddl) => ddl);
    const { env, proxy } = await behindProxy('n_never', { at: 'request', bytes: 0, where: insert });
    const result = await runCli('load', env);
    expect([result.exit, proxy.met()]).toEqual([12, 9]);
    expect(await counted('n_never')).toBe('0\t0\t0');
  });
});
