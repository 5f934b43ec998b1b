import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** INSERTs that came by. */
  readonly inserts: () => number;
  close(): Promise<void>;
}

/**
 * An HTTP proxy before a ClickHouse server that cuts the first `cuts` INSERTs: `reply` when the server has answered,
 * so that the rows are there and the sender does not know; `body` after half of what is sent.
 */
export async function startCuttingProxy(target: string, cuts: number, where: 'reply' | 'body'): Promise<CuttingProxy> {
  let inserts = 0;
  const server = createServer((incoming, outgoing) => {
    const isInsert = decodeURIComponent(incoming.url ?? '')
      .replaceAll('+', ' ')
      .includes('INSERT INTO');
    const cut = isInsert && ++inserts <= cuts;
    const { method, headers, url } = incoming;
    const forward = request(new URL(url ?? '/', target), { method: method ?? 'POST', headers, agent: false });
    forward.on('error', () => incoming.socket.destroy());
    forward.on('response', (answer) => {
      answer.resume();
      if (cut) {
        answer.on('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    if (!cut || where === 'reply') {
      incoming.pipe(forward);
      return;
    }
    let sent = 0;
    incoming.on('data', (chunk: Buffer) => {
      if (sent === 0) forward.write(chunk);
      sent += chunk.length;
      forward.destroy();
      incoming.socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    inserts: () => inserts,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
