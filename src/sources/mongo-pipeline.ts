import { Binary, Decimal128, type Document, Long } from 'mongodb';
import type { KeyRange } from '../core/ranges.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import { flagField, hasValues, projectedPaths } from './mongo-fields.js';

/** A pickled None in the protocols seen (source.md): with and without the final STOP. */
const pickledNone = [
  '80044e2e',
  '80024e2e',
  '80034e2e',
  '80054e2e',
  '4e2e',
  '80044e',
  '80024e',
  '80034e',
  '80054e',
  '4e',
];
/** Drivers write plain bytes with subtype 0; older ones and others with 2 or 128. */
const subtypes = [0, 2, 128];

const nones = pickledNone.flatMap((hex) => subtypes.map((subtype) => new Binary(Buffer.from(hex, 'hex'), subtype)));

/**
 * True where a field is present: not missing, not null, not an empty document and, if it is binary, no pickled None
 * (source.md). Computed on the server: only the flag travels.
 */
function presence(field: string): Document {
  const value = `$${field}`;
  const type = { $type: value };
  return {
    $switch: {
      branches: [
        { case: { $in: [type, ['missing', 'null', 'undefined']] }, then: false },
        { case: { $eq: [type, 'object'] }, then: { $ne: [value, {}] } },
        { case: { $eq: [type, 'binData'] }, then: { $not: [{ $in: [value, nones] }] } },
      ],
      default: true,
    },
  };
}

/** The flags of a source: its columns without the key. */
export function flagNames(source: Source): string[] {
  return exportColumns(source)
    .slice(1)
    .map(({ name }) => name);
}

const longMax = (1n << 63n) - 1n;

/** A Long would wrap to a negative number above 2^63; the server compares numbers of all types by value. */
function bound(key: bigint): Long | Decimal128 {
  return key <= longMax ? Long.fromBigInt(key) : Decimal128.fromString(String(key));
}

/** Matches keys by number, whatever their BSON type. */
export function keyMatch(source: Source, range: KeyRange | undefined): Document {
  if (range === undefined) return { [source.key]: { $type: 'number' } };
  return { [source.key]: { $gte: bound(range.from), $lt: bound(range.to) } };
}

/** Matches some keys by number, or every document where none are named. */
export function keysMatch(source: Source, keys: readonly bigint[] | undefined): Document {
  return keys === undefined ? {} : { [source.key]: { $in: keys.map(bound) } };
}

/**
 * Key and presence flags of the documents in a range: first the match, so that the index serves it. Nothing is sorted at
 * the server: flags are so small that a range of them is sorted here.
 */
function presencePipeline(source: Source, range: KeyRange | undefined): Document[] {
  const flags = flagNames(source).map((name, index) => [`f${index}`, presence(name)]);
  return [
    { $match: keyMatch(source, range) },
    { $project: { _id: 0, k: `$${source.key}`, ...Object.fromEntries(flags) } },
  ];
}

/**
 * The declared fields of the documents in a range, in key order, which the key's index has; flags beside them. Without a
 * range in the server's own order.
 */
function valuesPipeline(source: Source, range: KeyRange | undefined): Document[] {
  const paths = projectedPaths(source).map((path) => [path, 1]);
  const flags = exportColumns(source).flatMap(({ name, kind }, index) =>
    kind.type === 'flag' ? [[flagField(source, index), presence(name)]] : [],
  );
  const withoutId = paths.some(([path]) => /^_id(\.|$)/.test(String(path))) ? {} : { _id: 0 };
  return [
    { $match: keyMatch(source, range) },
    ...(range === undefined ? [] : [{ $sort: { [source.key]: 1 } }]),
    { $project: { ...withoutId, ...Object.fromEntries([...paths, ...flags]) } },
  ];
}

/** What a read of the source asks for: of a source with flags only the flags alone. */
export function readPipeline(source: Source, range: KeyRange | undefined): Document[] {
  return hasValues(source) ? valuesPipeline(source, range) : presencePipeline(source, range);
}

/** Documents whose key is no number, by BSON type; a missing key counts as `missing`. */
export function oddKeysPipeline(source: Source): Document[] {
  return [
    { $match: { [source.key]: { $not: { $type: 'number' } } } },
    { $group: { _id: { $type: `$${source.key}` }, count: { $sum: 1 }, example: { $min: '$_id' } } },
  ];
}
