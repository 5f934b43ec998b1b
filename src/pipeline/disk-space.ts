import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskFull, isDiskFull } from '../core/disk-full.js';
import { TransloadError } from '../core/errors.js';
import type { Amount } from '../core/events.js';
import { removeFile } from '../manifest/atomic-file.js';
import type { Context } from './context.js';
import type { Unit } from './run-stage.js';

/** A unit that writes into the data folder. */
export interface DiskUnit extends Unit {
  /** Bytes that its files will take, roughly; 0 where nothing is known. */
  readonly needsBytes?: number;
  /**
   * What it leaves when it fails is removed: of a range that broke off it is of no use (fault 1), and a full disk has
   * room for the others' records again.
   */
  readonly leftovers?: readonly string[];
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

/** Bytes that this user may still write on the disk that holds a folder, or will hold it. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    const parent = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder) throw error;
    return freeBytes(parent);
  }
}

/**
 * Watches the data folder's disk over the units of a stage (fault 21). An estimate that does not fit is a warning, since
 * it is a guess. No unit is begun when less is free than half of what it takes by the rows of those before it, and a
 * unit that meets a full disk is undone and stops the run: DISK_FULL with the folder and the room that is needed.
 */
export async function watchDisk(context: Context, stage: string, units: readonly DiskUnit[]): Promise<Unit[]> {
  const { report, layout, stop, signal } = context;
  const folder = layout.root;
  const needed = units.reduce((sum, { needsBytes = 0 }) => sum + needsBytes, 0);
  const free = await freeBytes(folder);
  if (needed > free) {
    const text = `${stage} may need about ${megabytes(needed)} in ${folder}, and ${megabytes(free)} are free`;
    report({ event: 'warning', text });
  }
  const written = { rows: 0, bytes: 0 };
  const expected = (unit: DiskUnit): number =>
    written.rows === 0 ? (unit.needsBytes ?? 0) : Math.round((unit.rows * written.bytes) / written.rows);
  const fail = async (unit: DiskUnit, cause?: unknown): Promise<TransloadError> => {
    const bytes = expected(unit);
    const room = `${megabytes(await freeBytes(folder))} are free`;
    const needs = bytes === 0 ? room : `about ${megabytes(bytes)} are needed for it, ${room}`;
    const error = diskFull(`cannot ${stage} ${unit.name}`, folder, needs, cause);
    stop(error);
    return error;
  };
  const run = async (unit: DiskUnit, progress: Parameters<Unit['run']>[0]): Promise<Amount> => {
    if (written.rows > 0 && (await freeBytes(folder)) < expected(unit) / 2) throw await fail(unit);
    try {
      const amount = await unit.run(progress);
      // What a load sends is not written here.
      if (stage !== 'load') [written.rows, written.bytes] = [written.rows + amount.rows, written.bytes + amount.bytes];
      return amount;
    } catch (error) {
      for (const path of unit.leftovers ?? []) await removeFile(path).catch(() => undefined);
      // A server that has no room says so itself, as an error of its own.
      if (error instanceof TransloadError || signal.aborted || !isDiskFull(error)) throw error;
      throw await fail(unit, error);
    }
  };
  return units.map((unit) => ({ ...unit, run: (progress) => run(unit, progress) }));
}
