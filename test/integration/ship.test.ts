import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { killWhen, mustRun, runCli } from '../support/cli.js';
import {
  boxEnv,
  dataFolder,
  type Env,
  fileHashes,
  fillSources,
  inData,
  type Migration,
  onServer,
} from '../support/migration.js';
import { slowIt } from '../support/suite.js';

let source: Migration;
let env: Env;
let shards: string;
let loaded: string;

/** A place to ship to. */
const to = (name: string): Env => ({ ...env, DEST: dataFolder(`ship_${name}`) });
const dest = (ship: Env): string => ship.DEST ?? '';
const shardsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.parquet'))
    .sort();

/** Loads the folder that was shipped, into a database of its own. */
const loadThere = (ship: Env, database: string): ReturnType<typeof runCli> =>
  runCli('load', { ...boxEnv('26.7', database), CREATE: '1', DATA_DIR: dest(ship) });

beforeAll(async () => {
  source = await fillSources('ship', { images: 3000, badValues: true, months: 12 });
  env = { ...source.env, RANGE_ROWS: '500', SHARD_ROWS: '500', DATA_DIR: dataFolder('ship_made') };
  for (const command of ['export', 'join']) await mustRun(command, env);
  shards = join(inData(env.DATA_DIR ?? ''), 'shards');
  expect(shardsIn(shards).length).toBe(6);
  expect(readdirSync(join(shards, 'rejects')).length).toBeGreaterThan(0);
  const made = { ...env, ...boxEnv('26.7', 'ship_made'), CREATE: '1' };
  await mustRun('load', made);
  loaded = await onServer('26.7', 'SELECT count(), uniqExact(image_id) FROM ship_made.images_analytical');
});

describe('to a folder', () => {
  it('sends all of it, once: it loads there, its sums hold, and a second time there is nothing to do', async () => {
    const ship = to('whole');
    expect(await mustRun('ship', { ...ship, DRY_RUN: '1' })).toContain('would send images_analytical.');
    expect(existsSync(dest(ship))).toBe(false);
    expect(await mustRun('ship', ship)).toContain('6 units');
    expect(fileHashes(dest(ship))).toEqual(fileHashes(shards));
    const sums = spawnSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: dest(ship), encoding: 'utf8' });
    expect([sums.status, sums.stdout]).toEqual([0, expect.stringContaining('rejects/')]);
    for (const paper of ['LOAD.md', 'SHA256SUMS', 'dataset.json']) {
      expect(readFileSync(join(dest(ship), paper), 'utf8')).toBe(readFileSync(join(shards, paper), 'utf8'));
    }
    expect((await loadThere(ship, 'ship_whole')).exit).toBe(0);
    expect(await onServer('26.7', 'SELECT count(), uniqExact(image_id) FROM ship_whole.images_analytical')).toBe(
      loaded,
    );
    expect(await mustRun('ship', ship)).toContain('nothing to do');
  });

  it('by ranges, a damaged and a missing file there are sent again; a foreign one is left alone', async () => {
    const ship = to('parts');
    await mustRun('ship', { ...ship, RANGE: '1-1000' });
    expect(shardsIn(dest(ship)).length).toBe(2);
    expect((await loadThere(ship, 'ship_parts')).exit).toBe(0);
    expect(await mustRun('ship', ship)).toContain('4 units');
    const [first = '', second = ''] = shardsIn(dest(ship));
    appendFileSync(join(dest(ship), first), 'x');
    rmSync(join(dest(ship), second));
    copyFileSync(join(shards, first), join(dest(ship), 'images_analytical.9999999998-9999999999.parquet'));
    expect(await mustRun('ship', ship)).toContain('2 units');
    rmSync(join(dest(ship), 'images_analytical.9999999998-9999999999.parquet'));
    expect(fileHashes(dest(ship))).toEqual(fileHashes(shards));
  });

  it('SIGKILL half-way: what is there whole loads, what is missing is said, and the next run sends the rest', async () => {
    const ship = to('killed');
    expect(await killWhen('ship', ship, /ship \d+-\d+:/)).toBe(true);
    const there = shardsIn(dest(ship)).length;
    expect(there).toBeGreaterThan(0);
    expect(there).toBeLessThan(6);
    const half = await loadThere(ship, 'ship_killed');
    expect([half.exit, half.stdout]).toEqual([
      13,
      expect.stringMatching(/[1-5] shards of SHA256SUMS are not in the manifest/),
    ]);
    expect(Number(await onServer('26.7', 'SELECT count() FROM ship_killed.images_analytical'))).toBeGreaterThan(0);
    await mustRun('ship', ship);
    expect(fileHashes(dest(ship))).toEqual(fileHashes(shards));
    expect((await loadThere(ship, 'ship_killed')).exit).toBe(0);
    expect(await onServer('26.7', 'SELECT count(), uniqExact(image_id) FROM ship_killed.images_analytical')).toBe(
      loaded,
    );
  });

  slowIt('a shard that is damaged here is not sent, the others are', async () => {
    const folder = dataFolder('ship_damaged_here');
    cpSync(shards, folder, { recursive: true });
    const [first = ''] = shardsIn(folder);
    const bytes = readFileSync(join(folder, first));
    writeFileSync(join(folder, first), bytes.fill((bytes[5000] ?? 0) ^ 1, 5000, 5001));
    const ship = { ...to('damaged'), DATA_DIR: folder };
    const result = await runCli('ship', ship);
    expect([result.exit, result.stdout]).toEqual([13, expect.stringMatching(/make join AGAIN=1 RANGE=1-\d+$/m)]);
    expect(shardsIn(dest(ship)).length).toBe(5);
    expect((await loadThere(ship, 'ship_damaged')).stdout).toContain(first);
  });

  slowIt('two machines may ship into one folder', async () => {
    const ship = to('two');
    await mustRun('ship', { ...ship, PART: '1/2' });
    // The other machine holds other shards only.
    const other = dataFolder('ship_other');
    mkdirSync(other, { recursive: true });
    cpSync(shards, other, { recursive: true });
    const manifest = readdirSync(other).find((name) => name.startsWith('manifest.')) ?? '';
    const lines = readFileSync(join(other, manifest), 'utf8').trimEnd().split('\n');
    const sent = readFileSync(join(dest(ship), 'SHA256SUMS'), 'utf8');
    const odd = lines.filter((line) => !sent.includes((JSON.parse(line) as { file: string }).file));
    expect(odd.length).toBe(3);
    writeFileSync(join(other, manifest), `${odd.join('\n')}\n`);
    rmSync(join(other, 'SHA256SUMS'));
    await mustRun('ship', { ...ship, DATA_DIR: other, PART: '1/1' });
    expect(spawnSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: dest(ship) }).status).toBe(0);
    expect((await loadThere(ship, 'ship_two')).exit).toBe(0);
    expect(await onServer('26.7', 'SELECT count(), uniqExact(image_id) FROM ship_two.images_analytical')).toBe(loaded);
  });

  it('what cannot be a place is refused, and so is a folder of another dataset', async () => {
    for (const [place, code] of [
      ['', 'DEST_MISSING'],
      ['s3://bucket/x', 'DEST_UNSUPPORTED'],
      [shards, 'DEST_SYNTAX'],
    ] as const) {
      const refused = await runCli('ship', { ...env, DEST: place });
      expect([refused.exit, refused.stderr]).toEqual([2, expect.stringContaining(`code: ${code}`)]);
    }
    const ship = to('strange');
    mkdirSync(dest(ship), { recursive: true });
    writeFileSync(join(dest(ship), 'dataset.json'), '{"name":"other"}');
    const result = await runCli('ship', ship);
    expect([result.exit, result.stderr]).toEqual([2, expect.stringContaining('code: SHIP_OTHER_DATASET')]);
    expect(readdirSync(dest(ship))).toEqual(['dataset.json']);
  });
});
