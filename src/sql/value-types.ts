import type { Dataset } from '../dataset/declaration.js';
import type { Engine } from './engine.js';
import { type OptionValues, wideSql } from './relations.js';

/** Column → the joining engine's type of its value, before any check. */
export type ValueTypes = ReadonlyMap<string, string>;

/**
 * The types of the columns' values, as the engine works them out from the declared kinds of the sources: no file is
 * read. The conversion table decides by them what each value may become.
 */
export async function valueTypes(
  engine: Pick<Engine, 'describe'>,
  dataset: Dataset,
  options: OptionValues,
): Promise<ValueTypes> {
  const found = await engine.describe(wideSql(dataset, new Map(), options));
  return new Map(found.map(({ name, type }) => [name, type]));
}

/** A value's type as the conversion table looks at it. */
export type ValueType =
  | { readonly family: 'int'; readonly least: bigint; readonly greatest: bigint }
  | { readonly family: 'decimal'; readonly precision: number; readonly scale: number }
  | {
      readonly family: 'bool' | 'float' | 'double' | 'date' | 'datetime' | 'timestamp' | 'text' | 'bytes';
    }
  | { readonly family: 'list'; readonly element: ValueType }
  | { readonly family: 'other' };

const plain: Record<string, ValueType> = {
  BOOLEAN: { family: 'bool' },
  FLOAT: { family: 'float' },
  DOUBLE: { family: 'double' },
  DATE: { family: 'date' },
  TIMESTAMP: { family: 'datetime' },
  'TIMESTAMP WITH TIME ZONE': { family: 'timestamp' },
  VARCHAR: { family: 'text' },
  BLOB: { family: 'bytes' },
};

const intBits: Record<string, bigint> = {
  TINYINT: 8n,
  SMALLINT: 16n,
  INTEGER: 32n,
  BIGINT: 64n,
  HUGEINT: 128n,
};

/** Least and greatest integer of so many bits. */
export function intBounds(bits: bigint, unsigned: boolean): { least: bigint; greatest: bigint } {
  return unsigned
    ? { least: 0n, greatest: (1n << bits) - 1n }
    : { least: -(1n << (bits - 1n)), greatest: (1n << (bits - 1n)) - 1n };
}

/** Reads a type as the engine writes it: `UTINYINT`, `DECIMAL(6,3)`, `INTEGER[]`. */
export function parseValueType(text: string): ValueType {
  if (text.endsWith('[]')) return { family: 'list', element: parseValueType(text.slice(0, -2)) };
  const known = plain[text];
  if (known) return known;
  const bits = intBits[text] ?? intBits[text.slice(1)];
  if (bits !== undefined) return { family: 'int', ...intBounds(bits, intBits[text] === undefined) };
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(text);
  if (decimal) return { family: 'decimal', precision: Number(decimal[1]), scale: Number(decimal[2]) };
  return { family: 'other' };
}
