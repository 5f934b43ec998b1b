import { mkdirSync, statSync } from 'node:fs';
import { exits, messageOf, TransloadError, usageError } from '../core/errors.js';
import { step } from '../core/steps.js';
import {
  type ClickHouse,
  type Measured,
  measuredOf,
  quoteText,
  type Settings,
  settingsClause,
  stepOf,
} from './client.js';
import { clickhouseError } from './errors.js';

interface Chdb {
  Session: new (
    path: string,
  ) => {
    queryAsync(sql: string, options: { format: string }): Promise<{ text(): string }>;
    close?(): void;
    cleanup(): void;
  };
}

const where = 'the embedded ClickHouse';
/** A database of our own: tables of chdb's default one have no uuid, by which a table made anew is told apart. */
const database = 'transload';

/** Opens the ClickHouse inside this process on a folder. One process at a time may have it open. */
export async function openEmbedded(folder: string): Promise<ClickHouse> {
  let chdb: Chdb;
  try {
    chdb = (await import('chdb')) as unknown as Chdb;
  } catch (error) {
    throw usageError(
      'EMBEDDED_MISSING',
      `the embedded ClickHouse is not installed (${messageOf(error).split('\n')[0]})`,
      'run `npm install chdb`, or name a server: TARGET=local',
    );
  }
  step('make embedded folder');
  mkdirSync(folder, { recursive: true });
  let session: InstanceType<Chdb['Session']>;
  try {
    session = new chdb.Session(folder);
  } catch (error) {
    throw new TransloadError(
      exits.locked,
      'EMBEDDED_IN_USE',
      `the embedded ClickHouse cannot be opened: ${messageOf(error).split('\n')[0]}`,
      'another command may have it open: wait until it has ended',
      { cause: error },
    );
  }
  const run = async (sql: string, format: string): Promise<string> => {
    try {
      return (await session.queryAsync(sql, { format })).text();
    } catch (error) {
      throw clickhouseError(error, `statement failed at ${where}`, where, 'EMBEDDED');
    }
  };
  const ask = async (sql: string, settings: Settings): Promise<Measured> => {
    const quoted = { output_format_json_quote_64bit_integers: 1, output_format_json_quote_decimals: 1, ...settings };
    return measuredOf(await run(`${sql}${settingsClause(quoted)}`, 'JSONCompact'));
  };

  await run(`CREATE DATABASE IF NOT EXISTS ${database} ENGINE = Atomic`, 'TSV');
  await run(`USE ${database}`, 'TSV');
  return {
    where,
    database,
    rows: async (sql, settings = {}) => (await ask(sql, settings)).rows,
    measured: (sql, settings = {}) => ask(sql, settings),
    save: async (sql, file, settings = {}) => {
      step('save answer');
      const into = `INSERT INTO FUNCTION file(${quoteText(file)}, 'Parquet')`;
      await run(`${into} ${sql}${settingsClause({ ...settings, engine_file_truncate_on_insert: 1 })}`, 'TSV');
    },
    text: (sql, format) => run(sql, format === '' ? 'TSV' : format),
    command: async (sql, settings = {}) => {
      step(stepOf(sql));
      await run(`${sql}${settingsClause(settings)}`, 'TSV');
    },
    insertFile: async ({ head, structure, where: condition, file, settings, onBytes }) => {
      const { wait_end_of_query: _waited, async_insert: _async, ...rest } = settings;
      const from = `file(${quoteText(file)}, 'Parquet', ${quoteText(structure)})${condition}`;
      step(stepOf(head));
      await run(`${head} ${from}${settingsClause(rest)}`, 'TSV');
      onBytes(statSync(file).size);
    },
    isRunning: async () => false,
    close: async () => session.cleanup(),
  };
}
