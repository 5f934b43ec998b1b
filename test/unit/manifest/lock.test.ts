import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { listenToSteps } from '../../../src/core/steps.js';
import { lockHolder, takeLock } from '../../../src/manifest/lock.js';
import { scratchFolder } from '../support.js';

const folder = scratchFolder();
let serial = 0;
const releases: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const release of releases.splice(0)) await release();
});

const nextPath = (): string => join(folder, `.lock-${serial++}`);

async function take(path: string): Promise<() => Promise<void>> {
  const release = await takeLock(path, 'export', () => undefined);
  releases.push(release);
  return release;
}

/** A lock as a process leaves it that ended without releasing it. */
function heldBy(path: string, holder: object | undefined, touchedMsAgo = 0): void {
  mkdirSync(`${path}.held`);
  const touched = new Date(Date.now() - touchedMsAgo);
  utimesSync(`${path}.held`, touched, touched);
  if (holder) writeFileSync(`${path}.json`, JSON.stringify(holder));
}

const since = '2024-01-01T00:00:00.000Z';
const deadPid = spawnSync(process.execPath, ['-e', '']).pid;

test('the second taker gets exit 11, naming pid and host (fault 27)', async () => {
  const path = nextPath();
  await take(path);
  const error = await take(path).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'STAGE_LOCKED', exit: 11 });
  expect(String(error)).toContain(`process ${process.pid} on ${hostname()}`);
});

test('of several that start together exactly one gets it', async () => {
  const path = nextPath();
  const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => take(path)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a released lock can be taken again', async () => {
  const path = nextPath();
  await (await take(path))();
  await (await take(path))();
  expect(existsSync(`${path}.held`)).toBe(false);
});

test('locks of other stages do not matter', async () => {
  await take(nextPath());
  await take(nextPath());
});

describe('who holds a lock is seen without taking it', () => {
  test('nobody; this process; nobody again', async () => {
    const path = nextPath();
    expect(await lockHolder(path)).toBeUndefined();
    const release = await take(path);
    expect(await lockHolder(path)).toMatchObject({ pid: process.pid, host: hostname(), isAlive: true });
    await release();
    expect(await lockHolder(path)).toBeUndefined();
  });

  test('one of another host while it is touched; not one that is dead or has not touched it for long', async () => {
    const [elsewhere, dead, stale] = [nextPath(), nextPath(), nextPath()];
    heldBy(elsewhere, { pid: deadPid, host: 'other-host', since });
    heldBy(dead, { pid: deadPid, host: hostname(), since });
    heldBy(stale, { pid: deadPid, host: 'other-host', since }, 60_000);
    expect(await lockHolder(elsewhere)).toEqual({ pid: deadPid, host: 'other-host', since, isAlive: true });
    for (const path of [dead, stale]) expect(await lockHolder(path)).toMatchObject({ since, isAlive: false });
  });
});

describe('a lock that was left', () => {
  test('by a dead process of this host is taken over at once', async () => {
    const path = nextPath();
    heldBy(path, { pid: deadPid, host: hostname(), since });
    const begin = performance.now();
    await take(path);
    expect(performance.now() - begin).toBeLessThan(2000);
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
  });

  test('by a process that died before it wrote its name is taken over', async () => {
    const path = nextPath();
    heldBy(path, undefined);
    await take(path);
  });

  test('by a dead process: of two takers one gets it, the other is told by whom', async () => {
    const path = nextPath();
    heldBy(path, { pid: deadPid, host: hostname(), since });
    const outcomes = await Promise.allSettled([take(path), take(path)]);
    const refused = outcomes.find((one): one is PromiseRejectedResult => one.status === 'rejected');
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(String(refused?.reason)).toContain(`process ${process.pid} `);
  });

  test('by another host that touched it just now is respected, whatever runs here under its pid', async () => {
    const path = nextPath();
    heldBy(path, { pid: deadPid, host: 'other-host', since });
    await expect(take(path)).rejects.toMatchObject({ code: 'STAGE_LOCKED' });
    await expect(take(path)).rejects.toThrow(`process ${deadPid} on other-host, since ${since}`);
  });

  test('by another host that has not touched it for long is stale and taken over', async () => {
    const path = nextPath();
    heldBy(path, { pid: deadPid, host: 'other-host', since }, 60_000);
    await take(path);
    expect(JSON.parse(readFileSync(`${path}.json`, 'utf8'))).toMatchObject({ host: hostname() });
  });

  test('by a process of this host whose pid another one has now is refused until it is stale', async () => {
    const path = nextPath();
    heldBy(path, { pid: process.ppid, host: hostname(), since });
    await expect(take(path)).rejects.toMatchObject({ code: 'STAGE_LOCKED' });
    rmSync(`${path}.held`, { recursive: true });
    heldBy(path, { pid: process.ppid, host: hostname(), since }, 60_000);
    await take(path);
  });

  test('by an earlier process that had our own pid, as in a container, is taken over at once', async () => {
    const path = nextPath();
    heldBy(path, { pid: process.pid, host: hostname(), since });
    await take(path);
    await expect(take(path)).rejects.toMatchObject({ code: 'STAGE_LOCKED' });
  });

  test('by a process that is not seen from here, of a machine or container with the same name, is respected', async () => {
    const path = nextPath();
    heldBy(path, { pid: deadPid, host: hostname(), since, machine: 'another boot pid:[1]' });
    await expect(take(path)).rejects.toMatchObject({ code: 'STAGE_LOCKED' });
  });

  test('and released keeps the name of its holder, which is gone before the next one takes it', async () => {
    const path = nextPath();
    await (await take(path))();
    expect(existsSync(`${path}.json`)).toBe(true);
    // A run that is killed between taking and naming must not stand under the name of the holder before.
    const named: Record<string, boolean> = {};
    listenToSteps((name) => {
      named[name] = existsSync(`${path}.json`);
    });
    await take(path).finally(() => listenToSteps(undefined));
    expect(named).toMatchObject({ 'enter guard of lock': true, 'take lock': false, 'name lock': false });
  });

  test('with its guard, by a process that was killed while it took the lock, is waited for and taken', async () => {
    const path = nextPath();
    mkdirSync(`${path}.guard`);
    await take(path);
  });
});

describe('a lock that is lost while it is held', () => {
  test.each(['removed', 'taken over'])(
    '%s: the holder is told, and its release leaves the new one alone',
    async (how) => {
      const path = nextPath();
      const onLost = vi.fn();
      const release = await takeLock(path, 'export', onLost, 2000);
      rmSync(`${path}.held`, { recursive: true });
      if (how === 'taken over') heldBy(path, { pid: deadPid, host: 'other-host', since }, -5000);
      await vi.waitFor(() => expect(onLost).toHaveBeenCalledOnce(), { timeout: 10_000 });
      await release();
      expect(existsSync(`${path}.held`)).toBe(how === 'taken over');
    },
  );
});
