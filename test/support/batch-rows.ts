import type { Batch, ColumnVector } from '../../src/core/batch.js';

/** Rows of batches as plain values: text as text, bytes in hex, decimals as their scaled integer, NULL as null. */
export async function rowsOf(batches: AsyncIterable<Batch>): Promise<unknown[][]> {
  const rows: unknown[][] = [];
  for await (const { rows: count, columns } of batches) {
    for (let row = 0; row < count; row++) rows.push(columns.map((column) => valueAt(column, row)));
  }
  return rows;
}

/** The value of a row: NULL as null, text as text or, where it is asked for, in hex as bytes are. */
export function valueAt({ kind, values, offsets, validity }: ColumnVector, row: number, inHex = false): unknown {
  if ((((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) return null;
  if (offsets) {
    const bytes = Buffer.from(values.subarray(offsets[row], offsets[row + 1]) as Uint8Array);
    return kind.type === 'text' && !inHex ? bytes.toString() : bytes.toString('hex');
  }
  if (kind.type === 'decimal' && kind.precision <= 18) return BigInt(values[row] as number | bigint);
  if (kind.type === 'decimal') {
    const [low, high] = [values[row * 2] as bigint, values[row * 2 + 1] as bigint];
    return (high << 64n) | BigInt.asUintN(64, low);
  }
  if (kind.type === 'flag') return (((values[row >> 3] as number) >> (row & 7)) & 1) === 1;
  return values[row];
}
