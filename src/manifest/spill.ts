import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type Layout, spillDir } from './layout.js';
import { isAlive, machineId } from './lock.js';

const prefix = '.spill-';
/** What nobody has touched for so long belongs to no run, whatever machine it was on. */
const oldMs = 7 * 24 * 3600 * 1000;

/** Where process ids mean something, short enough for a file's name. */
function machineName(): string {
  return createHash('sha256')
    .update(machineId() ?? hostname())
    .digest('hex')
    .slice(0, 8);
}

/**
 * A folder for what an engine of this process spills, of its own: two that shared one would write the same files, and
 * the first to end would remove the other's. The engine makes it when it first spills, and removes it at its end.
 */
export function ownSpillDir(layout: Layout): string {
  return join(layout.root, `${prefix}${machineName()}-${process.pid}-${randomBytes(4).toString('hex')}`);
}

/** Removes what killed runs left: of dead processes of this machine, and what is a week old. */
export async function sweepSpills(layout: Layout): Promise<void> {
  const here = machineName();
  for (const name of await readdir(layout.root).catch(() => [])) {
    const [, machine, pid] = /^\.spill-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
    if (machine === undefined) continue;
    const path = join(layout.root, name);
    const isDead = machine === here && !isAlive(Number(pid));
    if (isDead || (await isOld(path))) await rm(path, { recursive: true, force: true });
  }
  // What a killed verify had fetched.
  for (const name of await readdir(spillDir(layout)).catch(() => [])) {
    const path = join(spillDir(layout), name);
    if (name.startsWith('verify-') && (await isOld(path))) await rm(path, { force: true });
  }
}

async function isOld(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > oldMs;
}
