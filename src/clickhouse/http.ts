import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform, type TransformCallback } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import pRetry from 'p-retry';
import { diskFull, isDiskFull } from '../core/disk-full.js';
import { TransloadError, usageError } from '../core/errors.js';
import type { ServerConfig } from '../core/server-config.js';
import { step } from '../core/steps.js';
import {
  builtInSettings,
  type ClickHouse,
  type FileInsert,
  type Measured,
  measuredOf,
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
    // A long scan says in its headers that it goes on.
    max_response_headers_size: 1 << 20,
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
  const query = async (sql: string, settings: Settings): Promise<Measured> =>
    measuredOf(await run(`${sql}\nFORMAT JSONCompact`, { ...querySettings, ...settings }));
  let builtIn: Settings | undefined;
  const ours = async (settings: Settings): Promise<Settings> => {
    builtIn ??= Object.fromEntries((await query(builtInSql, ownSettings)).rows.map(([name, value]) => [name, value]));
    return { ...ownSettings, ...builtIn, ...settings };
  };
  const measured = (sql: string, settings: Settings): Promise<Measured> =>
    again(() => guarded('query failed', async () => query(sql, await ours(settings))));

  return {
    where,
    database,
    rows: async (sql, settings = {}) => (await measured(sql, settings)).rows,
    measured: (sql, settings = {}) => measured(sql, settings),
    save: (sql, file, settings = {}) =>
      guarded('query failed', async () => {
        step('save answer');
        // What does not wait for its end is not kept at the server as a whole.
        const answer = { query: `${sql}\nFORMAT Parquet`, clickhouse_settings: (await ours(settings)) as never };
        const { stream } = await client.exec(answer);
        await pipeline(stream, createWriteStream(file)).catch((error: unknown) => {
          throw isDiskFull(error) ? diskFull('cannot keep what the target holds', dirname(file), '', error) : error;
        });
        await checkWhole(file);
      }),
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

/** A server that fails in the midst of its answer writes the reason at its end, behind rows that look well. */
async function checkWhole(file: string): Promise<void> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const end = Buffer.alloc(Math.min(size, 2000));
    await handle.read(end, 0, end.length, size - end.length);
    if (end.subarray(-4).toString('latin1') === 'PAR1') return;
    throw new Error(/Code: \d+\. DB::Exception: .*/s.exec(end.toString())?.[0] ?? 'the answer broke off');
  } finally {
    await handle.close();
  }
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
