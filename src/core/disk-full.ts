import { exits, messageOf, TransloadError } from './errors.js';

/** How Node, the SQL engine, the embedded server and remote tools say that a disk or a quota is full. */
const fullPattern = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|NOT_ENOUGH_SPACE/i;

/** True where a disk or a quota is full, here or at the other side. */
export function isDiskFull(thrown: unknown): boolean {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT' || fullPattern.test(messageOf(thrown));
}

/** DISK_FULL (exit 3, fault 21). `where` is the path that is full, `needs` says how much room it takes, as far as known. */
export function diskFull(what: string, where: string, needs: string, cause?: unknown): TransloadError {
  return new TransloadError(
    exits.failed,
    'DISK_FULL',
    `${what}: no space left in ${where}${needs === '' ? '' : ` (${needs})`}`,
    'make room there and run the same command again: nothing is half-written, and it goes on with this one',
    { cause },
  );
}
