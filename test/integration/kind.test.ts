import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Event } from '../../src/core/events.js';
import { mustRun, runCli, startCli } from '../support/cli.js';
import { dataFolder, type Env, fileHashes, fillSources, inData } from '../support/migration.js';

const limit = 20;
/** What a source read in one pass goes through when its rows are here. */
const ownPhases = /^(sorting|cutting)/;
let env: Env;
let calm: Readonly<Record<string, string>>;

beforeAll(async () => {
  ({ env } = await fillSources('kind', { images: 1500, months: 3 }, false));
  env = { ...env, RANGE_ROWS: '300', SHARD_ROWS: '600' };
  const undisturbed = { ...env, DATA_DIR: dataFolder('kind-calm') };
  await mustRun('export', undisturbed);
  calm = fileHashes(inData(undisturbed.DATA_DIR));
});

/** As many statements as are above the limit, until they are ended. */
async function makeBusy(): Promise<() => Promise<void>> {
  const url = inject('servers').mysqlUrl;
  const others = await Promise.all(Array.from({ length: limit + 5 }, () => createConnection(url)));
  for (const one of others) one.query('SELECT SLEEP(300)').catch(() => undefined);
  const calmDown = async (): Promise<void> => {
    const admin = await createConnection(url);
    for (const one of others.splice(0)) await admin.query(`KILL ${one.threadId}`).catch(() => undefined);
    await admin.end();
  };
  onTestFinished(calmDown);
  return calmDown;
}

const spared = (name: string) => ({ ...env, DATA_DIR: dataFolder(name), MAX_LOAD: `Threads_running=${limit}` });

describe('a production server', () => {
  it('that is busy already: export waits before its first unit, says why, and goes on', async () => {
    const calmDown = await makeBusy();
    const busy = spared('kind-before');
    const child = startCli('export', busy);
    let seen = '';
    await new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (/paused: Threads_running is \d+, above 20\n/.test(seen)) resolve();
      });
      child.once('close', () => resolve());
    });
    // Long enough for a unit to be begun, if one were.
    await sleep(1500);
    await calmDown();
    const { exit, stdout } = await child.result;
    expect([exit, stdout]).toEqual([
      0,
      expect.stringMatching(/paused: .*\n[\s\S]* goes on\n[\s\S]*Paused once, .* in all\. Next: make join/),
    ]);
    expect(stdout.slice(stdout.indexOf('paused:'), stdout.indexOf('goes on'))).not.toContain(' rows,');
    expect(fileHashes(inData(busy.DATA_DIR ?? ''))).toEqual(calm);
  });

  it('that gets busy in mid-read: no unit is begun, and the files are those of an undisturbed run', async () => {
    // Slow enough to be still reading when the others come, and when the next look finds them.
    const busy = { ...spared('kind-within'), WORKERS: '1', RATE: '8000', JSON: '1' };
    const child = startCli('export', busy);
    const events: Event[] = [];
    let rest = '';
    let others: Promise<() => Promise<void>> | undefined;
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = JSON.parse(line) as Event;
        events.push(event);
        if (event.event === 'unit-done') others ??= makeBusy();
        if (event.event === 'pause') setTimeout(async () => (await others)?.(), 1500);
      }
    });
    expect((await child.result).exit).toBe(0);
    const kinds = events.map(({ event }) => event);
    const [pause, resume] = [kinds.indexOf('pause'), kinds.indexOf('resume')];
    expect(pause).toBeGreaterThan(0);
    const between = events.slice(pause + 1, resume);
    expect(between.filter(({ event }) => event === 'unit-start')).toEqual([]);
    // What was on its way when the load rose: one batch, and the end of its source and unit. A pass that is read is sorted
    // and cut meanwhile, here and not at the server.
    const atServer = between.filter(
      (one) => one.event !== 'resources' && !(one.event === 'unit-progress' && ownPhases.test(one.phase ?? '')),
    );
    expect(atServer.length).toBeLessThanOrEqual(4);
    expect(kinds.slice(resume).filter((kind) => kind === 'unit-done').length).toBeGreaterThan(0);
    expect(fileHashes(inData(busy.DATA_DIR ?? ''))).toEqual(calm);
  });
});

describe('limits that cannot be watched are said before anything is read', () => {
  it.each([
    [{ MAX_LOAD: 'Thread_running=25' }, 2, 'STATUS_UNKNOWN', 'has no status variable Thread_running'],
    [{ MAX_LAG: '10' }, 2, 'NO_REPLICA', 'is no replica'],
  ] as const)('%j', async (wrong, exit, code, words) => {
    const data = dataFolder('kind-wrong');
    const result = await runCli('export', { ...env, ...wrong, DATA_DIR: data });
    expect([result.exit, result.stderr]).toEqual([
      exit,
      expect.stringMatching(new RegExp(`${words}[\\s\\S]*code: ${code}`)),
    ]);
    expect(readdirSync(data, { recursive: true }).filter((name) => String(name).endsWith('plan.json'))).toEqual([]);
  });
});
