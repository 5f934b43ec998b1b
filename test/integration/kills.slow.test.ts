import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { mustRun, startCli } from '../support/cli.js';
import { recordedFiles } from '../support/crash/end-state.js';
import {
  boxEnv,
  compareWithOracle,
  dataFolder,
  type Env,
  fileHashes,
  fillSources,
  inData,
  type Migration,
} from '../support/migration.js';

const images = 4000;
const sizes = { RANGE_ROWS: '500', SHARD_ROWS: '1000', WORKERS: '2' };
let source: Migration;
let whole: string;
let hashes: Record<string, string>;
let seconds: Record<string, number>;

/** Runs a command and kills it after some time; true where it was still running then. */
async function killAfter(command: string, env: Env, ms: number): Promise<boolean> {
  const child = startCli(command, env);
  const timer = setTimeout(() => child.kill('SIGKILL'), ms);
  const { signal, exit, stdout, stderr } = await child.result;
  clearTimeout(timer);
  if (signal === null && exit !== 0) throw new Error(`${command} ended with ${exit}:\n${stdout}\n${stderr}`);
  return signal === 'SIGKILL';
}

/** Kills that many runs of a command, each a little later in its course, then lets it end. */
async function killOften(command: string, env: Env, times: number): Promise<number> {
  let killed = 0;
  for (let at = 1; at <= times; at++) {
    const ms = 1000 * (seconds[command] ?? 1) * (at / (times + 1));
    if (await killAfter(command, env, ms)) killed++;
  }
  await mustRun(command, env);
  return killed;
}

// Twenty runs a test, each a second or some.
vi.setConfig({ testTimeout: 400_000 });

beforeAll(async () => {
  source = await fillSources('kills', { images, badValues: true, oldEncodings: true, months: 12 });
  whole = dataFolder('kills_whole');
  const env = { ...source.env, ...sizes, ...boxEnv('26.7', 'kills_whole'), DATA_DIR: whole };
  seconds = {};
  for (const command of ['export', 'join', 'load']) {
    const begin = performance.now();
    await mustRun(command, { ...env, CREATE: '1' });
    seconds[command] = (performance.now() - begin) / 1000;
  }
  hashes = fileHashes(inData(whole));
});

describe('killed at any instant', () => {
  it('export and join: files and manifests equal those of an undisturbed run', async () => {
    const env = { ...source.env, ...sizes, DATA_DIR: dataFolder('kills_files') };
    expect(await killOften('export', env, 12)).toBeGreaterThan(2);
    expect(await killOften('join', env, 12)).toBeGreaterThan(2);
    expect(fileHashes(inData(env.DATA_DIR))).toEqual(hashes);
    for (const folder of ['export', 'shards']) {
      expect(recordedFiles(join(inData(env.DATA_DIR), folder))).toEqual(recordedFiles(join(inData(whole), folder)));
    }
    for (const name of ['SHA256SUMS', 'LOAD.md', 'dataset.json']) {
      const file = join('images_analytical', 'shards', name);
      expect(readFileSync(join(env.DATA_DIR, file), 'utf8')).toBe(readFileSync(join(whole, file), 'utf8'));
    }
    const left = readdirSync(env.DATA_DIR, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => name.endsWith('.tmp') || name.includes('spool'))).toEqual([]);
  });

  it('export again and join again over files that are there', async () => {
    const folder = dataFolder('kills_again');
    cpSync(whole, folder, { recursive: true });
    const env = { ...source.env, ...sizes, DATA_DIR: folder };
    for (const command of ['export', 'join']) {
      await killOften(command, { ...env, AGAIN: '1' }, 8);
      await mustRun(command, env);
    }
    expect(fileHashes(inData(folder))).toEqual(hashes);
  });

  it.each(['box', 'embedded'])(
    'load into %s: every row once, under one version, and then nothing to do',
    async (target) => {
      const folder = dataFolder(`kills_${target}`);
      cpSync(whole, folder, { recursive: true });
      rmSync(join(inData(folder), 'load'), { recursive: true });
      const env = { ...sizes, ...boxEnv('26.7', 'kills_load'), TARGET: target, CREATE: '1', DATA_DIR: folder };
      expect(await killOften('load', env, 14)).toBeGreaterThan(2);
      expect(await mustRun('load', env)).toContain('nothing to do');
      const sql = 'SELECT count(), uniqExact(image_id), uniqExact(updated_at) FROM images_analytical';
      const rejected = 25;
      expect(await mustRun('query', { ...env, SQL: sql, FORMAT: 'TSV' })).toContain(
        `${images - rejected}\t${images - rejected}\t1`,
      );
      if (target === 'box') {
        expect(await compareWithOracle(source, '26.7', 'kills_load')).toMatchObject({ differenceCount: 0 });
      }
      await killOften('load', { ...env, AGAIN: '1' }, 8);
      expect(await mustRun('load', env)).toContain('nothing to do');
      const rows = 'SELECT count(), uniqExact(image_id) FROM images_analytical';
      expect(await mustRun('query', { ...env, SQL: rows, FORMAT: 'TSV' })).toContain(
        `${images - rejected}\t${images - rejected}`,
      );
    },
  );
});
