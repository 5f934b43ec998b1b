import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killWhen, mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, fileHashes, fillSources, inData, onServer } from '../support/migration.js';
import { cacheDir } from '../support/servers.js';
import { startSshServer } from '../support/ssh-server.js';

const server = await startSshServer(join(cacheDir, 'test', 'ship_sshd'));
const unavailable = 'unavailable' in server ? server.unavailable : undefined;
if (unavailable !== undefined) console.warn(`SKIPPED: ship over ssh, there is no sshd here: ${unavailable}`);

describe.skipIf(unavailable !== undefined)('ship over ssh', () => {
  if ('unavailable' in server) return;
  const { host, home, options, rsyncPath } = server;
  let made: Env;
  let shards: string;

  beforeAll(async () => {
    const source = await fillSources('ship_ssh', { images: 2000, badValues: true });
    made = { ...source.env, RANGE_ROWS: '500', SHARD_ROWS: '500', DATA_DIR: dataFolder('ship_ssh_made') };
    for (const command of ['export', 'join']) await mustRun(command, made);
    shards = join(inData(made.DATA_DIR ?? ''), 'shards');
  });
  afterAll(() => server.stop());

  const shipTo = (dir: string, way: string): Env => ({
    ...made,
    DEST: `${host}:${dir}`,
    SHIP_SSH_OPTIONS: options,
    ...(way === 'rsync' ? { PATH: rsyncPath } : {}),
  });

  it('there is no rsync here but the one of the test', () => {
    expect(spawnSync('rsync', ['--version'], { env: { PATH: rsyncPath } }).status).toBe(0);
  });

  describe.each(['rsync', 'sftp'])('by %s', (way) => {
    const name = `it's ${way} "$(touch hacked)" \`x\` 100% *;&|`;
    const folder = join(home, name);

    it('sends all of it into a folder whose name no shell may read; nothing is left to do then', async () => {
      const ship = shipTo(name, way);
      expect(await mustRun('ship', ship)).toContain('units');
      expect(fileHashes(folder)).toEqual(fileHashes(shards));
      expect(spawnSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: folder }).status).toBe(0);
      expect(readdirSync(home).filter((one) => one === 'hacked')).toEqual([]);
      expect(readdirSync(folder).filter((one) => /\.tmp$|partial/.test(one))).toEqual([]);
      expect(await mustRun('ship', ship)).toContain('nothing to do');
      const database = `ship_${way}`;
      await mustRun('load', { ...boxEnv('26.7', database), CREATE: '1', DATA_DIR: folder });
      const count = await onServer('26.7', `SELECT count() = uniqExact(image_id) FROM ${database}.images_analytical`);
      expect(count).toBe('1');
    });

    it('sends again what is changed there in silence (same size, same time), and what is missing', async () => {
      const [first = '', second = ''] = readdirSync(folder).filter((one) => one.endsWith('.parquet'));
      const bytes = readFileSync(join(folder, first));
      spawnSync(
        'sh',
        [
          '-c',
          `cp -p "$1" keep; printf x | dd of="$1" bs=1 seek=5000 conv=notrunc; touch -r keep "$1"; rm keep`,
          'sh',
          first,
        ],
        { cwd: folder },
      );
      expect(readFileSync(join(folder, first)).equals(bytes)).toBe(false);
      rmSync(join(folder, second));
      await mustRun('ship', shipTo(name, way));
      expect(fileHashes(folder)).toEqual(fileHashes(shards));
    });

    it('a shard that is damaged here is named, and no manifest there names it', async () => {
      const here = dataFolder(`ship_ssh_damaged_${way}`);
      mkdirSync(here, { recursive: true });
      cpSync(shards, here, { recursive: true });
      const [first = ''] = readdirSync(here).filter((one) => one.endsWith('.parquet'));
      appendFileSync(join(here, first), 'x');
      const there = join(home, `damaged-${way}`);
      const result = await runCli('ship', { ...shipTo(there, way), DATA_DIR: here });
      expect([result.exit, result.stdout]).toEqual([13, expect.stringMatching(/make join AGAIN=1 RANGE=1-\d+$/m)]);
      const [manifest = ''] = readdirSync(there).filter((one) => one.startsWith('manifest.'));
      expect(readFileSync(join(there, manifest), 'utf8')).not.toContain(first);
    });

    it('SIGKILL after the first files: the next run ends it', async () => {
      const there = join(home, `killed-${way}`);
      await killWhen('ship', shipTo(there, way), /SHA256SUMS|ship \d|range/);
      await mustRun('ship', shipTo(there, way));
      expect(fileHashes(there)).toEqual(fileHashes(shards));
    });
  });

  it('a server that is not there, a key that is not known, a host that is unknown: 12, with what ssh said', async () => {
    const nobody = await runCli('ship', { ...shipTo('x', 'sftp'), SHIP_SSH_OPTIONS: 'Port=1' });
    const noKey = await runCli('ship', {
      ...shipTo('x', 'sftp'),
      SHIP_SSH_OPTIONS: options.replace(/IdentityFile=\S+/, 'IdentityFile=/dev/null'),
    });
    const unknown = await runCli('ship', {
      ...shipTo('x', 'sftp'),
      SHIP_SSH_OPTIONS: options.replace(/UserKnownHostsFile=\S+/, 'UserKnownHostsFile=/dev/null'),
    });
    expect([nobody.exit, nobody.stderr]).toEqual([12, expect.stringContaining('code: SHIP_UNREACHABLE')]);
    expect([noKey.exit, noKey.stderr]).toEqual([12, expect.stringContaining('code: SHIP_REFUSED')]);
    expect([unknown.exit, unknown.stderr]).toEqual([12, expect.stringContaining('Host key verification failed')]);
  });
});
