import { readFileSync, readlinkSync } from 'node:fs';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import lockfile from 'proper-lockfile';
import { exits, TransloadError } from '../core/errors.js';
import { step } from '../core/steps.js';
import { makeFolder, sizeOf } from './atomic-file.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** Where the pid means something; left out where the system does not tell. */
  readonly machine?: string;
}

/** A lock whose holder has not touched it for this long is stale, also one of another host. */
const staleMsDefault = 30_000;
/** The guard is held for milliseconds: one that is this old was left by a run that was killed in it. */
const guardStaleMs = 2000;

/** Locks of this process: another one that had its pid before is dead. */
const held = new Set<string>();

/**
 * This boot of this machine and its space of pids, where the system tells (Linux): hosts with the same name, and
 * containers of one host, do not see each other's processes, and must not take them for dead.
 */
export function machineId(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** True where a process of that id runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** True only where it is certain: of a holder elsewhere it is not, whatever runs here under its pid. */
function isDead(holder: Holder, path: string): boolean {
  const here = machineId();
  const isElsewhere = holder.machine !== undefined && here !== undefined && holder.machine !== here;
  if (holder.host !== hostname() || isElsewhere) return false;
  return holder.pid === process.pid ? !held.has(resolve(path)) : !isAlive(holder.pid);
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(`${path}.json`, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

/** Who holds a lock, or has left it behind (`isAlive` false: killed); undefined where nobody does. Looks only. */
export async function lockHolder(
  path: string,
  staleMs = staleMsDefault,
): Promise<{ pid: number; host: string; since: string; isAlive: boolean } | undefined> {
  const held = await stat(`${path}.held`).catch(() => undefined);
  const holder = held && (await readHolder(path));
  if (held === undefined || holder === undefined) return undefined;
  const { pid, host, since } = holder;
  return { pid, host, since, isAlive: Date.now() - held.mtimeMs <= staleMs && !isDead(holder, path) };
}

/**
 * Takes the lock of a stage across processes and hosts (fault 27). A lock of a dead process of this machine is taken
 * over at once, one of another machine when its holder has not touched it for `staleMs`. Throws STAGE_LOCKED (exit 11)
 * naming pid and host. `onLost` is called if the lock is taken away while held (the machine slept too long): the
 * holder learns of it within half of `staleMs`.
 */
export async function takeLock(
  path: string,
  stage: string,
  onLost: () => void,
  staleMs = staleMsDefault,
): Promise<() => Promise<void>> {
  await makeFolder(dirname(path));
  let leave: () => Promise<void> = async () => undefined;
  let isGuardLost = false;
  try {
    step('enter guard of lock');
    // Two runs that find the same dead holder must not both take over: one at a time looks and takes.
    leave = await lockfile.lock(`${path}.guard`, {
      // The library knows its locks by the first argument: the two need different ones.
      ...{ lockfilePath: `${path}.guard`, realpath: false, stale: guardStaleMs },
      retries: { retries: 40, minTimeout: 50, maxTimeout: 250 },
      onCompromised: () => {
        isGuardLost = true;
      },
    });
    const holder = await readHolder(path);
    // A holder writes its name inside the guard: a lock without a name was taken by a run that was killed right then.
    if (holder === undefined || isDead(holder, path)) {
      step('remove lock of dead holder');
      await rm(`${path}.held`, { recursive: true, force: true });
    }
    // The name of the holder before would stand for one that is killed before it writes its own.
    if ((await sizeOf(`${path}.held`)) === undefined) await rm(`${path}.json`, { force: true });
    step('take lock');
    const release = await lockfile.lock(`${path}.held`, {
      ...{ lockfilePath: `${path}.held`, realpath: false, stale: staleMs, onCompromised: onLost },
    });
    step('name lock');
    const machine = machineId();
    const me: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    await writeFile(`${path}.json`, JSON.stringify(machine === undefined ? me : { ...me, machine }));
    if (isGuardLost) onLost();
    held.add(resolve(path));
    // The name stays: removing it here could remove that of the next holder.
    return async () => {
      held.delete(resolve(path));
      step('release lock');
      await release().catch(() => undefined);
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
    await leave().catch(() => undefined);
  }
}
