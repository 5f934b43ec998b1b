import { BSON } from 'mongodb';
import { type BsonElement, type BsonValue, documentOf, elementsOf } from '../../../src/sources/bson-elements.js';

/** A value as the driver writes it. */
export function written(value: unknown): BsonValue {
  return elementsOf(documentOf(BSON.serialize({ v: value })))[0] as BsonElement;
}

/** A document of elements written by hand: type, name, and the value's bytes in hexadecimal. */
export function rawDocument(...elements: readonly (readonly [type: number, name: string, hex: string])[]): Buffer {
  const parts = elements.map(([type, name, hex]) =>
    Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`, 'latin1'), Buffer.from(hex, 'hex')]),
  );
  const length = Buffer.alloc(4);
  length.writeInt32LE(parts.reduce((sum, part) => sum + part.length, 5));
  return Buffer.concat([length, ...parts, Buffer.of(0)]);
}

/** A value that no driver writes, such as undefined or a text that is no UTF-8. */
export function rawValue(type: number, hex: string): BsonValue {
  return elementsOf(documentOf(rawDocument([type, 'v', hex])))[0] as BsonElement;
}
