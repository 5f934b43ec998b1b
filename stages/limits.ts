import { batchRowsMax } from '../src/core/batch.js';
import { usageError } from '../src/core/errors.js';
import type { ExportLimits } from '../src/pipeline/brake.js';
import { leastRate } from '../src/pipeline/row-rate.js';
import { type Environment, positive } from './config.js';

/** What export itself adds to a status variable: a statement a worker and the look at the load; and one that plans. */
const ownShare: Readonly<Record<string, (workers: number) => number>> = {
  threads_running: (workers) => workers + 1,
  threads_connected: (workers) => workers + 2,
};

function statusLimits(env: Environment, workers: number): ExportLimits['status'] {
  const text = (env.MAX_LOAD ?? '').trim();
  if (text === '') return [];
  return text.split(',').map((one) => {
    const [, name = '', most = ''] = /^\s*([a-z]\w*)\s*=\s*(\d+)\s*$/i.exec(one) ?? [];
    if (!Number.isSafeInteger(Number(most)) || Number(most) < 1) {
      const hint = 'write MAX_LOAD=Threads_running=25, or several: MAX_LOAD=Threads_running=25,Threads_connected=300';
      throw usageError('OPTION_VALUE', `MAX_LOAD=${text}: "${one.trim()}" is no status variable with its limit`, hint);
    }
    const own = ownShare[name.toLowerCase()]?.(workers) ?? 0;
    if (Number(most) < own) {
      const what = `MAX_LOAD: ${name}=${most} is less than the ${own} of export itself (WORKERS=${workers}), which count too`;
      throw usageError('OPTION_VALUE', what, `take ${own} more than the load of others that you accept`);
    }
    return { name, most: Number(most) };
  });
}

/** MAX_LOAD=, MAX_LAG= (seconds) and RATE= (rows a second, of all workers together). */
export function exportLimits(env: Environment, workers: number): ExportLimits {
  const number = (name: string): number | undefined => (env[name] ? positive(env, name, 0, 'no limit') : undefined);
  const rowsPerSecond = number('RATE');
  const least = leastRate(workers, batchRowsMax);
  if (rowsPerSecond !== undefined && rowsPerSecond < least) {
    const what = `RATE=${rowsPerSecond} is too slow: a worker would wait for more than five minutes between two batches of rows`;
    throw usageError('OPTION_VALUE', what, `take RATE=${least} or more, or fewer WORKERS= (${workers} now)`);
  }
  return { status: statusLimits(env, workers), lagSeconds: number('MAX_LAG'), rowsPerSecond };
}
