import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fileHashes, fillSources, inData, onServer } from '../support/migration.js';

/** A small file system of its own; undefined where this user may not mount one. */
function mountSmall(folder: string, size: string): (() => void) | undefined {
  mkdirSync(folder, { recursive: true });
  spawnSync('umount', [folder]);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  return mounted.status === 0 ? () => void spawnSync('umount', ['-l', folder]) : undefined;
}

const disk = join(dataFolder('disk_full'), 'mounted');
const unmount = mountSmall(disk, '32m');
if (unmount === undefined) console.warn('SKIPPED: a full disk, since this user may not mount a small file system');

describe.skipIf(unmount === undefined)('a full disk', () => {
  let env: Env;
  let calmFolder: string;
  let hashes: Record<string, string>;
  const filler = join(disk, 'filler');
  const free = (): void => rmSync(filler, { force: true });
  /** Fills the disk but for so many bytes. */
  const leave = (bytes: number): void => {
    free();
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - bytes)));
  };
  const temporaries = (): string[] =>
    readdirSync(disk, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.parquet.tmp'));

  beforeAll(async () => {
    const source = await fillSources('disk_full', { images: 1500, badValues: true, months: 12 });
    env = { ...source.env, ...boxEnv('26.7', 'disk_full'), RANGE_ROWS: '500', SHARD_ROWS: '500', CREATE: '1' };
    calmFolder = dataFolder('disk_full_calm');
    const calm = { ...env, DATA_DIR: calmFolder };
    for (const command of ['export', 'join']) await mustRun(command, calm);
    hashes = fileHashes(inData(calm.DATA_DIR));
    env = { ...env, DATA_DIR: disk };
  });
  afterAll(() => unmount?.());

  /** Runs a command with ever more room until it comes to its end; every failure must be the same, and clean. */
  async function withMoreAndMoreRoom(command: string, rooms: readonly number[]): Promise<string[]> {
    const codes: string[] = [];
    for (const room of rooms) {
      leave(room);
      const { exit, stdout, stderr } = await runCli(command, env);
      if (exit === 0) codes.push('done');
      else {
        expect([exit, `${stdout}${stderr}`]).toEqual([3, expect.stringContaining('code: DISK_FULL')]);
        expect(stderr).toContain(disk);
        expect(stderr).toContain('run the same command again');
        expect(temporaries()).toEqual([]);
        codes.push('full');
      }
      free();
    }
    expect(await mustRun(command, env)).toBeDefined();
    return codes;
  }

  it('stops plan, export, join and load with the folder and what is free; each goes on when there is room', async () => {
    expect(await withMoreAndMoreRoom('plan', [0])).toEqual(['full']);
    expect(await withMoreAndMoreRoom('export', [0, 40_000, 90_000, 150_000])).toContain('full');
    expect(await withMoreAndMoreRoom('join', [0, 30_000, 100_000])).toContain('full');
    expect(fileHashes(inData(disk))).toEqual(hashes);
    expect(await withMoreAndMoreRoom('load', [0])).toEqual(['full']);
    const seen = await onServer('26.7', 'SELECT count() = uniqExact(image_id) FROM disk_full.images_analytical');
    expect(seen).toBe('1');
    for (const command of ['export', 'join', 'load']) expect(await mustRun(command, env)).toContain('nothing to do');
  });

  it('ship onto it: what is there is whole, and the rest follows', async () => {
    const ship = { ...env, DATA_DIR: calmFolder, DEST: join(disk, 'to') };
    leave(100_000);
    const full = await runCli('ship', ship);
    expect([full.exit, full.stdout + full.stderr]).toEqual([3, expect.stringContaining('code: DISK_FULL')]);
    free();
    await mustRun('ship', ship);
    expect(await mustRun('ship', ship)).toContain('nothing to do');
  });
});
