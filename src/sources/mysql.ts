import pRetry from 'p-retry';
import type { Cell } from '../core/cells.js';
import { TransloadError, usageError } from '../core/errors.js';
import type { ServerConfig } from '../core/server-config.js';
import type { Source } from '../dataset/declaration.js';
import { mysqlBounds } from './mysql-bounds.js';
import { checkUnchanged, findTable } from './mysql-catalogue.js';
import { connectMysql, serverName, type Wire } from './mysql-connection.js';
import { mysqlError } from './mysql-errors.js';
import { mysqlFacts, mysqlSourceFacts, mysqlVersion } from './mysql-facts.js';
import { openGauge } from './mysql-gauge.js';
import { takeRows } from './mysql-packets.js';
import { rawRows, rawSelect } from './mysql-rows.js';
import { prepareSession } from './mysql-session.js';
import { mysqlSpread } from './mysql-spread.js';
import { type Ask, countSelect, exportSelect, quote } from './mysql-sql.js';
import { batchesOf, type RowStream } from './mysql-stream.js';
import { OddCounter } from './odd-counter.js';
import { keyGroups } from './some-keys.js';
import type { OddCount, ReadRequest, Session, SourceServer } from './source.js';

/** What decides at a large table; left out, the figures of the tool and of the server. */
export interface MysqlLimits {
  /** Rows up to which ranges are counted and not estimated. */
  readonly walkMax?: number;
  /** Bytes of tables that the server keeps in memory. */
  readonly cacheBytes?: number;
}

/** Opens the MySQL or MariaDB server of MYSQL_URL. Connections are made when they are needed. */
export function openMysql(config: ServerConfig, limits: MysqlLimits = {}): SourceServer {
  checkScheme(config);
  const server = serverName(config);
  let control: Promise<Wire> | undefined;

  const open = async (): Promise<Wire> => {
    let wire: Wire | undefined;
    try {
      wire = await connectMysql(config);
      await prepareSession(wire, server);
      return wire;
    } catch (error) {
      wire?.destroy();
      throw mysqlError(error, `cannot connect to MySQL at ${server}`, server);
    }
  };
  const askOnce: Ask = async (sql, values) => {
    control ??= open();
    let wire: Wire | undefined;
    try {
      wire = await control;
      return await wire.ask(sql, values);
    } catch (error) {
      const wrapped = mysqlError(error, `MySQL at ${server} cannot answer`, server);
      if (wrapped.retryable) {
        // It may be there all the same, and would keep the process from ending.
        wire?.destroy();
        control = undefined;
      }
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
    version: () => mysqlVersion(askControl),
    // Nobody waits for three attempts to learn that nothing is there.
    facts: () => mysqlFacts(askOnce, config, server),
    explain: (source, found) => mysqlSourceFacts(askControl, source, found),
    find: (source) => findTable(askControl, source),
    isSample: async () => {
      const found = await askControl(
        "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'transload_demo'",
      );
      return found.length > 0;
    },
    bounds: (source, found, rangeRows, after) =>
      mysqlBounds(askControl, source, found, rangeRows, after, limits.walkMax),
    spread: (source, found) => mysqlSpread(askControl, source, found, limits.cacheBytes),
    count: async (source, table, range) => {
      const [row] = await askControl(countSelect(source, table, range));
      return Number(row?.[0]);
    },
    unreachable: async (source, table) => unreachableRows(askControl, source, table),
    statement: exportSelect,
    open: (signal) => openSession(open, askControl, server, signal),
    gauge: (limits) => openGauge(open, limits, server),
    rowsOf: async (source, found, keys, take) => {
      control ??= open();
      const wire = await control;
      try {
        for (const group of keyGroups(found, keys)) await rawRows(wire, rawSelect(source, found, group), take);
      } catch (error) {
        // Rows may still be on their way.
        wire.destroy();
        control = undefined;
        throw mysqlError(error, `cannot read ${found.table}`, server);
      }
    },
    close: async () => {
      (await control?.catch(() => undefined))?.destroy();
      control = undefined;
    },
  };
}

/** `mysql+pymysql://` and the like mean the same; a ClickHouse's http:// would be waited for in vain. */
function checkScheme({ url: { protocol } }: ServerConfig): void {
  if (/^(?:mysql|mariadb)/.test(protocol)) return;
  const text = `MYSQL_URL begins with ${protocol}//, which is no MySQL`;
  throw usageError('URL_SCHEME', text, 'write MYSQL_URL=mysql://host:3306/database');
}

async function unreachableRows(ask: Ask, source: Source, table: string): Promise<ReadonlyMap<string, OddCount>> {
  const [row] = await ask(`SELECT COUNT(*) FROM ${quote(table)} WHERE ${quote(source.key)} IS NULL`);
  const count = Number(row?.[0]);
  return count > 0 ? new Map([['key_null', { count, example: null }]]) : new Map();
}

async function openSession(
  open: () => Promise<Wire>,
  control: Ask,
  server: string,
  signal: AbortSignal,
): Promise<Session> {
  const wire = await open();
  const abort = (): void => wire.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await wire.ask('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await wire.ask('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  } catch (error) {
    wire.destroy();
    throw mysqlError(error, `cannot begin a consistent read at ${server}`, server);
  }
  return {
    snapshot: new Date().toISOString(),
    read: (request) => {
      const odd = new OddCounter();
      return { batches: readBatches(wire, control, request, odd, server), oddities: odd.counts };
    },
    close: async () => {
      signal.removeEventListener('abort', abort);
      wire.destroy();
    },
  };
}

async function* readBatches(wire: Wire, control: Ask, request: ReadRequest, odd: OddCounter, server: string) {
  try {
    // Outside the consistent read, which would see the catalogue as it was when it began. What is altered after this
    // look, the read itself refuses.
    await checkUnchanged(control, request);
    yield* batchesOf(request.source, rowStream(wire, request), odd);
  } catch (error) {
    if (error instanceof TransloadError) throw error;
    throw mysqlError(error, `cannot read ${request.table}`, server);
  }
}

/** Rows of the export SELECT by the binary protocol (FLOAT is exact there), as packets or as arrays. */
function rowStream({ connection, watch }: Wire, request: ReadRequest): RowStream {
  const sql = exportSelect(request);
  let paused = false;
  return {
    start: (handlers) => {
      const command = connection.execute({ sql, rowsAsArray: true } as never);
      const settle = (tell: () => void): void => {
        unwatch();
        connection.removeListener('error', fail);
        connection.removeListener('end', closed);
        tell();
      };
      const fail = (error: Error): void => settle(() => handlers.error(error));
      const closed = (): void => fail(new Error('the connection was closed'));
      const unwatch = watch(fail, () => paused);
      takeRows(connection, command, handlers.fields);
      command.on('result', (row: unknown) => handlers.row(row as Cell[]));
      command.on('error', fail);
      command.on('end', () => settle(() => handlers.end()));
      connection.on('error', fail);
      connection.on('end', closed);
    },
    pause: () => {
      paused = true;
      connection.pause();
    },
    resume: () => {
      paused = false;
      connection.resume();
    },
  };
}
