import { Encoder } from '@toondepauw/node-zstd';
import type { Batch, NamedKind } from '../core/batch.js';
import type { Arena } from './arena.js';
import { encodings } from './encodings.js';
import { encodePage } from './page.js';
import { physicalType } from './schema.js';
import { type ThriftValue, thriftStruct } from './thrift.js';

const zstd = 6;
const level = 1;

/** A page with its header, as it stands in the file. */
interface WrittenPage {
  readonly header: Buffer;
  readonly data: Buffer;
  readonly rawBytes: number;
  readonly encoding: number;
}

/** The pages of a row group, column by column, until they are written one column behind the other. */
export class RowGroup {
  readonly #columns: readonly NamedKind[];
  readonly #pages: WrittenPage[][];
  readonly #encoder = new Encoder(level);
  readonly #arena: Arena;
  rows = 0;
  /** Bytes before compression: what a reader has to hold. */
  rawBytes = 0;

  constructor(columns: readonly NamedKind[], arena: Arena) {
    this.#columns = columns;
    this.#arena = arena;
    this.#pages = columns.map(() => []);
  }

  /**
   * Encodes a batch, one page a column, and releases it; compression runs beside the caller, and is over when this
   * resolves.
   */
  async add(batch: Batch): Promise<void> {
    const { rows } = batch;
    this.rows += rows;
    this.#arena.reset();
    const begun = batch.columns.map(async (vector, index) => {
      const { encoding, body } = encodePage(vector, rows, index === 0, this.#arena);
      this.rawBytes += body.length;
      const data = await this.#encoder.encode(body);
      const header = pageHeader(rows, encoding, body.length, data.length);
      return { header, data, rawBytes: body.length, encoding };
    });
    batch.release?.();
    for (const [index, page] of (await Promise.all(begun)).entries()) this.#pages[index]?.push(page);
  }

  /** The group's bytes in file order, and its line for the footer, beginning at byte `at` of the file. */
  close(at: number): { chunks: Buffer[]; meta: ThriftValue } {
    const chunks: Buffer[] = [];
    let end = at;
    let raw = 0;
    const columns = this.#columns.map(({ name, kind }, index): ThriftValue => {
      const pages = this.#pages[index] ?? [];
      const begin = end;
      let rawChunk = 0;
      for (const { header, data, rawBytes } of pages) {
        chunks.push(header, data);
        end += header.length + data.length;
        rawChunk += header.length + rawBytes;
      }
      raw += rawChunk;
      const used = [...new Set([encodings.rle, ...pages.map(({ encoding }) => encoding)])];
      return {
        struct: [
          [2, { i64: begin }],
          [3, { struct: columnMeta(name, physicalType(kind), used, this.rows, rawChunk, end - begin, begin) }],
        ],
      };
    });
    const meta: ThriftValue = {
      struct: [
        [1, { list: columns }],
        [2, { i64: raw }],
        [3, { i64: this.rows }],
        [5, { i64: at }],
        [6, { i64: end - at }],
      ],
    };
    return { chunks, meta };
  }
}

function columnMeta(
  name: string,
  type: number,
  used: readonly number[],
  rows: number,
  rawBytes: number,
  bytes: number,
  begin: number,
): [number, ThriftValue][] {
  return [
    [1, { i32: type }],
    [2, { list: used.map((encoding) => ({ i32: encoding })) }],
    [3, { list: [{ text: name }] }],
    [4, { i32: zstd }],
    [5, { i64: rows }],
    [6, { i64: rawBytes }],
    [7, { i64: bytes }],
    [9, { i64: begin }],
  ];
}

function pageHeader(rows: number, encoding: number, rawBytes: number, bytes: number): Buffer {
  const { rle } = encodings;
  const data: [number, ThriftValue][] = [
    [1, { i32: rows }],
    [2, { i32: encoding }],
    [3, { i32: rle }],
    [4, { i32: rle }],
  ];
  return thriftStruct([
    [1, { i32: 0 }],
    [2, { i32: rawBytes }],
    [3, { i32: bytes }],
    [5, { struct: data }],
  ]);
}
