import mysql, { type Connection, type ConnectionOptions } from 'mysql2';
import pRetry from 'p-retry';
import type { Cell } from '../core/cells.js';
import { TransloadError, usageError } from '../core/errors.js';
import type { ServerConfig } from '../core/server-config.js';
import type { Source } from '../dataset/declaration.js';
import { checkUnchanged, findTable, greatestAndLeast } from './mysql-catalogue.js';
import { mysqlError } from './mysql-errors.js';
import { type Ask, countSelect, exportSelect, quote } from './mysql-sql.js';
import { batchesOf, type RowStream } from './mysql-stream.js';
import { OddCounter } from './odd-counter.js';
import type { Bounds, FoundTable, OddCount, ReadRequest, Session, SourceServer } from './source.js';

const connectTimeoutMs = 15_000;
/** The session's own limits are raised: none of them may cut a long read in silence (fault 1). */
const sessionSettings = [
  "time_zone = '+00:00'",
  // A server's own modes would pad CHAR, or read names in double quotes.
  "sql_mode = ''",
  'net_write_timeout = 3600',
  'net_read_timeout = 3600',
  'wait_timeout = 28800',
];
/**
 * Known to some servers only: a limit on the run time of a SELECT, under either name; and the age of MySQL's row
 * estimates, which it else writes down when somebody first asks and repeats for a day.
 */
const optionalSettings = ['max_execution_time = 0', 'max_statement_time = 0', 'information_schema_stats_expiry = 0'];

function connectionOptions(config: ServerConfig): ConnectionOptions {
  const { url, user, password, ca } = config;
  return {
    host: url.hostname || 'localhost',
    port: Number(url.port || 3306),
    user: user ?? 'root',
    ...(password === undefined ? {} : { password }),
    database: decodeURIComponent(url.pathname.slice(1)) || 'Stock',
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    rowsAsArray: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: false,
    decimalNumbers: false,
    ...(ca === undefined ? {} : { ssl: { ca } }),
  } as ConnectionOptions;
}

/** Opens the MySQL or MariaDB server of MYSQL_URL. Connections are made when they are needed. */
export function openMysql(config: ServerConfig): SourceServer {
  const options = connectionOptions(config);
  const server = `${options.host}:${options.port}/${options.database}`;
  let control: Promise<Connection> | undefined;

  const connect = async (): Promise<Connection> => {
    const connection = mysql.createConnection(options);
    // A connection that dies between two statements must not end the process: the next statement fails and says so.
    connection.on('error', () => undefined);
    try {
      await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
      for (const setting of sessionSettings) await ask(connection, `SET SESSION ${setting}`);
      for (const setting of optionalSettings) await ask(connection, `SET SESSION ${setting}`).catch(() => undefined);
    } catch (error) {
      connection.destroy();
      throw mysqlError(error, `cannot connect to MySQL at ${server}`, server);
    }
    return connection;
  };
  const askOnce: Ask = async (sql, values) => {
    control ??= connect();
    try {
      return await ask(await control, sql, values);
    } catch (error) {
      const wrapped = mysqlError(error, `MySQL at ${server} cannot answer`, server);
      if (wrapped.retryable) control = undefined;
      throw wrapped;
    }
  };
  /** Looks into the catalogue and probes are asked again on a new connection where the old one was lost. */
  const askControl: Ask = (sql, values) =>
    pRetry(() => askOnce(sql, values), {
      retries: 2,
      minTimeout: 300,
      shouldRetry: ({ error }) => error instanceof TransloadError && error.retryable,
    });

  return {
    engine: 'mysql',
    version: async () => {
      const [row] = await askControl('SELECT VERSION(), @@version_comment');
      const name = String(row?.[0]);
      return name.includes('MariaDB') ? `MariaDB ${name.split('-')[0]}` : `MySQL ${name}`;
    },
    find: (source) => findTable(askControl, source),
    isSample: async () => {
      const found = await askControl(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'transload_demo'",
      );
      return found.length > 0;
    },
    bounds: (source, found, rangeRows, after) => probeBounds(askControl, source, found, rangeRows, after),
    count: async (source, table, range) => {
      const [row] = await askControl(countSelect(source, table, range));
      return Number(row?.[0]);
    },
    unreachable: async (source, table) => unreachableRows(askControl, source, table),
    statement: exportSelect,
    open: (signal) => openSession(connect, askControl, server, signal),
    close: async () => {
      const connection = await control?.catch(() => undefined);
      connection?.destroy();
      control = undefined;
    },
  };
}

function ask(connection: Connection, sql: string, values: readonly unknown[] = []): Promise<unknown[][]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, values: [...values] }, (error, rows) => {
      if (error) reject(error);
      else resolve(Array.isArray(rows) ? (rows as unknown as unknown[][]) : []);
    });
  });
}

async function probeBounds(
  ask: Ask,
  source: Source,
  found: FoundTable,
  rangeRows: number,
  after: bigint | undefined,
): Promise<Bounds> {
  const key = quote(source.key);
  const extremes = await greatestAndLeast(ask, source, found.table);
  if (extremes === undefined) return { bounds: [], end: after ?? 0n, rows: 0 };
  // The id space begins at 1, the first AUTO_INCREMENT, unless a row has the id 0.
  const from = after ?? (extremes.least < 1n ? 0n : 1n);
  if (extremes.greatest < from) return { bounds: [], end: from, rows: 0 };
  if (extremes.least < 0n) {
    throw usageError(
      'KEY_NEGATIVE',
      `${found.table}.${source.key} has negative ids (${extremes.least})`,
      'keys must be 0 or more',
    );
  }
  const force = found.index === undefined ? '' : ` FORCE INDEX (${quote(found.index)})`;
  const next = `SELECT ${key} FROM ${quote(found.table)}${force} WHERE ${key} >= ? ORDER BY ${key} LIMIT 1 OFFSET ?`;
  const bounds = [from];
  for (let at = from; ; ) {
    const [row] = await ask(next, [at, rangeRows]);
    if (row === undefined) break;
    at = BigInt(String(row[0]));
    bounds.push(at);
  }
  const rows = await ask(`SELECT COUNT(*) FROM ${quote(found.table)} WHERE ${key} >= ?`, [bounds.at(-1)]);
  return { bounds, end: extremes.greatest + 1n, rows: (bounds.length - 1) * rangeRows + Number(rows[0]?.[0]) };
}

async function unreachableRows(ask: Ask, source: Source, table: string): Promise<ReadonlyMap<string, OddCount>> {
  const [row] = await ask(`SELECT COUNT(*) FROM ${quote(table)} WHERE ${quote(source.key)} IS NULL`);
  const count = Number(row?.[0]);
  return count > 0 ? new Map([['key_null', { count, example: null }]]) : new Map();
}

async function openSession(
  connect: () => Promise<Connection>,
  control: Ask,
  server: string,
  signal: AbortSignal,
): Promise<Session> {
  const connection = await connect();
  const abort = (): void => connection.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await ask(connection, 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await ask(connection, 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  } catch (error) {
    connection.destroy();
    throw mysqlError(error, `cannot begin a consistent read at ${server}`, server);
  }
  return {
    snapshot: new Date().toISOString(),
    read: (request) => {
      const odd = new OddCounter();
      return { batches: readBatches(connection, control, request, odd, server), oddities: odd.counts };
    },
    close: async () => {
      signal.removeEventListener('abort', abort);
      connection.destroy();
    },
  };
}

async function* readBatches(
  connection: Connection,
  control: Ask,
  request: ReadRequest,
  odd: OddCounter,
  server: string,
) {
  try {
    // Outside the consistent read, which would see the catalogue as it was when it began. What is altered after this
    // look, the read itself refuses.
    await checkUnchanged(control, request);
    yield* batchesOf(request.source, rowStream(connection, request), odd);
  } catch (error) {
    if (error instanceof TransloadError) throw error;
    throw mysqlError(error, `cannot read ${request.table}`, server);
  }
}

/** Rows of the export SELECT by the binary protocol (FLOAT is exact there), as arrays. */
function rowStream(connection: Connection, request: ReadRequest): RowStream {
  const sql = exportSelect(request);
  return {
    start: (handlers) => {
      const command = connection.execute({ sql, rowsAsArray: true } as never);
      const settle = (tell: () => void): void => {
        connection.removeListener('error', fail);
        connection.removeListener('end', closed);
        tell();
      };
      const fail = (error: Error): void => settle(() => handlers.error(error));
      const closed = (): void => fail(new Error('the connection was closed'));
      command.on('result', (row: unknown) => handlers.row(row as Cell[]));
      command.on('error', fail);
      command.on('end', () => settle(() => handlers.end()));
      connection.on('error', fail);
      connection.on('end', closed);
    },
    pause: () => connection.pause(),
    resume: () => connection.resume(),
  };
}
