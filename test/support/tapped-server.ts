import { connect, createServer, type Socket } from 'node:net';

export interface TappedServer {
  /** The server's URL by way of the tap. */
  readonly url: string;
  /** Everything that either side said so far, a character a byte. */
  heard(): string;
  close(): Promise<void>;
}

/**
 * Puts a TCP proxy before a server that keeps what passes through it: what is read there was not encrypted.
 *
 * @param options.cut closes every connection at the client's first word
 */
export async function tapServer(url: string, options: { cut?: boolean } = {}): Promise<TappedServer> {
  const { hostname, port } = new URL(url);
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname);
    if (options.cut) client.once('data', () => client.destroy());
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk: Buffer) => chunks.push(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const tapped = new URL(url);
  tapped.port = String(typeof address === 'object' && address !== null ? address.port : 0);
  return {
    url: tapped.href,
    heard: () => Buffer.concat(chunks).toString('latin1'),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
}
