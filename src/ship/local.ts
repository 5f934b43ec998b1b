import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskFull, isDiskFull } from '../core/disk-full.js';
import { step } from '../core/steps.js';
import type { Destination, FileSum } from './destination.js';

function absent<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return otherwise;
    throw error;
  };
}

async function sha256At(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function syncAt(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A folder of this machine: a mounted disk, say. What was copied is read back before it gets its name. */
export function openLocal(folder: string): Destination {
  const sendOne = async (from: string, { file, sha256 }: FileSum): Promise<boolean> => {
    const path = join(folder, file);
    const part = `${path}.tmp`;
    try {
      step('make folder at destination');
      await mkdir(dirname(path), { recursive: true });
      step('copy to destination');
      await copyFile(join(from, file), part);
      await syncAt(part);
      if ((await sha256At(part)) !== sha256) {
        await rm(part);
        return false;
      }
      step('rename at destination');
      await rename(part, path);
      step('sync folder at destination');
      await syncAt(dirname(path));
      return true;
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      throw isDiskFull(error) ? diskFull(`cannot copy ${file}`, folder, '', error) : error;
    }
  };
  return {
    where: folder,
    groupBytes: 0,
    read: (file) => readFile(join(folder, file), 'utf8').catch(absent(undefined)),
    check: async (files) => {
      const whole = new Set<string>();
      for (const { file, sha256 } of files) {
        if ((await sha256At(join(folder, file)).catch(absent(undefined))) === sha256) whole.add(file);
      }
      return whole;
    },
    send: async (from, files) => {
      const whole = new Set<string>();
      for (const one of files) if (await sendOne(from, one)) whole.add(one.file);
      return whole;
    },
  };
}
