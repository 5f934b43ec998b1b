import { connect, createServer, type Socket } from 'node:net';

/**
 * What goes wrong. `accept`: connections are closed as they come. `request`: cut when that many bytes of a request
 * have been passed on. `sent`: cut when a whole HTTP request has been passed on, before its reply. `reply`: cut when
 * that many bytes of the reply have been given; with 0 the server has done it all, and the client never hears of it.
 * `stall`: nothing is passed on any more, and nothing is closed.
 */
export type Fault = (
  | { readonly at: 'accept' | 'sent' | 'stall' }
  | { readonly at: 'request' | 'reply'; readonly bytes: number }
) & {
  /** Meets only requests in whose first bytes this is found; a statement by HTTP stands there percent-encoded. */
  readonly where?: RegExp;
  /** Meets this many requests, then no more. */
  readonly times?: number;
};

export interface FaultProxy {
  /** The server's URL by way of the proxy. */
  readonly url: string;
  /** What goes wrong from now on; undefined lets everything pass, what was stalled too. */
  fail(fault: Fault | undefined): void;
  /** Passes that many bytes a second in each direction of each connection; 0 for as many as come. */
  slow(bytesPerSecond: number): void;
  /** Every so many ms ends each connection or does not, as the seed has it; tells how often it ended some. */
  cutAtRandom(everyMs: number, seed: number): () => number;
  /** How many requests met the fault. */
  met(): number;
  /** Connections that are open. */
  connections(): number;
  /** Everything that either side said so far, a character a byte. */
  heard(): string;
  close(): Promise<void>;
}

/** The end of an HTTP request that is sent in chunks. */
const lastChunk = Buffer.from('0\r\n\r\n');
/** `where` is looked for in this many bytes of a request: the line of an HTTP request holds the whole statement. */
const headBytes = 32_768;

/** mulberry32: numbers between 0 and 1, the same ones for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Puts a TCP proxy before a server of any protocol, whose way of failing is switched while it runs. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const links = new Set<() => void>();
  const heard: Buffer[] = [];
  const waiting = new Set<() => void>();
  let current: Fault | undefined;
  let met = 0;
  let rate = 0;
  let timer: NodeJS.Timeout | undefined;

  /** The fault that a request with this beginning meets, counted. */
  const meet = (head: string): Fault | undefined => {
    if (current === undefined || !(current.where?.test(head) ?? true)) return undefined;
    if (current.times !== undefined && met >= current.times) return undefined;
    met++;
    return current;
  };

  const link = (client: Socket): void => {
    const server = connect(Number(port), hostname);
    const end = (): void => {
      links.delete(end);
      client.resetAndDestroy();
      server.destroy();
    };
    links.add(end);
    if (current?.at === 'accept' && meet('') !== undefined) {
      end();
      return;
    }
    let fault: Fault | undefined;
    let head = '';
    let [asked, answered] = [0, 0];
    const pass = (from: Socket, to: Socket, forward: (chunk: Buffer) => void): void => {
      from.on('data', async (chunk: Buffer) => {
        from.pause();
        heard.push(chunk);
        if (from === client) {
          // The first word after an answer begins another request; one that met the fault is followed to its end.
          if (answered > 0 && fault === undefined) [head, asked, answered] = ['', 0, 0];
          if (head.length < headBytes) head += chunk.toString('latin1');
        }
        if (current?.at !== 'accept') fault ??= meet(head);
        if (rate > 0) await new Promise((resolve) => setTimeout(resolve, (1000 * chunk.length) / rate));
        if (fault?.at === 'stall' && fault === current) await new Promise<void>((resolve) => waiting.add(resolve));
        if (to.destroyed) return;
        forward(chunk);
        if (to.writableNeedDrain) to.once('drain', () => from.resume());
        else from.resume();
      });
      from.on('end', () => to.end());
      from.on('error', end);
      from.on('close', () => {
        links.delete(end);
        to.destroy();
      });
    };
    pass(client, server, (chunk) => {
      asked += chunk.length;
      const over = fault?.at === 'request' ? asked - fault.bytes : -1;
      if (over >= 0) server.write(chunk.subarray(0, Math.max(0, chunk.length - over)), end);
      else server.write(chunk, () => fault?.at === 'sent' && chunk.subarray(-5).equals(lastChunk) && end());
    });
    pass(server, client, (chunk) => {
      const left = fault?.at === 'reply' ? fault.bytes - answered : chunk.length + 1;
      answered += chunk.length;
      if (left > chunk.length) client.write(chunk);
      else if (left > 0) client.write(chunk.subarray(0, left), end);
      else end();
    });
  };

  const proxy = createServer(link);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const url = new URL(target);
  url.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  return {
    url: url.href.replace(/\/$/, ''),
    fail: (fault) => {
      [current, met] = [fault, 0];
      for (const go of waiting) go();
      waiting.clear();
    },
    slow: (bytesPerSecond) => {
      rate = bytesPerSecond;
    },
    cutAtRandom: (everyMs, seed) => {
      const random = randomOf(seed);
      let cuts = 0;
      timer = setInterval(() => {
        const doomed = [...links].filter(() => random() < 0.5);
        for (const end of doomed) end();
        if (doomed.length > 0) cuts++;
      }, everyMs);
      return () => cuts;
    },
    met: () => met,
    connections: () => links.size,
    heard: () => Buffer.concat(heard).toString('latin1'),
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        for (const end of [...links]) end();
        proxy.close(() => resolve());
      }),
  };
}
