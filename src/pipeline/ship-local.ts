import { copyFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskFull, isDiskFull } from '../core/disk-full.js';
import { step } from '../core/steps.js';
import { makeFolder, publish, removeFile, sha256OfFile, temporary } from '../manifest/atomic-file.js';
import type { Destination, FileSum } from '../ship/destination.js';

function absent<T>(otherwise: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return otherwise;
    throw error;
  };
}

/** A folder of this machine: a mounted disk, say. What was copied is read back before it gets its name. */
export function openLocal(folder: string): Destination {
  const sendOne = async (from: string, { file, sha256 }: FileSum): Promise<boolean> => {
    const path = join(folder, file);
    try {
      await makeFolder(dirname(path));
      step('copy to destination');
      await copyFile(join(from, file), temporary(path));
      const isWhole = (await sha256OfFile(temporary(path))) === sha256;
      if (isWhole) await publish(path);
      else await removeFile(temporary(path));
      return isWhole;
    } catch (error) {
      await removeFile(temporary(path)).catch(() => undefined);
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
        if ((await sha256OfFile(join(folder, file)).catch(absent(undefined))) === sha256) whole.add(file);
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
