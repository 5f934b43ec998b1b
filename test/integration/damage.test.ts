import { copyFileSync, cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mustRun, runCli } from '../support/cli.js';
import {
  boxEnv,
  dataFolder,
  type Env,
  fileHashes,
  fillSources,
  inData,
  migrate,
  onServer,
} from '../support/migration.js';
import { casesOf, slowIt } from '../support/suite.js';

let calm: Env;
let hashes: Record<string, string>;
let rows: string;
let env: Env & { DATA_DIR: string };
let shards: string;

const parquetIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.parquet'))
    .sort()
    .map((name) => join(folder, name));
const count = (database: string): Promise<string> =>
  onServer('26.7', `SELECT count(), uniqExact(image_id) FROM ${database}.images_analytical FINAL`);

beforeAll(async () => {
  const source = await fillSources('damage', { images: 1500, badValues: true, months: 12 });
  const folder = dataFolder('damage_calm');
  calm = { ...source.env, ...boxEnv('26.7', 'damage_calm'), RANGE_ROWS: '500', SHARD_ROWS: '500', DATA_DIR: folder };
  await migrate(calm);
  hashes = fileHashes(inData(folder));
  rows = await count('damage_calm');
});

beforeEach(async () => {
  await onServer('26.7', 'DROP DATABASE IF EXISTS damage SYNC');
  const folder = dataFolder('damage');
  cpSync(calm.DATA_DIR ?? '', folder, { recursive: true });
  rmSync(join(inData(folder), 'load'), { recursive: true, force: true });
  env = { ...calm, ...boxEnv('26.7', 'damage'), CREATE: '1', DATA_DIR: folder };
  shards = join(inData(folder), 'shards');
});

/** Ways in which a file goes wrong. */
const damages = {
  cut: (path: string) => writeFileSync(path, readFileSync(path).subarray(0, -1)),
  flipped: (path: string) => {
    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    writeFileSync(path, bytes.fill((bytes[middle] ?? 0) ^ 1, middle, middle + 1));
  },
  missing: (path: string) => rmSync(path),
} as const;

/** The command that a message names, run as it stands. */
async function runNamed(output: string, pattern: RegExp): Promise<void> {
  const [, command = ''] = pattern.exec(output) ?? [];
  expect(command).toMatch(/^make (join|export) AGAIN=1/);
  const [, stage = '', ...knobs] = command.split(' ');
  await mustRun(stage, { ...env, ...Object.fromEntries(knobs.map((knob) => knob.split('='))) });
}

/** All is as it was, on disk and at the target. */
async function expectRepaired(): Promise<void> {
  expect(fileHashes(inData(env.DATA_DIR))).toEqual(hashes);
  await mustRun('load', env);
  expect(await count('damage')).toBe(rows);
}

describe('a shard', () => {
  it.each(casesOf(['flipped'] as const, ['cut', 'missing'] as const))(
    'that is %s is not loaded, the others are; the command that is named repairs it',
    async (how) => {
      const [shard = ''] = parquetIn(shards);
      damages[how](shard);
      const result = await runCli('load', env);
      expect([result.exit, result.stdout]).toEqual([13, expect.stringContaining(shard)]);
      expect(Number((await count('damage')).split('\t')[0])).toBeGreaterThan(0);
      if (how === 'flipped') {
        const verified = (await runCli('verify', env)).stdout;
        expect(verified).toContain(`${shard} is damaged: make join AGAIN=1 RANGE=1-`);
      }
      await runNamed(result.stdout, /(make join AGAIN=1 RANGE=\d+-\d+)/);
      await expectRepaired();
    },
  );

  it('whose content is exchanged with that of another: both are named, neither is loaded', async () => {
    const [one = '', two = ''] = parquetIn(shards);
    renameSync(one, `${one}.x`);
    renameSync(two, one);
    renameSync(`${one}.x`, two);
    const result = await runCli('load', env);
    expect(result.exit).toBe(13);
    expect(result.stdout).toContain(one);
    expect(result.stdout).toContain(two);
    for (const [, command = ''] of result.stdout.matchAll(/(make join AGAIN=1 RANGE=\d+-\d+)/g)) {
      await runNamed(command, /(.*)/);
    }
    await expectRepaired();
  });

  slowIt('that is cut is made again by join as it stands', async () => {
    damages.cut(parquetIn(shards)[0] ?? '');
    expect(await mustRun('join', env)).toContain('1 units');
    expect(fileHashes(inData(env.DATA_DIR))).toEqual(hashes);
  });
});

it.each(casesOf([['images', 'flipped']] as const, [['site', 'cut']] as const))(
  'an export file of %s that is %s is not joined; the command that is named repairs it',
  async (source, how) => {
    const [file = ''] = parquetIn(join(inData(env.DATA_DIR), 'export', source));
    damages[how](file);
    const result = await runCli('join', { ...env, AGAIN: '1', RANGE: '1-10' });
    expect([result.exit, result.stdout]).toEqual([13, expect.stringContaining(file)]);
    await runNamed(result.stdout, /(make export AGAIN=1 SOURCES=\S+(?: RANGE=\d+-\d+)?)/);
    expect(fileHashes(inData(env.DATA_DIR))).toEqual(hashes);
    await mustRun('join', { ...env, AGAIN: '1', RANGE: '1-10' });
  },
);

it('a file of rejects that is changed is named by verify, and made again', async () => {
  const [file = ''] = parquetIn(join(shards, 'rejects'));
  damages.flipped(file);
  await mustRun('load', env);
  const result = await runCli('verify', env);
  expect([result.exit, result.stdout]).toEqual([3, expect.stringContaining(file)]);
  await runNamed(result.stdout, /(make join AGAIN=1 RANGE=\d+-\d+)/);
  expect(fileHashes(inData(env.DATA_DIR))).toEqual(hashes);
});

it('files that no manifest names are left alone, and said', async () => {
  const [shard = ''] = parquetIn(shards);
  copyFileSync(shard, join(shards, 'images_analytical.9999999998-9999999999.parquet'));
  const result = await runCli('load', env);
  expect([result.exit, result.stdout]).toEqual([0, expect.stringContaining('not in the manifest')]);
  expect(await count('damage')).toBe(rows);
});

describe('the papers', () => {
  it('a damaged manifest line is named with its number and the command that takes it out; join makes it anew', async () => {
    const [name = ''] = readdirSync(shards).filter((one) => one.startsWith('manifest.'));
    const path = join(shards, name);
    const lines = readFileSync(path, 'utf8').split('\n');
    lines[1] = (lines[1] ?? '').replace('"rows":', '"rosw":');
    writeFileSync(path, lines.join('\n'));
    for (const command of ['join', 'load', 'verify', 'status']) {
      const result = await runCli(command, env);
      expect([result.exit, result.stderr]).toEqual([13, expect.stringContaining(`${path} line 2 is damaged`)]);
      expect(result.stderr).toContain(`sed -i.bak '2d' '${path}'`);
    }
    writeFileSync(path, lines.filter((_, index) => index !== 1).join('\n'));
    expect(await mustRun('join', env)).toContain('1 units');
    await expectRepaired();
  });

  it('a damaged plan.json stops with its name', async () => {
    const path = join(inData(env.DATA_DIR), 'plan.json');
    damages.cut(path);
    writeFileSync(path, readFileSync(path).subarray(0, -20));
    for (const command of ['export', 'join', 'verify']) {
      const result = await runCli(command, env);
      expect([result.exit, result.stderr]).toEqual([13, expect.stringContaining(path)]);
    }
  });

  it('a damaged dataset.json stops the load with its name, and join writes it anew', async () => {
    const path = join(shards, 'dataset.json');
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.slice(0, -20));
    const result = await runCli('load', env);
    expect([result.exit, result.stderr]).toEqual([13, expect.stringMatching(/dataset\.json[\s\S]*make join/)]);
    expect(await mustRun('join', env)).toContain('nothing to do');
    expect(readFileSync(path, 'utf8')).toBe(text);
    await expectRepaired();
  });
});
