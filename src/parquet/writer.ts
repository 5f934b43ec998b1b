import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import * as arrow from 'apache-arrow';
import { Compression, Table, transformParquetStream, WriterPropertiesBuilder } from 'parquet-wasm';
import type { Batch, ColumnVector, NamedKind } from '../core/batch.js';
import type { Kind } from '../core/kinds.js';
import { step } from '../core/steps.js';

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Rows of a row group: what a reader has to hold at once. */
const groupRowsMax = 500_000;
const groupBytesMax = 64 << 20;

function arrowType(kind: Kind): arrow.DataType {
  switch (kind.type) {
    case 'int': {
      const signed = { 8: arrow.Int8, 16: arrow.Int16, 32: arrow.Int32, 64: arrow.Int64 }[kind.bits];
      const unsigned = { 8: arrow.Uint8, 16: arrow.Uint16, 32: arrow.Uint32, 64: arrow.Uint64 }[kind.bits];
      return new (kind.unsigned ? unsigned : signed)();
    }
    case 'bool':
      return new arrow.Int8();
    case 'decimal':
      return new arrow.Decimal(kind.scale, kind.precision, 128);
    case 'float':
      return new arrow.Float32();
    case 'double':
      return new arrow.Float64();
    case 'date':
      return new arrow.DateDay();
    case 'datetime':
      return new arrow.TimestampMicrosecond();
    case 'timestamp':
      return new arrow.TimestampMicrosecond('UTC');
    case 'text':
      return new arrow.Utf8();
    case 'bytes':
      return new arrow.Binary();
    case 'flag':
      return new arrow.Bool();
  }
}

function arrowData(vector: ColumnVector, type: arrow.DataType, length: number): arrow.Data {
  const { kind, values, offsets, validity, nulls } = vector;
  const common = { type, length, nullCount: nulls, nullBitmap: nulls > 0 ? validity : null };
  if (offsets) return arrow.makeData({ ...common, valueOffsets: offsets, data: values } as never);
  if (kind.type === 'decimal') {
    const words = new Uint32Array(values.buffer, values.byteOffset, length * 4);
    return arrow.makeData({ ...common, data: words } as never);
  }
  return arrow.makeData({ ...common, data: values } as never);
}

/** Bytes of a batch as an Arrow IPC stream, which is how they enter the WASM heap. */
function ipcOf(batch: Batch, schema: arrow.Schema): Uint8Array {
  const children = batch.columns.map((vector, index) =>
    arrowData(vector, (schema.fields[index] as arrow.Field).type, batch.rows),
  );
  const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length: batch.rows, nullCount: 0, children });
  return arrow.tableToIPC(new arrow.Table([new arrow.RecordBatch(schema, struct as never)]), 'stream');
}

/**
 * Writes batches to a Parquet file (ZSTD) at `path`, as they come; nothing is held but the open row group. The file
 * holds no time and no run id: the same rows in the same batches give the same bytes. Not fsynced: publishing does that.
 * Without a row the file is left empty, and is no Parquet file.
 */
export async function writeParquetFile(
  path: string,
  columns: readonly NamedKind[],
  batches: AsyncIterable<Batch>,
): Promise<WrittenFile> {
  const schema = new arrow.Schema(columns.map(({ name, kind }) => new arrow.Field(name, arrowType(kind), true)));
  // Before the reader is begun: a file that cannot be opened must not leave it running.
  step('open export file');
  const handle = await open(path, 'w');
  const iterator = batches[Symbol.asyncIterator]();
  let rows = 0;
  let isOver = false;
  let waiting: IteratorResult<Batch> | undefined = await iterator.next().catch(async (error: unknown) => {
    await handle.close();
    throw error;
  });
  // parquet-wasm takes its schema from the first batch: without one there is nothing to write.
  if (waiting.done) {
    await handle.close();
    return { rows: 0, bytes: 0, sha256: '' };
  }
  let failed: { error: unknown } | undefined;
  const input = new ReadableStream({
    async pull(controller) {
      try {
        const next = waiting ?? (isOver ? undefined : await iterator.next());
        waiting = undefined;
        if (next === undefined || next.done) return controller.close();
        rows += next.value.rows;
        const table = Table.fromIPCStream(ipcOf(next.value, schema));
        controller.enqueue(table.recordBatch(0));
        // Without this the WASM heap grows by the batch with every file.
        table.free();
      } catch (error) {
        // parquet-wasm takes an error of its input for the end: the file would be whole, and shorter. So the input is
        // ended here, and the error thrown below.
        failed = { error };
        controller.close();
      }
    },
  });
  // Properties are consumed by the writer: used a second time they would write uncompressed, in silence.
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.ZSTD)
    .setCreatedBy('transload')
    .setMaxRowGroupSize(groupRowsMax)
    .setMaxRowGroupBytes(groupBytesMax)
    .build();
  try {
    const written = await writeStream(handle, await transformParquetStream(input, properties));
    if (failed) throw failed.error;
    return { rows, ...written };
  } catch (error) {
    throw failed ? failed.error : error;
  } finally {
    isOver = true;
    await handle.close();
    await iterator.return?.();
  }
}

async function writeStream(
  handle: FileHandle,
  output: ReadableStream<Uint8Array>,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of output) {
    hash.update(chunk);
    step('write export file');
    await handle.writeFile(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
