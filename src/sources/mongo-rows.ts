import { type Kind, parseKind, typeName } from '../core/kinds.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import { flagField, projectedPaths } from './mongo-fields.js';
import type { RawRow } from './source.js';

/**
 * Documents of some keys by the driver's own objects, apart from the export's way: its reader of BSON and the
 * server-side test of presence are not used here.
 */
type Json = Readonly<Record<string, unknown>>;
/** A value of the driver's own classes, numbers among them (`promoteValues: false`). */
interface BsonObject {
  readonly _bsontype?: string;
  readonly value?: number;
  toString(): string;
}

/** A pickled None is no longer than this. */
const noneBytes = 4;
const pickledNone = /^(?:80(?:02|03|04|05))?4e(?:2e)?$/;

/** What tells whether a field is there, without its content: its type, a short binary as it is, an empty document. */
function presenceFacts(field: string): Json {
  const value = `$${field}`;
  const type = { $type: value };
  const isShort = { $lte: [{ $binarySize: value }, noneBytes] };
  return {
    type,
    short: { $cond: [{ $eq: [type, 'binData'] }, { $cond: [isShort, value, null] }, null] },
    empty: { $cond: [{ $eq: [type, 'object'] }, { $eq: [value, {}] }, false] },
  };
}

function isPresent({ type, short, empty }: Json): boolean {
  if (type === 'missing' || type === 'null' || type === 'undefined') return false;
  const isNone = short !== null && short !== undefined && pickledNone.test(bytesOf(short).toString('hex'));
  return !isNone && empty !== true;
}

/** Asks for the declared fields of the documents that match, and of flags for what tells their presence. */
export function rawPipeline(source: Source, match: Json): Json[] {
  const facts = exportColumns(source).flatMap(({ name, kind }, index) =>
    kind.type === 'flag' ? [[flagField(source, index), presenceFacts(name)] as const] : [],
  );
  const paths = projectedPaths(source);
  const withoutId = paths.some((path) => /^_id(\.|$)/.test(path)) ? {} : { _id: 0 };
  const fields = Object.fromEntries([...paths.map((path) => [path, 1] as const), ...facts]);
  return [{ $match: match }, { $project: { ...withoutId, ...fields } }];
}

/** A whole number of any BSON type as text; undefined for what is no key. */
function wholeText(value: unknown): string | undefined {
  const { _bsontype: type, value: number } = (value ?? {}) as BsonObject;
  if (type === 'Long' || type === 'Int32') return String(value);
  return type === 'Double' && Number.isInteger(number) ? BigInt(number as number).toString() : undefined;
}

const bytesOf = (value: unknown): Buffer => {
  const { buffer, position } = value as { buffer: Uint8Array; position: number };
  return Buffer.from(buffer.subarray(0, position));
};

/** The value at the end of a path; what lies behind an array is no single value. */
function atPath(document: unknown, path: string): unknown {
  let at = document;
  for (const step of path.split('.')) {
    if (Array.isArray(at)) return at;
    const isDocument = typeof at === 'object' && at !== null && (at as BsonObject)._bsontype === undefined;
    at = isDocument ? (at as Json)[step] : undefined;
  }
  return at;
}

/** The numbers of Double, Int32 and Long as text that says them exactly; undefined for anything else. */
function numberText(value: unknown): string | undefined {
  const { _bsontype: type, value: number } = value as BsonObject;
  if (type === 'Double') return Object.is(number, -0) ? '-0' : String(number);
  return type === 'Long' || type === 'Int32' ? String(value) : undefined;
}

function instantText(value: unknown): string | undefined {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined;
  return value.toISOString().replace('T', ' ').replace('Z', '').replace(/^\+0*/, '');
}

/** The value as the kind's text or bytes; undefined where it is of another type than the kind has. */
function textOf(value: unknown, kind: Kind, declared: string): string | Buffer | undefined {
  const type = (value as BsonObject)._bsontype;
  switch (kind.type) {
    case 'int':
      return wholeText(value);
    case 'float':
    case 'double':
      return numberText(value);
    case 'decimal':
      return type === 'Decimal128' || type === 'Long' || type === 'Int32' ? String(value) : undefined;
    case 'bool':
      return typeof value === 'boolean' ? String(Number(value)) : undefined;
    case 'timestamp':
      return instantText(value);
    case 'bytes':
      return type === 'Binary' ? bytesOf(value) : undefined;
    default:
      if (typeName(declared) === 'objectid') return type === 'ObjectId' ? String(value) : undefined;
      if (typeName(declared) === 'decimal' || typeName(declared) === 'numeric') {
        return type === 'Decimal128' || type === 'Long' || type === 'Int32' ? String(value) : undefined;
      }
      return typeof value === 'string' ? value : undefined;
  }
}

/**
 * A document as a raw row; undefined where its key is no whole number. `canonical` writes any value as canonical Extended
 * JSON: so a field of kind `json` is read, and whatever is of another type than declared is written, to be shown.
 */
export function rawRow(source: Source, document: Json, canonical: (value: unknown) => string): RawRow | undefined {
  const key = wholeText(atPath(document, source.key));
  if (key === undefined) return undefined;
  return exportColumns(source).map(({ name, kind }, index) => {
    const declared = source.columns[name] ?? '';
    if (kind.type === 'flag') return Buffer.from(String(isPresent(document[flagField(source, index)] as Json)));
    if (name === source.key) return Buffer.from(key);
    const value = atPath(document, name);
    if (typeName(declared) === 'json') return value === undefined ? null : Buffer.from(canonical(value));
    if (value === undefined || value === null) return null;
    return Buffer.from(textOf(value, parseKind(declared), declared) ?? canonical(value));
  });
}
