/** A column of a result as the server describes it: its type in the protocol, its flags. */
export interface FieldInfo {
  readonly columnType: number;
  readonly flags: number;
}

/** Takes one row as the binary protocol carries it: the bytes of `from` from `begin` to before `end`. */
export type PacketRow = (from: Buffer, begin: number, end: number) => void;

/** The parts of mysql2 (its version is pinned) that are leaned on here. */
interface Parser {
  execute(chunk: Buffer): unknown;
}
interface Driver {
  packetParser: Parser;
  sequenceId: number;
}
interface Statement {
  buildParserFromFields(fields: readonly FieldInfo[], connection: unknown): unknown;
}

const headerBytes = 4;
/** A packet of this length goes on in the next one. */
const lengthMax = 0xffffff;
const endOfRows = 0xfe;
const endBytesMax = 9;
const failure = 0xff;

/**
 * Puts a reader of packets before mysql2's own, which lets the rows of `takeRows` pass by it and gives it copies of all
 * other packets: it keeps some, and the bytes of a chunk may be used again.
 */
export function readPackets(connection: unknown): void {
  const driver = connection as Driver;
  driver.packetParser = new PacketReader(driver, driver.packetParser);
}

/**
 * Lets the rows of one statement pass by mysql2's parser, which makes an object a packet and an array a row: `rowsOf` is
 * called with the result's columns, and gives what takes its rows, or undefined where the driver shall go on as ever.
 * Everything else (columns, the end, errors) is still the driver's.
 */
export function takeRows(
  connection: unknown,
  statement: unknown,
  rowsOf: (fields: readonly FieldInfo[]) => PacketRow | undefined,
): void {
  const reader = (connection as Driver).packetParser;
  const command = statement as Statement;
  const build = command.buildParserFromFields;
  if (!(reader instanceof PacketReader)) return;
  command.buildParserFromFields = (fields, of) => {
    reader.row = rowsOf(fields);
    return build.call(command, fields, of);
  };
}

/** Cuts the stream into packets. Chunks end anywhere: a packet may begin in one and end in another. */
class PacketReader implements Parser {
  row: PacketRow | undefined;
  readonly #driver: Driver;
  readonly #parser: Parser;
  #left: Buffer[] = [];
  #leftBytes = 0;
  /** Bytes that the packet has whose beginning is left, or its header where that is not whole yet. */
  #needed = headerBytes;
  /** Rows beyond 16 MB come in several packets. */
  #parts: Buffer[] = [];

  constructor(driver: Driver, parser: Parser) {
    this.#driver = driver;
    this.#parser = parser;
  }

  execute(chunk: Buffer): void {
    const at = this.#leftBytes === 0 ? 0 : this.#complete(chunk);
    if (at >= 0) this.#cut(chunk, at);
  }

  /** Completes the packet whose beginning is left; gives the place behind it, or -1 where the chunk holds no more. */
  #complete(chunk: Buffer): number {
    let at = 0;
    while (true) {
      const more = Math.min(this.#needed - this.#leftBytes, chunk.length - at);
      // A copy: what is read into may be used again.
      this.#left.push(Buffer.from(chunk.subarray(at, at + more)));
      this.#leftBytes += more;
      at += more;
      if (this.#leftBytes < this.#needed) return -1;
      const packet = Buffer.concat(this.#left, this.#leftBytes);
      this.#needed = headerBytes + packet.readUIntLE(0, 3);
      this.#left = [packet];
      if (this.#needed > this.#leftBytes) continue;
      this.#left = [];
      this.#leftBytes = 0;
      this.#packet(packet, 0, packet.length);
      return at;
    }
  }

  #cut(chunk: Buffer, begin: number): void {
    let at = begin;
    while (chunk.length - at >= headerBytes) {
      const length = (chunk[at] as number) | ((chunk[at + 1] as number) << 8) | ((chunk[at + 2] as number) << 16);
      const end = at + headerBytes + length;
      if (end > chunk.length) break;
      this.#packet(chunk, at, end);
      at = end;
    }
    if (at === chunk.length) return;
    this.#left = [Buffer.from(chunk.subarray(at))];
    this.#leftBytes = chunk.length - at;
    this.#needed = this.#leftBytes < headerBytes ? headerBytes : headerBytes + chunk.readUIntLE(at, 3);
  }

  #packet(chunk: Buffer, at: number, end: number): void {
    if (this.row !== undefined) this.#inRows(this.row, chunk, at, end);
    else this.#parser.execute(Buffer.from(chunk.subarray(at, end)));
  }

  #inRows(row: PacketRow, chunk: Buffer, at: number, end: number): void {
    const begin = at + headerBytes;
    if (end - begin === lengthMax || this.#parts.length > 0) {
      this.#parts.push(Buffer.from(chunk.subarray(begin, end)));
      if (end - begin === lengthMax) return;
      const whole = Buffer.concat(this.#parts);
      this.#parts = [];
      row(whole, 0, whole.length);
      return;
    }
    const first = chunk[begin];
    if (first === failure || (first === endOfRows && end - begin < endBytesMax)) {
      this.row = undefined;
      // The driver did not see the rows, and checks that packets are numbered on.
      this.#driver.sequenceId = chunk[at + 3] as number;
      this.#parser.execute(Buffer.from(chunk.subarray(at, end)));
      return;
    }
    row(chunk, begin, end);
  }
}
