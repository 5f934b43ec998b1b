import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { identifier } from './relations.js';

/** Adds a row to a table of bytes. */
export type AddRow = (row: readonly (Uint8Array | null)[]) => void;

export interface EngineLimits {
  /** For all queries together; beyond it the engine spills into `spillDir`. */
  readonly memoryMb: number;
  readonly threads: number;
  readonly spillDir: string;
}

/** The embedded SQL engine. Rows come as arrays of text, numbers and null: exact decimals and big integers as text. */
export interface Engine {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<unknown[][]>;
  /** Names of the columns beside the rows. */
  table(sql: string): Promise<{ names: string[]; rows: unknown[][] }>;
  /** Names of a query's columns and their types, without running it. */
  describe(sql: string): Promise<{ name: string; type: string }[]>;
  /** Makes a table of columns of bytes, in the place of one of that name, out of the rows that `write` adds. */
  fill(table: string, columns: readonly string[], write: (add: AddRow) => Promise<void>): Promise<void>;
  close(): void;
}

/** Rows are handed on to the engine, which can spill them, when they take so much. */
const heldBytesMax = 4 << 20;

/** Opens one engine for a whole run: its limits are totals, whatever runs in it (design.md). */
export async function openEngine(limits: EngineLimits): Promise<Engine> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${limits.memoryMb}MB`,
    threads: String(limits.threads),
    temp_directory: limits.spillDir,
    preserve_insertion_order: 'true',
    autoinstall_known_extensions: 'false',
    // It would take a file that was written again, of the same size and in the same second, for the one before.
    enable_external_file_cache: 'false',
  });
  const connections = new Set<DuckDBConnection>();
  const withConnection = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    const connection = await instance.connect();
    connections.add(connection);
    try {
      return await work(connection);
    } finally {
      connections.delete(connection);
      connection.closeSync();
    }
  };
  // Instants are shown and cut in UTC, whatever machine this is: for the connections that are made from now on.
  await withConnection((connection) => connection.run("SET GLOBAL TimeZone = 'UTC'"));
  const rows = (sql: string): Promise<unknown[][]> =>
    withConnection(async (connection) => (await connection.runAndReadAll(sql)).getRowsJson());

  return {
    run: (sql) =>
      withConnection(async (connection) => {
        await connection.run(sql);
      }),
    rows,
    table: (sql) =>
      withConnection(async (connection) => {
        const reader = await connection.runAndReadAll(sql);
        return { names: reader.columnNames(), rows: reader.getRowsJson() };
      }),
    describe: async (sql) =>
      (await rows(`DESCRIBE ${sql}`)).map(([name, type]) => ({ name: String(name), type: String(type) })),
    fill: (table, columns, write) =>
      withConnection(async (connection) => {
        const declared = columns.map((name) => `${identifier(name)} BLOB`);
        await connection.run(`CREATE OR REPLACE TABLE ${identifier(table)} (${declared.join(', ')})`);
        const appender = await connection.createAppender(table);
        let held = 0;
        await write((row) => {
          for (const value of row) {
            if (value === null) appender.appendNull();
            else appender.appendBlob(value);
            held += value?.length ?? 0;
          }
          appender.endRow();
          if (held > heldBytesMax) {
            appender.flushSync();
            held = 0;
          }
        });
        appender.closeSync();
      }),
    close: () => {
      for (const connection of connections) connection.interrupt();
      instance.closeSync();
    },
  };
}
