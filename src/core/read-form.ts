/**
 * How a value travels from the target to be compared with the shard's, value by value: the target writes it in that form,
 * the joining engine brings the shard's value into the same one. Two values are equal where their forms are.
 */
export type ReadForm =
  /** Integers, booleans (0 and 1) and decimals, as they are. */
  | { readonly form: 'number' }
  /** Floating point by the bits of a double, so that -0.0 and every NaN are told apart. */
  | { readonly form: 'bits' }
  /** A decimal of any length, as text: zeros that say nothing are taken off at both sides. */
  | { readonly form: 'digits' }
  /** A day or a moment: units since 1970 with so many digits of a second, 64 bits. A day counts from its midnight. */
  | { readonly form: 'clock'; readonly digits: number }
  /** Bytes. */
  | { readonly form: 'bytes' }
  /** Bytes as hex digits; NULs at the end say nothing. */
  | { readonly form: 'padded' }
  | { readonly form: 'list'; readonly element: ReadForm };
