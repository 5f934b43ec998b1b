import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';

export interface TlsProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** Speaks TLS before a server that does not: for protocols that begin with it, as HTTP's and MongoDB's do. */
export async function startTlsProxy(target: string, identity: { cert: string; key: string }): Promise<TlsProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const proxy = createServer(identity, (client) => {
    const server = connect(Number(port), hostname);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  // A client that does not trust the certificate ends the handshake: its side is what the tests look at.
  proxy.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
}
