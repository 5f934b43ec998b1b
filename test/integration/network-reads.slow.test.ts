import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { mustRun, runCli, startCli } from '../support/cli.js';
import { type Fault, type FaultProxy, startFaultProxy } from '../support/fault-proxy.js';
import { dataFolder, type Env, fileHashes, fillSources, inData } from '../support/migration.js';

const images = 1000;
let env: Env;
let whole: Record<string, string>;
/** Statements that read the rows of one table, by the words that stand on the wire. */
const mysqlRead = /SELECT [^?]*FROM `Images`/;
const mongoRead = /aggregate.*body_world_landmarks/s;

beforeAll(async () => {
  const source = await fillSources('n_reads', { images });
  env = { ...source.env, RANGE_ROWS: '500', SHARD_ROWS: '500', WORKERS: '1' };
  const calm = dataFolder('n_reads_calm');
  await mustRun('export', { ...env, DATA_DIR: calm });
  whole = fileHashes(inData(calm));
});

async function behindProxy(
  which: 'MYSQL' | 'MONGO',
  name: string,
): Promise<{ at: Env & { DATA_DIR: string }; proxy: FaultProxy }> {
  const proxy = await startFaultProxy(inject('servers')[which === 'MYSQL' ? 'mysqlUrl' : 'mongoUrl']);
  onTestFinished(() => proxy.close());
  const url = new URL(env[`${which}_URL`] ?? '');
  url.port = new URL(proxy.url).port;
  // A member of a replica set tells its own address, and the driver would go there past the proxy.
  if (which === 'MONGO') url.search = '?directConnection=true';
  return { at: { ...env, [`${which}_URL`]: url.href, DATA_DIR: dataFolder(`n_reads_${name}`) }, proxy };
}

const left = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'));

describe.each(['MYSQL', 'MONGO'] as const)('a read from %s', (which) => {
  const where = which === 'MYSQL' ? mysqlRead : mongoRead;

  it.each<[string, Fault]>([
    ['before its first byte', { at: 'request', bytes: 0 }],
    ['in the middle of the rows', { at: 'reply', bytes: 3000 }],
  ])('cut %s is begun again with its first id', async (what, fault) => {
    const { at, proxy } = await behindProxy(which, `${which}_${what.length}`);
    await mustRun('plan', at);
    // MongoDB's driver tries a read that failed at once a second time by itself.
    proxy.fail({ ...fault, where, times: 2 });
    const said = await mustRun('export', at);
    expect([proxy.met(), said]).toEqual([2, expect.stringContaining('trying again')]);
    expect([fileHashes(inData(at.DATA_DIR)), left(at.DATA_DIR)]).toEqual([whole, []]);
  });

  it('that stalls ends after the time limit, and is begun again', async () => {
    const { at, proxy } = await behindProxy(which, `${which}_stall`);
    await mustRun('plan', at);
    proxy.fail({ at: 'stall', where, times: 2 });
    const said = await mustRun('export', { ...at, [`${which}_TIMEOUT`]: which === 'MYSQL' ? '1' : '4' });
    expect(said).toMatch(which === 'MYSQL' ? /nothing came from the server for 1 s[^\n]*trying again/ : /trying again/);
    expect([fileHashes(inData(at.DATA_DIR)), left(at.DATA_DIR)]).toEqual([whole, []]);
  });

  it('that never comes through: three attempts a range, then 12 with table, range and what was said', async () => {
    const { at, proxy } = await behindProxy(which, `${which}_never`);
    await mustRun('plan', at);
    proxy.fail({ at: 'reply', bytes: 3000, where });
    const result = await runCli('export', at);
    const table = which === 'MYSQL' ? 'Images' : 'body_world_landmarks';
    expect([result.exit, left(at.DATA_DIR)]).toEqual([12, []]);
    expect(result.stdout + result.stderr).toMatch(new RegExp(`1-\\d+: cannot read ${table}: .+; trying again`));
    proxy.fail(undefined);
    await mustRun('export', at);
    expect(fileHashes(inData(at.DATA_DIR))).toEqual(whole);
  });
});

describe('a server that is not there', () => {
  it('stalls at the connection: the run ends by itself', async () => {
    const { at, proxy } = await behindProxy('MYSQL', 'hello');
    proxy.fail({ at: 'stall' });
    const child = startCli('check', { ...at, MYSQL_TIMEOUT: '1' });
    const { exit, stdout } = await child.result;
    expect([exit, stdout]).toEqual([12, expect.stringContaining('cannot connect to MySQL')]);
  });
});
