import type { BatchBuilder, NamedKind } from '../core/batch.js';
import { BytesBuilder } from '../core/bytes-builder.js';
import { type Cell, scaledInteger } from '../core/cells.js';
import { tooLarge } from '../core/column-builder.js';
import { exits, TransloadError } from '../core/errors.js';
import { fieldCode } from './mysql-fields.js';
import type { FieldInfo } from './mysql-packets.js';
import { dayAt, decimalAt, floatOf, lengthAt, lengthBytes, momentAt } from './mysql-values.js';
import type { OddCounter } from './odd-counter.js';

/** Decodes one row of the binary protocol into the builder; true when the batch should be taken. */
export type RowDecoder = (from: Buffer, begin: number, end: number) => boolean;

/** Bits of a row's NULL bitmap that come before those of the columns. */
const nullBitsBefore = 2;

/**
 * The decoder of a result's rows, from the server's bytes straight into typed arrays: no object and no array a row, and
 * no call a value. It is written for the columns at hand, as mysql2's own parsers are. Undefined where a column comes in
 * a type that is not known for its kind: rows are then decoded by the driver. Throws as `BatchBuilder.append` does.
 * `batch` must be roomy.
 */
export function rowDecoder(
  columns: readonly NamedKind[],
  fields: readonly FieldInfo[],
  batch: BatchBuilder,
  odd: OddCounter,
): RowDecoder | undefined {
  if (fields.length !== columns.length) return undefined;
  const reads: string[] = [];
  for (const [index, { kind }] of columns.entries()) {
    const code = fieldCode(kind, fields[index] as FieldInfo, index);
    if (code === undefined) return undefined;
    reads.push(code);
  }
  const keyOf = (): string => {
    const [key] = batch.builders;
    return String(key?.values[batch.rows] ?? '?');
  };
  const misfit = (index: number, error: unknown): never => {
    throw batch.misfit(index, keyOf(), error);
  };
  const tools = {
    ...{ day: dayAt, float: floatOf, length: lengthAt, lengthBytes },
    decimal: (from: Buffer, begin: number, end: number, scale: number, index: number): number => {
      const scaled = decimalAt(from, begin, end, scale);
      if (scaled !== undefined) return scaled;
      try {
        return Number(scaledInteger(tools.text(from, begin, end), scale));
      } catch (error) {
        return misfit(index, error);
      }
    },
    zeroDate: (index: number): void => odd.add(`zero_date:${columns[index]?.name}`, keyOf()),
    misfit: (index: number, value: unknown): never =>
      misfit(index, tooLarge(value, (columns[index] as NamedKind).kind)),
    append: (index: number, value: Cell): void => {
      try {
        batch.builders[index]?.appendAt(batch.rows, value);
      } catch (error) {
        misfit(index, error);
      }
    },
    /** The layout is not what the columns' types say: a bug, and no lost connection. */
    misread: (bytes: number, read: number): never => {
      const text = `the row of ${columns[0]?.name} ${keyOf()} has ${bytes} bytes and was read as ${read}`;
      throw new TransloadError(exits.bug, 'ROW_MISREAD', text, 'please report this with the column types of the table');
    },
    moment: momentAt,
    text: (from: Buffer, begin: number, end: number): string => from.toString('latin1', begin, end),
  };
  const texts = batch.builders.flatMap((builder, index) => (builder instanceof BytesBuilder ? [index] : []));
  return compiled(decoderCode(reads, texts))(batch, tools);
}

type MakeDecoder = (batch: BatchBuilder, tools: unknown) => RowDecoder;
const made = new Map<string, MakeDecoder>();

/** Compiled once: what is the same for every range of a source is made fast by the engine once. */
function compiled(code: string): MakeDecoder {
  const make = made.get(code) ?? (new Function('batch', 'tools', code) as MakeDecoder);
  made.set(code, make);
  return make;
}

function decoderCode(reads: readonly string[], texts: readonly number[]): string {
  const each = (code: (index: number) => string): string => reads.map((_, index) => code(index)).join('\n');
  const bitmapBytes = (reads.length + nullBitsBefore + 7) >> 3;
  const isNull = (index: number): string => {
    const bit = index + nullBitsBefore;
    return `from[begin + ${1 + (bit >> 3)}] & ${1 << (bit & 7)}`;
  };
  const sizes = texts.map((index) => ` + s${index}`).join('');
  return `'use strict';
    let builders;
    let value, day, length, end;
    ${each((index) => `let b${index}, v${index}, w${index}, n${index}, o${index}, s${index} = 0;`)}
    const bind = () => {
      builders = batch.builders;
      ${each((index) => `b${index} = builders[${index}]; v${index} = b${index}.values; w${index} = b${index}.words; n${index} = b${index}.validity; o${index} = b${index}.offsets; s${index} = 0;`)}
    };
    return (from, begin, endOfRow) => {
      if (builders !== batch.builders) bind();
      const row = batch.rows, byte = row >> 3, bit = 1 << (row & 7);
      let at = begin + ${1 + bitmapBytes};
      ${each((index) => `if (${isNull(index)}) { ${texts.includes(index) ? `o${index}[row + 1] = s${index};` : ''} } else { ${reads[index]} }`)}
      if (at !== endOfRow) tools.misread(endOfRow - begin, at - begin);
      return batch.endRow(0${sizes});
    };`;
}
