import fc from 'fast-check';

/** A ClickHouse type that values of a source's column go to, and how they are read there. */
export interface Way {
  /** Without Nullable and LowCardinality. */
  readonly type: string;
  readonly lowCardinality?: boolean;
  /** ClickHouse SQL over a value that is not NULL: its reading, a text. */
  readonly found: (value: string) => string;
  /** The same reading worked out from the source's text of the value. */
  readonly expected: (text: string) => string;
  /** The reading of the unknown-value, which stands for NULL where the target is not Nullable. */
  readonly unknown: string;
  /** Where NULL needs a Nullable column: what would stand for it is not known here. */
  readonly nullableOnly?: boolean;
  /** A ClickHouse literal for the declaration, where the type has no unknown-value of its own. */
  readonly declared?: string;
}

/** A column of a random schema, but for its name: what the source is told, and how both ends are read. */
export interface ColumnPlan {
  /** As it stands in CREATE TABLE at the source, without NULL and NOT NULL. */
  readonly mysql: string;
  /** As it stands in the dataset. */
  readonly kind: string;
  /** SQL on the source over the quoted column: the value as text, NULL for NULL. */
  readonly text: (column: string) => string;
  readonly way: Way;
  /** SQL literals of values that the way takes unchanged. */
  readonly literals: fc.Arbitrary<string>;
  /** True where the source's text is what was written, for types that the source could have changed in silence. */
  readonly isWritten?: (literal: string, text: string) => boolean;
}

/** Values of which every third is one of the edges. */
export function edged<T>(edges: readonly T[], rest: fc.Arbitrary<T>): fc.Arbitrary<T> {
  if (edges.length === 0) return rest;
  return fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...edges) }, { weight: 2, arbitrary: rest });
}

/** One of the ways; the first, which is the natural one, every second time. */
export function oneWay<T>(first: fc.Arbitrary<T>, ...others: fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  const weighted = others.map((arbitrary) => ({ weight: 1, arbitrary }));
  return fc.oneof({ weight: Math.max(1, others.length), arbitrary: first }, ...weighted);
}

/** Bytes of a text in hex, as MySQL and ClickHouse write them. */
export const hexOf = (text: string): string => Buffer.from(text, 'utf8').toString('hex').toUpperCase();

/** A text column's value in hex, from any character set. */
export const textInHex = (column: string): string => `HEX(CAST(CONVERT(${column} USING utf8mb4) AS BINARY))`;

/** String, by its bytes. `hex` works them out from the source's text; a text that is read in hex is left as it is. */
export const toText = (hex: (text: string) => string, lowCardinality = false): Way => ({
  type: 'String',
  lowCardinality,
  found: (value) => `hex(toString(${value}))`,
  expected: hex,
  unknown: '',
});

/** String and LowCardinality(String). */
export const textWays = (hex: (text: string) => string): fc.Arbitrary<Way> =>
  fc.boolean().map((lowCardinality) => toText(hex, lowCardinality));

/** FixedString(n), which fills with NUL. */
export const toFixed = (bytes: number, lowCardinality = false): Way => ({
  type: `FixedString(${bytes})`,
  lowCardinality,
  found: (value) => `hex(${value})`,
  expected: (hex) => hex.padEnd(bytes * 2, '0'),
  unknown: '00'.repeat(bytes),
});
