import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cluster } from '../../src/dataset/declare.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { killWhen, mustRun, runCli, startCli } from '../support/cli.js';
import { killReads } from '../support/kill-reads.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fileHashes,
  fillSources,
  inData,
  type Migration,
  migrate,
  onServer,
} from '../support/migration.js';
import { casesOf, slowIt } from '../support/suite.js';

const equal = { differences: [], differenceCount: 0, actualRows: 20_000 };
let source: Migration;
let whole: { folder: string; hashes: Record<string, string> };

/** A copy of the undisturbed run's data folder without its ledgers, and a target of its own. */
function freshCopy(name: string): Env & { DATA_DIR: string } {
  const folder = dataFolder(name);
  cpSync(whole.folder, folder, { recursive: true });
  rmSync(join(inData(folder), 'load'), { recursive: true, force: true });
  return { ...source.env, ...boxEnv('26.7', name), CREATE: '1', DATA_DIR: folder };
}

beforeAll(async () => {
  source = await fillSources('restart', { images: 20_000, months: 12 });
  const folder = dataFolder('undisturbed');
  await migrate({ ...source.env, ...boxEnv('26.7', 'undisturbed'), DATA_DIR: folder });
  whole = { folder, hashes: fileHashes(inData(folder)) };
});

describe('a run that was killed goes on as if nothing had been', () => {
  slowIt('SIGKILL in the middle of export, join and load', async () => {
    const env = { ...source.env, ...boxEnv('26.7', 'killed'), CREATE: '1', DATA_DIR: dataFolder('killed') };
    expect(await killWhen('export', env, /export \d+-\d+:/)).toBe(true);
    expect(await killWhen('export', env, /export \d+-\d+:/)).toBe(true);
    await mustRun('export', env);
    expect(await killWhen('join', env, /join \d+-\d+:/)).toBe(true);
    await mustRun('join', env);
    expect(fileHashes(inData(env.DATA_DIR))).toEqual(whole.hashes);
    expect(await killWhen('load', { ...env, WORKERS: '1' }, /load \d+-\d+:/)).toBe(true);
    await mustRun('load', env);
    expect(await compareWithOracle(source, '26.7', 'killed')).toMatchObject(equal);
    for (const command of ['export', 'join', 'load']) {
      const again = await runCli(command, env);
      expect([again.exit, again.stdout]).toEqual([0, expect.stringContaining('nothing to do')]);
    }
  });

  slowIt('SIGKILL in the middle of an insert: what it left is removed, nothing is there twice', async () => {
    const env = freshCopy('midinsert');
    const child = startCli('load', { ...env, WORKERS: '1' });
    const ledger = join(inData(env.DATA_DIR), 'load', 'box.jsonl');
    while (child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      const text = await Promise.resolve()
        .then(() => readFileSync(ledger, 'utf8'))
        .catch(() => '');
      if (text.includes('"started"')) break;
    }
    child.kill('SIGKILL');
    expect((await child.result).signal).toBe('SIGKILL');
    await mustRun('load', env);
    expect(await compareWithOracle(source, '26.7', 'midinsert')).toMatchObject(equal);
  });

  it.each(casesOf(['CONNECTION'] as const, ['QUERY'] as const))(
    'KILL %s in mid-read: the range is read again from its first id',
    async (what) => {
      // One range of all rows: more than the sockets between server and reader hold.
      const env = { ...source.env, RANGE_ROWS: '20000', WORKERS: '1' };
      const [cut, calm] = [dataFolder('cut'), dataFolder('calm')];
      const child = startCli('export', { ...env, DATA_DIR: cut });
      let killed = 0;
      while (child.exitCode === null && killed < 2) killed += await killReads(source.database, what);
      const result = await child.result;
      expect([killed, result.exit, result.stdout]).toEqual([2, 0, expect.stringContaining('trying again')]);
      await mustRun('export', { ...env, DATA_DIR: calm });
      expect(fileHashes(inData(cut))).toEqual(fileHashes(inData(calm)));
    },
  );

  it('Ctrl-C ends with 130 and says how to go on', async () => {
    const env = { ...source.env, DATA_DIR: dataFolder('ctrlc') };
    const child = startCli('export', env);
    child.stdout?.once('data', () => setTimeout(() => child.kill('SIGINT'), 600));
    const result = await child.result;
    expect([result.exit, result.stderr]).toEqual([130, expect.stringContaining('run `make export` again')]);
    await mustRun('export', env);
    await mustRun('join', env);
    expect(fileHashes(inData(env.DATA_DIR))).toEqual(whole.hashes);
  });
});

describe('what belongs together', () => {
  it('the shards folder alone loads elsewhere, with no source and no plan', async () => {
    const shards = join(inData(whole.folder), 'shards');
    for (const [name, inside] of casesOf([['bare', '.']] as const, [['alone', 'shards']] as const)) {
      const folder = dataFolder(name);
      cpSync(shards, join(folder, inside), { recursive: true });
      const env = { ...boxEnv('26.7', name), CREATE: '1', DATA_DIR: folder };
      await mustRun('load', env);
      expect(await compareWithOracle(source, '26.7', name)).toMatchObject(equal);
      expect(await mustRun('verify', env)).toContain('no difference');
    }
  });

  slowIt('a table that was dropped and made again is loaded again', async () => {
    const env = freshCopy('dropped');
    await mustRun('load', env);
    await onServer('26.7', 'DROP TABLE dropped.images_analytical SYNC');
    await mustRun('load', env);
    expect(await compareWithOracle(source, '26.7', 'dropped')).toMatchObject(equal);
  });

  it('a source added to the declaration: only it is exported, then all is joined again', async () => {
    const env = freshCopy('added');
    const more = cluster('second_hsv', 'UInt16', 'ImagesHSV');
    const extra = { ...more, source: { ...more.source, name: 'second', table: 'ImagesHSV' } };
    const changed = {
      ...imagesAnalytical,
      sources: [...imagesAnalytical.sources, extra.source],
      columns: [...imagesAnalytical.columns, { ...extra.column, sql: 'second.cluster_id' }],
    };
    mkdirSync(env.DATA_DIR, { recursive: true });
    const path = join(env.DATA_DIR, 'changed.json');
    writeFileSync(path, JSON.stringify(changed));
    const before = fileHashes(join(inData(env.DATA_DIR), 'export'));
    await mustRun('export', { ...env, DATASET: path });
    const after = fileHashes(join(inData(env.DATA_DIR), 'export'));
    expect(
      Object.keys(after)
        .filter((file) => !(file in before))
        .every((file) => file.startsWith('second/')),
    ).toBe(true);
    expect(after).toMatchObject(before);
    const stale = await runCli('load', { ...env, DATASET: path, RANGE: '1-1' });
    expect(stale.exit).toBe(0);
    expect(await mustRun('join', { ...env, DATASET: path })).toContain('2 units');
    await onServer('26.7', 'ALTER TABLE added.images_analytical ADD COLUMN second_hsv UInt16');
    await mustRun('load', { ...env, DATASET: path });
    expect(await compareWithOracle(source, '26.7', 'added')).toMatchObject(equal);
    expect(await onServer('26.7', 'SELECT countIf(second_hsv != hsv_cluster) FROM added.images_analytical')).toBe('0');
  });

  it('loading again leaves exactly the new rows; rows of someone else stop it', async () => {
    const env = freshCopy('again');
    await mustRun('load', env);
    await mustRun('load', { ...env, AGAIN: '1' });
    expect(
      await onServer('26.7', 'SELECT count(), uniqExact(image_id), uniqExact(updated_at) FROM again.images_analytical'),
    ).toBe('20000\t20000\t1');
    rmSync(join(inData(env.DATA_DIR), 'load'), { recursive: true });
    const foreign = await runCli('load', env);
    expect([foreign.exit, foreign.stderr]).toEqual([2, expect.stringContaining('code: FOREIGN_ROWS')]);
    await mustRun('load', { ...env, REPLACE: '1' });
    expect(await compareWithOracle(source, '26.7', 'again')).toMatchObject(equal);
  });
});

describe('what is wrong is named', () => {
  let env: ReturnType<typeof freshCopy>;
  beforeAll(() => {
    env = freshCopy('wrong');
  });

  slowIt('verify does not pass over shards that are not joined, nor over a table that is not there', async () => {
    const fresh = { ...source.env, ...boxEnv('26.7', 'partly'), CREATE: '1', DATA_DIR: dataFolder('partly') };
    await mustRun('export', fresh);
    await mustRun('join', { ...fresh, RANGE: '1-100' });
    const before = await runCli('verify', fresh);
    expect([before.exit, before.stdout]).toEqual([
      3,
      expect.stringContaining('there is no table partly.images_analytical'),
    ]);
    await mustRun('load', fresh);
    const partly = await runCli('verify', fresh);
    expect([partly.exit, partly.stdout]).toEqual([3, expect.stringContaining('not joined yet: make join')]);
    await mustRun('join', fresh);
    await mustRun('load', fresh);
    expect(await mustRun('verify', fresh)).toContain('no difference');
  });

  it('stages say what comes first, and what is not configured', async () => {
    const empty = { DATA_DIR: dataFolder('empty'), ...boxEnv('26.7', 'empty') };
    const [joined, loaded, exported] = [
      await runCli('join', empty),
      await runCli('load', empty),
      await runCli('export', empty),
    ];
    expect([joined.exit, joined.stderr]).toEqual([10, expect.stringContaining('make export')]);
    expect([loaded.exit, loaded.stderr]).toEqual([10, expect.stringContaining('make join')]);
    expect([exported.exit, exported.stderr]).toEqual([2, expect.stringContaining('MYSQL_URL')]);
  });

  it('servers that refuse or are not there end with 12, and no password is shown', async () => {
    const secret = 's#cr:t/%';
    const wrong = { ...env, MYSQL_PASSWORD: secret };
    const refused = await runCli('export', { ...wrong, AGAIN: '1' });
    const nobody = await runCli('export', { ...env, MYSQL_URL: 'mysql://u@127.0.0.1:1/x', AGAIN: '1' });
    const target = await runCli('load', { ...env, BOX_PASSWORD: secret });
    const native = await runCli('load', { ...env, BOX_URL: 'http://127.0.0.1:9000' });
    expect([refused.exit, nobody.exit, target.exit, native.exit]).toEqual([12, 12, 12, 2]);
    expect(native.stderr).toContain('8123');
    for (const { stdout, stderr } of [refused, nobody, target]) expect(stdout + stderr).not.toContain(secret);
  });
});
