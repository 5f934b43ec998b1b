import { connect, type Socket } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import mysql, { type Connection, type ConnectionOptions } from 'mysql2';
import type { ServerConfig } from '../core/server-config.js';
import { readPackets } from './mysql-packets.js';

const connectTimeoutMs = 15_000;
/** Looks at a connection during its time without a byte: so a machine that slept does not count as a silent server. */
const looks = 20;

/** A connection to MySQL with its socket, which mysql2's own destroy() only asks to end. */
export interface Wire {
  readonly connection: Connection;
  /**
   * Closes the connection when no byte came for the time limit, not counting the time during which the reader made the
   * server wait. Calls `failed` then, and when destroy() ends the watched statement; gives the function that ends the
   * watch.
   */
  watch(failed: (error: Error) => void, isPaused?: () => boolean): () => void;
  /** Rows of one statement. Rejects with what mysql2 says, or after the time limit without a byte. */
  ask(sql: string, values?: readonly unknown[]): Promise<unknown[][]>;
  /** The same by the names of the columns, for a SHOW whose columns differ from server to server. */
  records(sql: string): Promise<Readonly<Record<string, unknown>>[]>;
  /** Closes at once, whatever the server does. */
  destroy(): void;
}

function connectionOptions(config: ServerConfig, verifyIdentity: boolean): ConnectionOptions {
  const { url, user, password, ca } = config;
  return {
    host: url.hostname || 'localhost',
    port: Number(url.port || 3306),
    user: user ?? 'root',
    ...(password === undefined ? {} : { password }),
    database: decodeURIComponent(url.pathname.slice(1)) || 'Stock',
    charset: 'utf8mb4',
    connectTimeout: Math.min(connectTimeoutMs, config.timeoutMs),
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    decimalNumbers: false,
    ...(ca === undefined ? {} : { ssl: { ca, verifyIdentity } }),
  } as ConnectionOptions;
}

/** host:port/database, for messages. */
export function serverName(config: ServerConfig): string {
  const { host, port, database } = connectionOptions(config, true);
  return `${host}:${port}/${database}`;
}

/**
 * True where a certificate was refused for its name and names no host at all, as those that MySQL makes for itself: the
 * authority that signed it is the server's own, and there is nothing to compare.
 */
function namesNoHost(error: unknown): boolean {
  const cert = (error as { cert?: PeerCertificate }).cert;
  if (cert === undefined || cert.subjectaltname !== undefined) return false;
  return !/^[a-z0-9*.:-]+$/i.test(String(cert.subject?.CN ?? ''));
}

/**
 * Connects, with TLS where an authority is given: its signature is checked, and that the certificate names the host.
 * Rejects with what mysql2 says.
 */
export async function connectMysql(config: ServerConfig): Promise<Wire> {
  try {
    return await connectOnce(config, true);
  } catch (error) {
    if (!namesNoHost(error)) throw error;
    return connectOnce(config, false);
  }
}

const readBytes = 256 << 10;

/**
 * What the server sends is read into one and the same buffer: a new one for every 64 kB would keep the garbage collector
 * as busy as all the rest (`readPackets` copies what is kept). TLS reads in its own way.
 */
function openSocket(port: number, host: string, isTls: boolean): Socket {
  if (isTls) return connect(port, host);
  const socket: Socket = connect({
    port,
    host,
    onread: {
      buffer: Buffer.allocUnsafeSlow(readBytes),
      callback: (size, buffer) => socket.emit('data', buffer.subarray(0, size)),
    },
  });
  return socket;
}

async function connectOnce(config: ServerConfig, verifyIdentity: boolean): Promise<Wire> {
  const options = connectionOptions(config, verifyIdentity);
  const host = String(options.host);
  const socket = openSocket(Number(options.port), host, config.ca !== undefined);
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  // Node compares the certificate with this name where the host is an address, which mysql2 does not pass on.
  Object.assign(socket, { _host: host });
  const connection = mysql.createConnection({ ...options, stream: () => socket });
  readPackets(connection);
  const wire = wireOf(connection, socket, config.timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject);
      connection.connect((error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    wire.destroy();
    throw error;
  }
  return wire;
}

function wireOf(connection: Connection, socket: Socket, timeoutMs: number): Wire {
  // A connection that dies between two statements must not end the process: the next statement fails and says so.
  connection.on('error', () => undefined);
  const watches = new Set<(error: Error) => void>();
  const destroy = (error = new Error('the connection was closed')): void => {
    connection.destroy();
    socket.destroy();
    for (const end of watches) end(error);
  };
  const watch: Wire['watch'] = (failed, isPaused = () => false) => {
    let bytes = socket.bytesRead;
    let silent = 0;
    const timer = setInterval(() => {
      silent = socket.bytesRead === bytes && !isPaused() ? silent + 1 : 0;
      bytes = socket.bytesRead;
      if (silent >= looks) destroy(new Error(`nothing came from the server for ${timeoutMs / 1000} s`));
    }, timeoutMs / looks);
    const end = (error: Error): void => {
      unwatch();
      failed(error);
    };
    const unwatch = (): void => {
      clearInterval(timer);
      watches.delete(end);
    };
    watches.add(end);
    return unwatch;
  };
  const query = <Row>(options: { sql: string; values?: unknown[]; rowsAsArray?: boolean }): Promise<Row[]> =>
    new Promise((resolve, reject) => {
      const unwatch = watch(reject);
      connection.query(options, (error, rows) => {
        unwatch();
        if (error) reject(error);
        else resolve(Array.isArray(rows) ? (rows as unknown as Row[]) : []);
      });
    });
  return {
    connection,
    watch,
    ask: (sql, values = []) => query({ sql, values: [...values] }),
    records: (sql) => query({ sql, rowsAsArray: false }),
    destroy: () => destroy(),
  };
}
