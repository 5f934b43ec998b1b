import { readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import lockfile from 'proper-lockfile';
import { exits, TransloadError } from '../core/errors.js';
import { step } from '../core/steps.js';
import { makeFolder } from './atomic-file.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
}

/** A lock whose holder has not touched it for this long is stale, also one of another host. */
const staleMs = 30_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(`${path}.json`, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock of a stage across processes and hosts (fault 27). A lock of a dead process of this host is taken over
 * at once, one of another host when it has gone stale. Throws STAGE_LOCKED (exit 11) naming pid and host.
 * `onLost` is called if the lock is taken away while held (the machine slept too long).
 */
export async function takeLock(path: string, stage: string, onLost: () => void): Promise<() => Promise<void>> {
  await makeFolder(dirname(path));
  // Two runs that find the same dead holder must not both take over: one at a time looks and takes.
  const guard = { lockfilePath: `${path}.guard`, realpath: false, stale: 5000 };
  step('enter guard of lock');
  // The library knows its locks by the first argument: the two need different ones.
  const leave = await lockfile.lock(`${path}.guard`, {
    ...guard,
    retries: { retries: 40, minTimeout: 50, maxTimeout: 250 },
  });
  try {
    const holder = await readHolder(path);
    // A holder writes its name inside the guard: a lock without a name was taken by a run that was killed right then.
    if (holder === undefined || (holder.host === hostname() && !isAlive(holder.pid))) {
      step('remove lock of dead holder');
      await rm(`${path}.held`, { recursive: true, force: true });
    }
    step('take lock');
    const release = await lockfile.lock(`${path}.held`, {
      lockfilePath: `${path}.held`,
      realpath: false,
      stale: staleMs,
      onCompromised: onLost,
    });
    step('name lock');
    await writeFile(
      `${path}.json`,
      JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }),
    );
    // The name stays: removing it here could remove that of the next holder.
    return () => {
      step('release lock');
      return release().catch(() => undefined);
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
    const holder = await readHolder(path);
    const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : 'another process';
    throw new TransloadError(
      exits.locked,
      'STAGE_LOCKED',
      `cannot ${stage}: another run holds this stage (${who})`,
      `wait for it, or end it and run \`make ${stage}\` again`,
    );
  } finally {
    step('leave guard of lock');
    await leave();
  }
}
