import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { areStepsHeard, step } from '../core/steps.js';

/** A file is written under this name first; whatever is left of a killed run is overwritten or ignored. */
export const temporary = (path: string): string => `${path}.tmp`;

async function syncPath(path: string, flags: 'r' | 'r+'): Promise<void> {
  step(flags === 'r' ? 'sync folder' : 'sync file');
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its parents; all new names are durable. */
export async function makeFolder(path: string): Promise<void> {
  step('make folder');
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  const above = dirname(resolve(first));
  for (let folder = resolve(path); folder !== above; ) {
    folder = dirname(folder);
    await syncPath(folder, 'r');
  }
}

/**
 * Publishes the finished temporary file of `path`: fsync, rename, fsync of the folder. After it the file is there
 * whole, before it the old one is; a kill in between changes neither.
 */
export async function publish(path: string): Promise<void> {
  await syncPath(temporary(path), 'r+');
  step('rename');
  await rename(temporary(path), path);
  await syncPath(dirname(path), 'r');
}

/** Replaces a small file at one stroke. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await makeFolder(dirname(path));
  step('open temporary file');
  const handle = await open(temporary(path), 'w');
  try {
    step('write temporary file');
    await handle.writeFile(text);
  } finally {
    await handle.close();
  }
  await publish(path);
}

/**
 * Appends one line and waits until it is on disk. A kill leaves at most a torn last line: readers ignore it, and it is
 * cut off before the next line is written, so that a torn line never stands in the middle of a file.
 */
export function appendLine(path: string, line: string): Promise<void> {
  const before = appending.get(path) ?? Promise.resolve();
  const mine = before.then(() => appendNow(path, line));
  appending.set(
    path,
    mine.catch(() => undefined),
  );
  return mine;
}

/** The last append to each file: lines of units that finish together must not be written to the same place. */
const appending = new Map<string, Promise<void>>();

async function appendNow(path: string, line: string): Promise<void> {
  await makeFolder(dirname(path));
  const isNew = (await sizeOf(path)) === undefined;
  step('open for a line');
  const handle = await open(path, isNew ? 'ax+' : 'r+');
  try {
    const { size } = await handle.stat();
    const whole = await wholeBytes(handle, size);
    if (whole < size) {
      step('cut torn line');
      await handle.truncate(whole);
    }
    const bytes = Buffer.from(`${line}\n`);
    // At one stroke, but where a crash test tears it.
    const half = areStepsHeard() ? bytes.length >> 1 : bytes.length;
    step('write line');
    await writeAll(handle, bytes.subarray(0, half), whole);
    if (half < bytes.length) step('write rest of line');
    await writeAll(handle, bytes.subarray(half), whole + half);
    step('sync line');
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (isNew) await syncPath(dirname(path), 'r');
}

/** The system may write less than it was given without an error, on a disk that is nearly full. */
async function writeAll(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/** Bytes up to the end of the last line that was written whole. */
async function wholeBytes(handle: FileHandle, size: number): Promise<number> {
  const step = 65_536;
  for (let end = size; end > 0; end -= step) {
    const begin = Math.max(0, end - step);
    const { buffer } = await handle.read(Buffer.alloc(end - begin), 0, end - begin, begin);
    const newline = buffer.lastIndexOf(10);
    if (newline >= 0) return begin + newline + 1;
  }
  return 0;
}

/** Removes a file if it is there; that it is gone is durable. */
export async function removeFile(path: string): Promise<void> {
  if ((await sizeOf(path)) === undefined) return;
  step('remove file');
  await rm(path, { force: true });
  await syncPath(dirname(path), 'r');
}

/** Size in bytes, or undefined where there is no such file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What `fileProblem` says of a file that is not there. */
export const fileMissing = 'is missing';

/** What is wrong with a file that was recorded with its sha256; undefined where it is the one that was written. */
export async function fileProblem(path: string, sha256: string): Promise<string | undefined> {
  if ((await sizeOf(path)) === undefined) return fileMissing;
  return (await sha256OfFile(path)) === sha256 ? undefined : 'is not the file that was written';
}

/** SHA-256 of a file's bytes, in hex; read in 1 MiB pieces. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** SHA-256 of a text in UTF-8, in hex. */
export const hashOfText = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A short hash of a JSON value, the same whatever the order of its keys. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${sorted.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
