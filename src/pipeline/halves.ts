import { serverCodes } from '../clickhouse/client.js';

/** What a statement over fewer shards may get through: memory, time. */
function isTooMuch(error: unknown): boolean {
  const { number, code } = error as { number?: number; code?: string };
  return number === serverCodes.memoryLimit || number === serverCodes.timeout || code === 'TARGET_TIMEOUT';
}

/** Asks for all at once, and for halves where the server has not the memory or the time for it. */
export async function inHalves<T, R>(
  items: readonly T[],
  ask: (some: readonly T[]) => Promise<readonly R[]>,
): Promise<R[]> {
  try {
    return [...(await ask(items))];
  } catch (error) {
    if (items.length < 2 || !isTooMuch(error)) throw error;
    const middle = Math.ceil(items.length / 2);
    return [...(await inHalves(items.slice(0, middle), ask)), ...(await inHalves(items.slice(middle), ask))];
  }
}
