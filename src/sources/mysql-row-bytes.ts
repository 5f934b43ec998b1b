import { decimalWidth, type Kind, parseKind } from '../core/kinds.js';

/** A column as the catalogue has it. */
export interface CatalogueColumn {
  readonly name: string;
  readonly type: string;
  /** Greatest length in bytes of a text or binary column; null for the others. */
  readonly octets: number | null;
}

/** What InnoDB keeps beside a row's columns: header, transaction, place of the former version. */
const rowOverhead = 20;
/** Of a column without a real bound no more than this decides how a row's bytes are shared out. */
const weightMax = 1024;

/** Bytes of a value whose kind decides them, as an export file carries it before compression; undefined for the others. */
function fixedBytes(kind: Kind): number | undefined {
  switch (kind.type) {
    case 'int':
      return kind.bits / 8;
    case 'decimal':
      return decimalWidth(kind.precision);
    case 'bool':
      return 1;
    case 'float':
    case 'date':
      return 4;
    case 'double':
    case 'datetime':
    case 'timestamp':
      return 8;
    default:
      return undefined;
  }
}

function widthOf(type: string): number | undefined {
  try {
    return fixedBytes(parseKind(type));
  } catch {
    return undefined;
  }
}

/**
 * Bytes that the columns `wanted` (in lower case) of a row take before compression: numbers and days by their types, and
 * of the texts and blobs, which share what is left of the server's average row, the part that their greatest lengths give
 * them. Pure.
 */
export function rowBytes(
  columns: readonly CatalogueColumn[],
  wanted: ReadonlySet<string>,
  averageRowBytes: number,
): number {
  const widths = columns.map((column) => ({ ...column, width: widthOf(column.type) }));
  const fixed = widths.reduce((sum, { width = 0 }) => sum + width, 0);
  const rest = Math.max(0, averageRowBytes - rowOverhead - fixed);
  const weight = ({ octets }: CatalogueColumn): number => Math.min(octets ?? weightMax, weightMax);
  const weights = widths.reduce((sum, column) => (column.width === undefined ? sum + weight(column) : sum), 0);
  const bytes = widths
    .filter(({ name }) => wanted.has(name.toLowerCase()))
    .map((column) => column.width ?? Math.min((rest * weight(column)) / Math.max(1, weights), column.octets ?? rest));
  return Math.round(bytes.reduce((sum, one) => sum + one, 0));
}
