/** BSON's types by the byte that stands for them (bsonspec.org, version 1.1). */
export const bsonTypes = {
  double: 1,
  string: 2,
  document: 3,
  array: 4,
  binary: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  code: 13,
  symbol: 14,
  codeWithScope: 15,
  int32: 16,
  timestamp: 17,
  int64: 18,
  decimal128: 19,
  maxKey: 127,
  minKey: 255,
} as const;

/** The types as a message says them: "score of image_id 7 is a string". */
const typeWords = new Map<number, string>([
  [bsonTypes.double, 'a double'],
  [bsonTypes.string, 'a string'],
  [bsonTypes.document, 'a document'],
  [bsonTypes.array, 'an array'],
  [bsonTypes.binary, 'binary'],
  [bsonTypes.undefined, 'undefined'],
  [bsonTypes.objectId, 'an ObjectId'],
  [bsonTypes.bool, 'a boolean'],
  [bsonTypes.date, 'a Date'],
  [bsonTypes.null, 'null'],
  [bsonTypes.regex, 'a regular expression'],
  [bsonTypes.dbPointer, 'a DBPointer'],
  [bsonTypes.code, 'JavaScript code'],
  [bsonTypes.symbol, 'a symbol'],
  [bsonTypes.codeWithScope, 'JavaScript code'],
  [bsonTypes.int32, 'an Int32'],
  [bsonTypes.timestamp, 'an oplog timestamp'],
  [bsonTypes.int64, 'an Int64'],
  [bsonTypes.decimal128, 'a Decimal128'],
  [bsonTypes.maxKey, 'MaxKey'],
  [bsonTypes.minKey, 'MinKey'],
]);

/** A value where it lies in its document: bytes `start` (included) to `end` (not included) of the whole. */
export interface BsonValue {
  readonly type: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface BsonElement extends BsonValue {
  readonly nameStart: number;
  readonly nameEnd: number;
}

/** A whole document as the server sent it. The bytes are not copied. */
export function documentOf(raw: Uint8Array): BsonValue {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return { type: bsonTypes.document, bytes, start: 0, end: bytes.length };
}

/** The value's type with its article, for messages. */
export function typeWord({ type }: BsonValue): string {
  return typeWords.get(type) ?? `of BSON type ${type}`;
}

/** The element's name, decoded only where it is needed: those of an array are its positions. */
export function nameOf({ bytes, nameStart, nameEnd }: BsonElement): string {
  return bytes.toString('utf8', nameStart, nameEnd);
}

/** Where the zero-ended string that begins at `at` has its zero. */
function zeroAfter(bytes: Buffer, at: number): number {
  const zero = bytes.indexOf(0, at);
  if (zero < 0) throw new Error('a name has no end');
  return zero;
}

function sizeOf(type: number, bytes: Buffer, at: number): number {
  switch (type) {
    case bsonTypes.undefined:
    case bsonTypes.null:
    case bsonTypes.minKey:
    case bsonTypes.maxKey:
      return 0;
    case bsonTypes.bool:
      return 1;
    case bsonTypes.int32:
      return 4;
    case bsonTypes.double:
    case bsonTypes.date:
    case bsonTypes.timestamp:
    case bsonTypes.int64:
      return 8;
    case bsonTypes.objectId:
      return 12;
    case bsonTypes.decimal128:
      return 16;
    case bsonTypes.string:
    case bsonTypes.code:
    case bsonTypes.symbol:
      return 4 + bytes.readInt32LE(at);
    case bsonTypes.dbPointer:
      return 4 + bytes.readInt32LE(at) + 12;
    case bsonTypes.binary:
      return 5 + bytes.readInt32LE(at);
    case bsonTypes.document:
    case bsonTypes.array:
    case bsonTypes.codeWithScope:
      return bytes.readInt32LE(at);
    case bsonTypes.regex:
      return zeroAfter(bytes, zeroAfter(bytes, at) + 1) + 1 - at;
    default:
      throw new Error(`BSON type ${type} is not known`);
  }
}

/**
 * The elements of a document or an array in their stored order, repeated names too. Read from the bytes, since the
 * driver's objects are not what was stored: they sort names that look like numbers, keep one of two equal names, make
 * null of undefined, and have no Date behind the year 275760. Throws an Error where the bytes are no BSON.
 */
export function elementsOf({ bytes, start, end }: BsonValue): BsonElement[] {
  const found: BsonElement[] = [];
  const last = end - 1;
  let at = start + 4;
  while (at < last) {
    const type = bytes[at] as number;
    const nameStart = at + 1;
    const nameEnd = zeroAfter(bytes, nameStart);
    const valueStart = nameEnd + 1;
    const valueEnd = valueStart + sizeOf(type, bytes, valueStart);
    if (valueEnd < valueStart || valueEnd > last) throw new Error('a value runs past its document');
    found.push({ type, bytes, start: valueStart, end: valueEnd, nameStart, nameEnd });
    at = valueEnd;
  }
  if (at !== last || bytes[last] !== 0) throw new Error('a document has no end');
  return found;
}
