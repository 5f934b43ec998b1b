import { isUtf8 } from 'node:buffer';
import { type BsonValue, bsonTypes, elementsOf } from './bson-elements.js';
import { decimalText, readDecimal } from './decimal128.js';

/** The bytes of some text; throws an Error where they are no UTF-8 (fault 18): nothing is replaced. */
function checked(text: Buffer): Buffer {
  if (!isUtf8(text)) throw new Error('its text is no UTF-8');
  return text;
}

/** The bytes of a string, a symbol or code, without its length and its closing zero. */
export function textBytes({ bytes, start }: BsonValue): Buffer {
  return checked(bytes.subarray(start + 4, start + 4 + bytes.readInt32LE(start) - 1));
}

/** The bytes of a Binary of any subtype. The old subtype 2 has its length a second time, which is no part of them. */
export function binaryBytes({ bytes, start, end }: BsonValue): Buffer {
  if (bytes[start + 4] !== 2) return bytes.subarray(start + 5, end);
  if (end - start < 9 || bytes.readInt32LE(start + 5) !== end - start - 9) {
    throw new Error('its two lengths differ, as those of a binary of subtype 2 never do');
  }
  return bytes.subarray(start + 9, end);
}

/** The 12 bytes of an ObjectId as 24 hexadecimal digits. */
export function objectIdText({ bytes, start }: BsonValue): string {
  return bytes.toString('hex', start, start + 12);
}

function doubleText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A Decimal128 with all its digits; NaN and Infinity by their names. */
export function decimalDigits({ bytes, start }: BsonValue): string {
  const decimal = readDecimal(bytes, start);
  return typeof decimal === 'string' ? decimal : decimalText(decimal);
}

const quoted = (text: Buffer): string => JSON.stringify(text.toString());

function regexText({ bytes, start, end }: BsonValue): string {
  const zero = bytes.indexOf(0, start);
  const [pattern, options] = [bytes.subarray(start, zero), bytes.subarray(zero + 1, end - 1)];
  return `{"$regularExpression":{"pattern":${quoted(checked(pattern))},"options":${quoted(checked(options))}}}`;
}

function codeWithScope({ bytes, start, end }: BsonValue): string {
  const code = { type: bsonTypes.code, bytes, start: start + 4, end };
  const scope = start + 8 + bytes.readInt32LE(start + 4);
  const scopeText = canonicalJson({ type: bsonTypes.document, bytes, start: scope, end });
  return `{"$code":${quoted(textBytes(code))},"$scope":${scopeText}}`;
}

function binaryText(value: BsonValue): string {
  const subtype = (value.bytes[value.start + 4] as number).toString(16).padStart(2, '0');
  return `{"$binary":{"base64":"${binaryBytes(value).toString('base64')}","subType":"${subtype}"}}`;
}

function dbPointerText(value: BsonValue): string {
  const { bytes, end } = value;
  const id = objectIdText({ type: bsonTypes.objectId, bytes, start: end - 12, end });
  return `{"$dbPointer":{"$ref":${quoted(textBytes(value))},"$id":{"$oid":"${id}"}}}`;
}

/**
 * Any BSON value as canonical Extended JSON (version 2): every type is told from every other, numbers keep all their
 * digits, and names stand in their stored order. Throws an Error where the bytes are no BSON or a text is no UTF-8.
 */
export function canonicalJson(value: BsonValue): string {
  const { type, bytes, start } = value;
  switch (type) {
    case bsonTypes.document: {
      const members = elementsOf(value).map((one) => {
        const name = checked(bytes.subarray(one.nameStart, one.nameEnd));
        return `${quoted(name)}:${canonicalJson(one)}`;
      });
      return `{${members.join(',')}}`;
    }
    case bsonTypes.array:
      return `[${elementsOf(value).map(canonicalJson).join(',')}]`;
    case bsonTypes.string:
      return quoted(textBytes(value));
    case bsonTypes.null:
      return 'null';
    case bsonTypes.bool:
      return bytes[start] === 0 ? 'false' : 'true';
    case bsonTypes.int32:
      return `{"$numberInt":"${bytes.readInt32LE(start)}"}`;
    case bsonTypes.int64:
      return `{"$numberLong":"${bytes.readBigInt64LE(start)}"}`;
    case bsonTypes.double:
      return `{"$numberDouble":"${doubleText(bytes.readDoubleLE(start))}"}`;
    case bsonTypes.decimal128:
      return `{"$numberDecimal":"${decimalDigits(value)}"}`;
    case bsonTypes.objectId:
      return `{"$oid":"${objectIdText(value)}"}`;
    case bsonTypes.date:
      return `{"$date":{"$numberLong":"${bytes.readBigInt64LE(start)}"}}`;
    case bsonTypes.binary:
      return binaryText(value);
    case bsonTypes.timestamp:
      return `{"$timestamp":{"t":${bytes.readUInt32LE(start + 4)},"i":${bytes.readUInt32LE(start)}}}`;
    case bsonTypes.regex:
      return regexText(value);
    case bsonTypes.code:
      return `{"$code":${quoted(textBytes(value))}}`;
    case bsonTypes.codeWithScope:
      return codeWithScope(value);
    case bsonTypes.symbol:
      return `{"$symbol":${quoted(textBytes(value))}}`;
    case bsonTypes.dbPointer:
      return dbPointerText(value);
    case bsonTypes.undefined:
      return '{"$undefined":true}';
    case bsonTypes.minKey:
      return '{"$minKey":1}';
    case bsonTypes.maxKey:
      return '{"$maxKey":1}';
    default:
      throw new Error(`BSON type ${type} is not known`);
  }
}
