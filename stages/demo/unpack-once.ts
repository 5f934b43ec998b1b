import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';

/** A killed holder's lock is taken over after this long; a living one renews it far more often. */
const lockStaleMs = 10_000;
const lockRenewMs = 2_500;
/** How long another process may take to unpack the same thing: a slow line and 200 MB. */
const lockWaitMs = 900_000;
const lockPollMs = 500;

/**
 * Makes the folder `target` once: `fill` writes it under a temporary name beside it, and only a filled folder gets its
 * name, so a kill leaves nothing half. A second process that wants the same folder waits and then finds it made.
 *
 * @param options.usable says whether a folder found there still works; one that does not is made again
 * @throws Error of `fill`, or when another process holds the lock for 15 minutes
 */
export async function unpackOnce(options: {
  target: string;
  fill: (folder: string) => Promise<void>;
  usable?: (folder: string) => boolean;
}): Promise<void> {
  const { target, fill, usable = () => true } = options;
  const isThere = (): boolean => existsSync(target) && usable(target);
  if (isThere()) return;
  await mkdir(dirname(target), { recursive: true });
  const release = await lock(target, {
    realpath: false,
    stale: lockStaleMs,
    update: lockRenewMs,
    retries: { retries: lockWaitMs / lockPollMs, factor: 1, minTimeout: lockPollMs, maxTimeout: lockPollMs },
    // The library throws here from a timer, which nobody could catch. A lost lock can only mean that this process
    // stood still for long; the rename below then decides who was first.
    onCompromised: () => {},
  });
  try {
    if (isThere()) return;
    await removeRemains(target);
    const folder = `${target}.unpacking-${process.pid}`;
    await mkdir(folder, { recursive: true });
    try {
      await fill(folder);
      await rm(target, { recursive: true, force: true });
      await rename(folder, target);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await release().catch(() => {});
  }
}

/** Folders that killed processes left; whoever holds the lock is the only one who may be filling one. */
async function removeRemains(target: string): Promise<void> {
  const prefix = `${basename(target)}.unpacking-`;
  for (const name of await readdir(dirname(target))) {
    if (name.startsWith(prefix)) await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}
