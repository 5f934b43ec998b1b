import { type Batch, BatchBuilder, firstInvalidText, keyAt } from '../core/batch.js';
import { type Cell, daysOf, microsOf } from '../core/cells.js';
import { exits, TransloadError } from '../core/errors.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import { rowDecoder } from './mysql-decoder.js';
import type { FieldInfo, PacketRow } from './mysql-packets.js';
import type { OddCounter } from './odd-counter.js';

/** What is needed of a streaming statement: events for rows, and a way to make the server wait. */
export interface RowStream {
  start(handlers: {
    /** The result's columns: gives what takes its rows as packets, or undefined where `row` takes them. */
    fields(fields: readonly FieldInfo[]): PacketRow | undefined;
    row(row: Cell[]): void;
    end(): void;
    error(error: Error): void;
  }): void;
  pause(): void;
  resume(): void;
}

/** Batches that may wait for the consumer before the server is paused. */
const waitingMax = 2;

/** Turns a stream of rows into batches; the stream is paused while the consumer is busy. */
export async function* batchesOf(source: Source, stream: RowStream, odd: OddCounter): AsyncGenerator<Batch> {
  const columns = exportColumns(source);
  type Parse = (text: string) => number | bigint | undefined;
  const dates = columns.flatMap(({ kind, name }, index): { index: number; name: string; parse: Parse }[] => {
    if (kind.type === 'date') return [{ index, name, parse: daysOf }];
    return kind.type === 'datetime' || kind.type === 'timestamp' ? [{ index, name, parse: microsOf }] : [];
  });
  const builder = new BatchBuilder(columns, true);
  const waiting: Batch[] = [];
  let failure: Error | undefined;
  let ended = false;
  let wake: () => void = () => undefined;

  const take = (): void => {
    waiting.push(builder.take());
    if (waiting.length >= waitingMax) stream.pause();
    wake();
  };
  /** An error thrown to the driver would end the process: it is kept for the reader of the batches. */
  const add = (append: () => boolean): void => {
    if (failure !== undefined) return;
    try {
      if (append()) take();
    } catch (error) {
      failure = error as Error;
      wake();
    }
  };
  stream.start({
    fields(fields) {
      const decode = rowDecoder(columns, fields, builder, odd);
      return decode && ((from, begin, end) => add(() => decode(from, begin, end)));
    },
    row(row) {
      for (const { index, name, parse } of dates) {
        const value = row[index];
        if (typeof value !== 'string') continue;
        const parsed = parse(value);
        if (parsed === undefined) odd.add(`zero_date:${name}`, String(row[0]));
        row[index] = parsed ?? null;
      }
      add(() => builder.append(row));
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
      `${source.table}.${names[index]?.name} of ${source.key} ${key} holds bytes that are no text of its character set`,
      'repair the row at the source; a text longer than max_allowed_packet of the server is refused in the same way',
    );
  }
}
