import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Batch, NamedKind } from '../core/batch.js';
import { step } from '../core/steps.js';
import { Arena } from './arena.js';
import { RowGroup } from './row-group.js';
import { schemaElement } from './schema.js';
import { type ThriftValue, thriftStruct } from './thrift.js';

export interface WrittenFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Rows of a row group: what a reader has to hold at once. */
const groupRowsMax = 500_000;
const groupBytesMax = 64 << 20;

const magic = Buffer.from('PAR1');

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
  // Before the reader is begun: a file that cannot be opened must not leave it running.
  step('open export file');
  const handle = await open(path, 'w');
  const hash = createHash('sha256');
  const groups: ThriftValue[] = [];
  let [rows, bytes] = [0, 0];
  const put = async (chunks: readonly Buffer[]): Promise<void> => {
    const data = Buffer.concat(chunks);
    hash.update(data);
    step('write export file');
    await handle.writeFile(data);
    bytes += data.length;
  };
  const close = async (group: RowGroup): Promise<void> => {
    const { chunks, meta } = group.close(bytes);
    groups.push(meta);
    rows += group.rows;
    await put(chunks);
  };
  try {
    const arena = new Arena();
    let group = new RowGroup(columns, arena);
    for await (const batch of batches) {
      if (rows + group.rows === 0) await put([magic]);
      await group.add(batch);
      if (group.rows < groupRowsMax && group.rawBytes < groupBytesMax) continue;
      await close(group);
      group = new RowGroup(columns, arena);
    }
    if (group.rows > 0) await close(group);
    if (rows === 0) return { rows: 0, bytes: 0, sha256: '' };
    const footer = footerOf(columns, groups, rows);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    await put([footer, length, magic]);
    return { rows, bytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

function footerOf(columns: readonly NamedKind[], groups: readonly ThriftValue[], rows: number): Buffer {
  const root: ThriftValue = {
    struct: [
      [4, { text: 'schema' }],
      [5, { i32: columns.length }],
    ],
  };
  return thriftStruct([
    [1, { i32: 2 }],
    [2, { list: [root, ...columns.map(({ name, kind }) => schemaElement(name, kind))] }],
    [3, { i64: rows }],
    [4, { list: groups }],
    [6, { text: 'transload' }],
  ]);
}
