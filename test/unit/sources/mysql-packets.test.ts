import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readPackets, takeRows } from '../../../src/sources/mysql-packets.js';

const lengthMax = 0xffffff;

/** A payload as the server frames it: what is too long for one packet goes on in the next. */
function framed(payload: Buffer, sequence: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; at += lengthMax) {
    const part = payload.subarray(at, at + lengthMax);
    const head = Buffer.alloc(4);
    head.writeUIntLE(part.length, 0, 3);
    head[3] = sequence + parts.length / 2;
    parts.push(head, part);
    if (part.length < lengthMax) return Buffer.concat(parts);
  }
}

/** The end of the rows, and an error in the middle of them. */
const end = Buffer.from([0xfe, 0, 0, 2, 0]);
const failure = Buffer.from([0xff, 0x25, 0x05, 0x23]);
const row = (...bytes: number[]): Buffer => Buffer.from([0, ...bytes]);

/** What a driver that is fed in such chunks sees, and what is taken of the rows. */
function fed(chunks: readonly Buffer[], takes: boolean): { driver: Buffer[]; rows: Buffer[]; sequenceId: number } {
  const seen = { driver: [] as Buffer[], rows: [] as Buffer[] };
  const statement = { buildParserFromFields: (_fields: unknown) => 'parser' };
  const connection = {
    sequenceId: 0,
    packetParser: {
      execute: (packet: Buffer) => {
        seen.driver.push(packet);
        // The columns are over: the driver makes a parser for the rows.
        if (packet[4] === 0x11) statement.buildParserFromFields([]);
      },
    },
  };
  readPackets(connection);
  takeRows(connection, statement, () =>
    takes ? (from, begin, behind) => seen.rows.push(Buffer.from(from.subarray(begin, behind))) : undefined,
  );
  // One buffer for all chunks, as the socket has: what is kept must be a copy.
  const shared = Buffer.alloc(Math.max(...chunks.map(({ length }) => length)));
  for (const chunk of chunks) {
    chunk.copy(shared);
    connection.packetParser.execute(shared.subarray(0, chunk.length));
    shared.fill(0xaa);
  }
  return { ...seen, sequenceId: connection.sequenceId };
}

function cut(stream: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let index = 0; at < stream.length; index++) {
    const length = lengths[index % lengths.length] as number;
    chunks.push(stream.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

const columns = framed(Buffer.from([0x11, 1, 2, 3]), 1);
const someRows = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 30 });
const someLengths = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 });

describe('rows pass by the driver, wherever the chunks end', () => {
  test('every row once and whole, everything else to the driver', () => {
    fc.assert(
      fc.property(someRows, someLengths, (rows, lengths) => {
        const payloads = rows.map((bytes) => row(...bytes));
        const frames = payloads.map((payload, index) => framed(payload, (index + 2) % 256));
        const last = framed(end, 77);
        const found = fed(cut(Buffer.concat([columns, ...frames, last, columns]), lengths), true);
        expect(found.rows).toEqual(payloads);
        expect(found.driver).toEqual([columns, last, columns]);
        expect(found.sequenceId).toBe(77);
      }),
    );
  });

  test('an error among the rows ends them', () => {
    const error = framed(failure, 9);
    const found = fed(cut(Buffer.concat([columns, framed(row(1), 2), error]), [5, 3]), true);
    expect([found.rows, found.driver, found.sequenceId]).toEqual([[row(1)], [columns, error], 9]);
  });

  test.each([lengthMax - 1, lengthMax, lengthMax + 5, lengthMax * 2])('a row of %i bytes', (bytes) => {
    const large = Buffer.alloc(bytes, 7);
    large[0] = 0;
    const stream = Buffer.concat([columns, framed(large, 2), framed(row(1), 5), framed(end, 6)]);
    const { rows, sequenceId } = fed(cut(stream, [65_536]), true);
    expect(rows.length).toBe(2);
    expect(rows[0]?.equals(large)).toBe(true);
    expect([rows[1], sequenceId]).toEqual([row(1), 6]);
  });

  test('where nobody takes them the driver gets them all', () => {
    const packets = [columns, framed(row(1), 2), framed(row(2, 3), 3), framed(end, 4)];
    const found = fed(cut(Buffer.concat(packets), [7]), false);
    expect([found.rows, found.driver]).toEqual([[], packets]);
  });
});
