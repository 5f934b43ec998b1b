import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2/promise';
import { createConnection } from 'mysql2/promise';
import type { SampleTable } from './generate.js';
import { rowBatches, sampleTables } from './generate.js';
import { lookupRows } from './lookups.js';
import type { FillProgress, FillResult, Row, Sample, SampleOptions } from './sample.js';
import { estimatedRows, markerName, markerVersion, resolveSample } from './sample.js';
import { createTable, markerSchema, tableNames, tableSchemas } from './schema.js';
import { quoted, sqlRow, tsvRow } from './sql-text.js';

export interface FillMysqlOptions {
  /** mysql://user:password@host:port; a database in it is not looked at. */
  readonly url: string;
  readonly database: string;
  readonly sample: SampleOptions;
  readonly onProgress?: (progress: FillProgress) => void;
  /** Drops tables of the sample's names that an earlier fill did not make. */
  readonly overwrite?: boolean;
}

const loaders = 2;
const tsvChunkChars = 256 * 1024;
const insertChars = 1_000_000;
/** Bytes waiting in the socket before the generator pauses: mysql2 itself never slows an infile stream down. */
const socketBytesMax = 4 * 1024 * 1024;

interface Server {
  readonly mariadb: boolean;
  readonly localInfile: boolean;
}

/**
 * Creates the database and the sample's tables and fills them. Does nothing where an earlier fill of the same sample
 * went through. Throws an Error where a table of the sample exists that no earlier fill made, unless `overwrite`.
 */
export async function fillMysql(options: FillMysqlOptions): Promise<FillResult> {
  const sample = resolveSample(options.sample);
  const connection = await open(options.url);
  try {
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${quoted(options.database)} CHARACTER SET utf8mb4`);
    await connection.query(`USE ${quoted(options.database)}`);
    const existing = await existingTables(connection, options.database);
    if (await isFilled(connection, sample, existing)) return { reused: true, rows: 0 };
    refuseForeign(options, sample, existing);
    const server = await describe(connection);
    await createTables(connection, sample, existing, server);
    const rows = await fillTables(options, sample, server);
    await connection.query(`INSERT INTO ${markerName} VALUES (?, ?, ?)`, [
      sample.images,
      sample.seed,
      markerVersion(sample),
    ]);
    return { reused: false, rows };
  } finally {
    await connection.end();
  }
}

async function open(url: string): Promise<Connection> {
  const address = new URL(url);
  address.pathname = '/';
  const connection = await createConnection({ uri: address.href, charset: 'utf8mb4' });
  // Zero dates and key checks are the sample's business; without the checks MariaDB loads an empty table in bulk.
  await connection.query(
    "SET SESSION sql_mode = 'STRICT_TRANS_TABLES', unique_checks = 0, foreign_key_checks = 0, time_zone = '+00:00'",
  );
  return connection;
}

async function existingTables(connection: Connection, database: string): Promise<readonly string[]> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?',
    [database],
  );
  return rows.map((row) => String(row.name));
}

async function isFilled(connection: Connection, sample: Sample, existing: readonly string[]): Promise<boolean> {
  const needed = [...tableSchemas(sample).map(({ name }) => name), markerName];
  const names = new Set(existing.map((name) => name.toLowerCase()));
  if (!needed.every((name) => names.has(name.toLowerCase()))) return false;
  const [rows] = await connection.query<RowDataPacket[]>(`SELECT images, seed, version FROM ${markerName}`);
  const [row] = rows;
  if (rows.length !== 1 || row === undefined) return false;
  return row.images === sample.images && row.seed === sample.seed && row.version === markerVersion(sample);
}

function ours(sample: Sample, existing: readonly string[]): readonly string[] {
  const names = new Set(tableNames(sample).map((name) => name.toLowerCase()));
  return existing.filter((name) => names.has(name.toLowerCase()));
}

function refuseForeign(options: FillMysqlOptions, sample: Sample, existing: readonly string[]): void {
  const found = ours(sample, existing);
  if (options.overwrite === true || found.length === 0 || existing.includes(markerName)) return;
  throw new Error(
    `database ${options.database} already has ${found.slice(0, 3).join(', ')}${found.length > 3 ? ' …' : ''}, ` +
      'which no earlier fill of sample data made; they would be dropped',
  );
}

async function describe(connection: Connection): Promise<Server> {
  const [rows] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version, @@local_infile AS allowed');
  return { mariadb: /mariadb/i.test(String(rows[0]?.version)), localInfile: Number(rows[0]?.allowed) === 1 };
}

async function createTables(
  connection: Connection,
  sample: Sample,
  existing: readonly string[],
  server: Server,
): Promise<void> {
  // The empty marker comes first: a fill that is cut off leaves tables which the next one may replace.
  await connection.query(`DROP TABLE IF EXISTS ${markerName}`);
  await connection.query(createTable(markerSchema, server.mariadb));
  for (const name of ours(sample, existing)) await connection.query(`DROP TABLE ${quoted(name)}`);
  for (const schema of tableSchemas(sample)) await connection.query(createTable(schema, server.mariadb));
  for (const [name, rows] of Object.entries(lookupRows())) {
    await connection.query(`INSERT INTO ${quoted(name)} VALUES ${rows.map(sqlRow).join(',')}`);
  }
}

async function fillTables(options: FillMysqlOptions, sample: Sample, server: Server): Promise<number> {
  const waiting = [...sampleTables(sample)];
  const totalRows = Math.max(estimatedRows(sample), 1);
  let rows = 0;
  let failure: unknown;
  const load = async (): Promise<void> => {
    const connection = await open(options.url);
    try {
      await connection.query(`USE ${quoted(options.database)}`);
      for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
        const { name } = table;
        const counted = countRows(rowBatches(sample, table), (count) => {
          // The other table's load ends with the one that failed, not when it is through.
          if (failure !== undefined) throw failure;
          rows += count;
          options.onProgress?.({ table: name, rows, totalRows });
        });
        await (server.localInfile ? loadTable : insertTable)(connection, table, counted);
      }
    } catch (error) {
      failure ??= error;
    } finally {
      // Not end(): after a failure the connection may be in the middle of a stream.
      connection.destroy();
    }
  };
  await Promise.all(Array.from({ length: loaders }, load));
  if (failure !== undefined) throw failure;
  return rows;
}

function* countRows(batches: Iterable<readonly Row[]>, onRows: (count: number) => void): Generator<readonly Row[]> {
  for (const batch of batches) {
    yield batch;
    onRows(batch.length);
  }
}

async function loadTable(connection: Connection, table: SampleTable, batches: Iterable<readonly Row[]>): Promise<void> {
  let sent = 0;
  const socket = (connection as unknown as { connection: { stream: Socketlike } }).connection.stream;
  async function* chunks(): AsyncGenerator<Buffer> {
    let text = '';
    for (const batch of batches) {
      for (const row of batch) text += tsvRow(row);
      sent += batch.length;
      if (text.length < tsvChunkChars) continue;
      yield Buffer.from(text);
      text = '';
      if (socket.writableLength > socketBytesMax) await once(socket, 'drain');
    }
    if (text !== '') yield Buffer.from(text);
  }
  const [result] = await connection.query<ResultSetHeader>({
    sql:
      `LOAD DATA LOCAL INFILE 'sample' INTO TABLE ${quoted(table.name)} ` +
      `CHARACTER SET utf8mb4 (${columnList(table)})`,
    infileStreamFactory: () => Readable.from(chunks(), { objectMode: true, highWaterMark: 1 }),
  });
  // LOCAL turns errors into warnings: a value that was cut or a row that was left out shows here only.
  if (result.affectedRows !== sent || result.warningStatus > 0) {
    const [warnings] = await connection.query<RowDataPacket[]>('SHOW WARNINGS LIMIT 3');
    const said = warnings.map((warning) => String(warning.Message)).join('; ');
    throw new Error(`filling ${table.name}: ${result.affectedRows} of ${sent} rows stored; ${said}`);
  }
}

type Socketlike = NodeJS.EventEmitter & { readonly writableLength: number };

async function insertTable(
  connection: Connection,
  table: SampleTable,
  batches: Iterable<readonly Row[]>,
): Promise<void> {
  const head = `INSERT INTO ${quoted(table.name)} (${columnList(table)}) VALUES `;
  let text = '';
  for (const batch of batches) {
    for (const row of batch) {
      text += (text === '' ? head : ',') + sqlRow(row);
      if (text.length < insertChars) continue;
      await connection.query(text);
      text = '';
    }
  }
  if (text !== '') await connection.query(text);
}

function columnList(table: SampleTable): string {
  return table.columns.map(quoted).join(', ');
}
