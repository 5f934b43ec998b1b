import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CuttingProxy {
  readonly url: string;
  /** INSERTs, or other statements that are to be cut, that came by. */
  readonly inserts: () => number;
  close(): Promise<void>;
}

/** What a request's body begins with, without taking it away. */
async function firstChunk(incoming: IncomingMessage): Promise<string> {
  await once(incoming, 'readable');
  const chunk = incoming.read() as Buffer | null;
  if (chunk !== null) incoming.unshift(chunk);
  return String(chunk ?? '');
}

/**
 * An HTTP proxy before a ClickHouse server that cuts the first `cuts` INSERTs: `reply` when the server has answered,
 * so that the rows are there and the sender does not know; `body` after half of what is sent. `statement` names
 * another kind of statement.
 */
export async function startCuttingProxy(
  target: string,
  cuts: number,
  where: 'reply' | 'body',
  statement = 'INSERT INTO',
): Promise<CuttingProxy> {
  let inserts = 0;
  const server = createServer(async (incoming, outgoing) => {
    // A statement without data travels as the body.
    const said = new URL(incoming.url ?? '/', target).searchParams.get('query') ?? (await firstChunk(incoming));
    const cut = said.includes(statement) && ++inserts <= cuts;
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
