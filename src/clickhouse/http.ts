import { createReadStream } from 'node:fs';
import { Transform, type TransformCallback } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import pRetry from 'p-retry';
import { TransloadError, usageError } from '../core/errors.js';
import type { ServerConfig } from '../core/server-config.js';
import { step } from '../core/steps.js';
import {
  builtInSettings,
  type ClickHouse,
  type FileInsert,
  ownSettings,
  quoteText,
  type Settings,
  serverCodes,
  stepOf,
} from './client.js';
import { clickhouseError } from './errors.js';

export interface HttpTarget extends ServerConfig {
  readonly name: string;
  readonly database: string;
}

/** Lower than any server's keep-alive (3 s is the usual least): a socket is never reused after the server closed it. */
const idleSocketMs = 1500;
/** Ports of ClickHouse that speak something else: what, and the port beside it that speaks HTTP. */
const otherPorts: Record<string, readonly [string, string]> = {
  '9000': ["ClickHouse's native protocol", '8123'],
  '9440': ["ClickHouse's native protocol", '8443'],
  '9004': ["MySQL's protocol", '8123'],
  '9005': ["PostgreSQL's protocol", '8123'],
};

const querySettings: Settings = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1 };
const builtInSql = `SELECT name, default FROM system.settings WHERE name IN (${builtInSettings.map(quoteText).join(', ')})`;

/** Opens a ClickHouse server. Nothing is sent before the first statement. Statements name their database themselves. */
export function openHttp(config: HttpTarget, defaultDatabase?: string): ClickHouse {
  const { url, user, password, ca, timeoutMs, database } = config;
  const variables = config.name.toUpperCase().replaceAll('-', '_');
  checkAddress(url, variables);
  const where = url.origin;
  const client: ClickHouseClient = createClient({
    url: where,
    username: user ?? 'default',
    password: password ?? '',
    ...(defaultDatabase === undefined ? {} : { database: defaultDatabase }),
    application: 'transload',
    request_timeout: timeoutMs,
    keep_alive: { enabled: true, idle_socket_ttl: idleSocketMs },
    compression: { request: false, response: false },
    log: { level: 127 },
    ...(ca === undefined ? {} : { tls: { ca_cert: Buffer.from(ca) } }),
  });
  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw clickhouseError(error, `${what} at ${config.name} (${where})`, where, variables);
    }
  };
  const run = async (query: string, settings: Settings, queryId?: string): Promise<string> => {
    const { stream } = await client.exec({
      query,
      ...(queryId === undefined ? {} : { query_id: queryId }),
      clickhouse_settings: { wait_end_of_query: 1, ...settings } as never,
    });
    return readAll(stream);
  };
  const query = async (sql: string, settings: Settings): Promise<unknown[][]> => {
    const answer = await run(`${sql}\nFORMAT JSONCompact`, { ...querySettings, ...settings });
    return (JSON.parse(answer) as { data: unknown[][] }).data;
  };
  let builtIn: Settings | undefined;
  const ours = async (settings: Settings): Promise<Settings> => {
    builtIn ??= Object.fromEntries((await query(builtInSql, ownSettings)).map(([name, value]) => [name, value]));
    return { ...ownSettings, ...builtIn, ...settings };
  };

  return {
    where,
    database,
    rows: (sql, settings = {}) => again(() => guarded('query failed', async () => query(sql, await ours(settings)))),
    text: (sql, format) => guarded('query failed', () => run(format === '' ? sql : `${sql}\nFORMAT ${format}`, {})),
    command: (sql, settings = {}, queryId) =>
      guarded('statement failed', async () => {
        step(stepOf(sql));
        await run(sql, await ours(settings), queryId);
      }),
    isRunning: (queryId) =>
      again(() =>
        guarded('query failed', async () => {
          try {
            await run('SELECT 1', { ...ownSettings, replace_running_query: 0 }, queryId);
            return false;
          } catch (error) {
            if ((error as { code?: string }).code === String(serverCodes.alreadyRunning)) return true;
            throw error;
          }
        }),
      ),
    insertFile: (insert) =>
      guarded('insert failed', async () => sendFile(client, { ...insert, settings: await ours(insert.settings) })),
    close: () => client.close(),
  };
}

/** Throws where the URL names a protocol that is not HTTP, or a port that is known to speak another one. */
function checkAddress(url: URL, variables: string): void {
  if (!/^https?:$/.test(url.protocol)) {
    const text = `${variables}_URL begins with ${url.protocol}//, and transload speaks HTTP`;
    throw usageError('URL_SCHEME', text, `write ${variables}_URL=http://host:8123 or https://host:8443`);
  }
  const [protocol, httpPort] = otherPorts[url.port] ?? [];
  if (protocol === undefined) return;
  const text = `${variables}_URL names port ${url.port}, which speaks ${protocol}`;
  throw usageError('NATIVE_PORT', text, `transload speaks HTTP: the port is usually ${httpPort}`);
}

/** Questions change nothing: on a connection that was lost they are asked again. */
function again<T>(question: () => Promise<T>): Promise<T> {
  return pRetry(question, {
    retries: 2,
    minTimeout: 300,
    shouldRetry: ({ error }) => error instanceof TransloadError && error.code === 'TARGET_LOST',
  });
}

async function sendFile(client: ClickHouseClient, insert: FileInsert): Promise<void> {
  const { head, structure, where, file, settings, queryId, onBytes } = insert;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      step('send piece of shard');
      onBytes(chunk.length);
      done(null, chunk);
    },
  });
  const input = createReadStream(file, { highWaterMark: 1 << 18 });
  input.on('error', (error) => counted.destroy(error));
  try {
    step(stepOf(head));
    const { stream } = await client.exec({
      query: `${head} input('${structure.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}')${where} FORMAT Parquet`,
      values: input.pipe(counted),
      clickhouse_settings: settings as never,
      ...(queryId === undefined ? {} : { query_id: queryId }),
    });
    await readAll(stream);
  } finally {
    input.destroy();
  }
}
