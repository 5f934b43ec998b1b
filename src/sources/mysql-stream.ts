import { type Batch, BatchBuilder, firstInvalidText, keyAt } from '../core/batch.js';
import { type Cell, daysOf } from '../core/column-builder.js';
import { exits, TransloadError } from '../core/errors.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import type { OddCounter } from './odd-counter.js';

/** What is needed of a streaming statement: events for rows, and a way to make the server wait. */
export interface RowStream {
  start(handlers: { row(row: Cell[]): void; end(): void; error(error: Error): void }): void;
  pause(): void;
  resume(): void;
}

/** Batches that may wait for the consumer before the server is paused. */
const waitingMax = 2;

/** Turns a stream of rows into batches; the stream is paused while the consumer is busy. */
export async function* batchesOf(source: Source, stream: RowStream, odd: OddCounter): AsyncGenerator<Batch> {
  const columns = exportColumns(source);
  const dates = columns.flatMap(({ kind, name }, index) => (kind.type === 'date' ? [{ index, name }] : []));
  const builder = new BatchBuilder(columns);
  const waiting: Batch[] = [];
  let failure: Error | undefined;
  let ended = false;
  let wake: () => void = () => undefined;

  stream.start({
    row(row) {
      for (const { index, name } of dates) {
        const value = row[index];
        if (typeof value !== 'string') continue;
        const days = daysOf(value);
        if (days === undefined) odd.add(`zero_date:${name}`, String(row[0]));
        row[index] = days ?? null;
      }
      if (!builder.append(row)) return;
      waiting.push(builder.take());
      if (waiting.length >= waitingMax) stream.pause();
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    error(error) {
      failure = error;
      wake();
    },
  });

  while (true) {
    const next = waiting.shift();
    if (next !== undefined) {
      checkText(source, next);
      yield next;
      if (waiting.length < waitingMax) stream.resume();
      continue;
    }
    if (failure !== undefined) throw failure;
    if (ended) break;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  if (builder.rows > 0) {
    const last = builder.take();
    checkText(source, last);
    yield last;
  }
}

/** Bytes that are no UTF-8 are named with their row: neither writer nor reader would take them (fault 18). */
function checkText(source: Source, batch: Batch): void {
  const names = exportColumns(source);
  for (const [index, vector] of batch.columns.entries()) {
    const row = firstInvalidText(vector);
    if (row < 0) continue;
    const keys = batch.columns[0];
    const key = keys === undefined ? '?' : keyAt(keys, row);
    throw new TransloadError(
      exits.failed,
      'TEXT_NOT_UTF8',
      `${source.table}.${names[index]?.name} of ${source.key} ${key} holds bytes that are no UTF-8`,
      `declare the column as blob in the dataset, or repair the row at the source`,
    );
  }
}
