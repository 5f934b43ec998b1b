import { ParquetEnvelopeReader } from 'parquetjs-lite/lib/reader.js';
import { damagedError, messageOf } from '../core/errors.js';

export interface Footer {
  readonly rows: number;
  /** Names of the top-level columns in order. */
  readonly columns: readonly string[];
  /** True where every column chunk is ZSTD. */
  readonly zstd: boolean;
}

const zstdCodec = 6;

/** Reads a Parquet file's footer with a reader that shares no code with the writers; throws FILE_DAMAGED. */
export async function readFooter(path: string): Promise<Footer> {
  try {
    const reader = await ParquetEnvelopeReader.openFile(path);
    try {
      await reader.readHeader();
      const footer = await reader.readFooter();
      const codecs = footer.row_groups.flatMap((group) => group.columns.map((column) => column.meta_data.codec));
      return {
        rows: Number(footer.num_rows),
        columns: topLevel(footer.schema),
        zstd: codecs.every((c) => c === zstdCodec),
      };
    } finally {
      await reader.close();
    }
  } catch (error) {
    throw damagedError(
      'FILE_DAMAGED',
      `${path} is no whole Parquet file (${messageOf(error)})`,
      'it is made anew by AGAIN=1',
    );
  }
}

/** The schema is a tree written depth first: names of the root's children, whatever they hold. */
function topLevel(schema: readonly { name: string; num_children: number | null }[]): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (): void => {
    const children = schema[at]?.num_children ?? 0;
    at++;
    for (let child = 0; child < children; child++) skip();
  };
  while (at < schema.length) {
    names.push(schema[at]?.name ?? '');
    skip();
  }
  return names;
}

/** Checks a finished file before it is published or used; throws FILE_DAMAGED naming what differs. */
export async function checkFooter(path: string, columns: readonly string[], rows: number): Promise<void> {
  const footer = await readFooter(path);
  const problem =
    footer.rows !== rows
      ? `it holds ${footer.rows} rows, not ${rows}`
      : footer.columns.join() !== columns.join()
        ? `its columns are ${footer.columns.join(', ')}`
        : footer.zstd
          ? undefined
          : 'it is not compressed with ZSTD';
  if (problem) throw damagedError('FILE_DAMAGED', `${path} is not what was written: ${problem}`, 'run the stage again');
}
