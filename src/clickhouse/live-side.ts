import { TransloadError } from '../core/errors.js';
import type {
  InsertStatus,
  LiveStatus,
  LiveTableStatus,
  MutationStatus,
  PartsStatus,
  ServerErrorStatus,
} from '../core/status-report.js';
import { type ClickHouse, isLost, quoteName, quoteText, type Settings, serverCodes } from './client.js';
import { tableName } from './ddl.js';
import { findLiveTable, type LiveTable } from './live-table.js';
import { ownPart, ownPartition } from './parts.js';

/** What is asked about: a dataset's table, and since when errors matter (seconds since 1970; undefined: not asked). */
export interface LiveQuestion {
  readonly target: string;
  readonly table: string;
  readonly key: string;
  readonly version: string;
  readonly since: number | undefined;
}

/** One look may take so long at the server; what takes longer is not told. */
const lookSeconds = 3;
const limits: Settings = { max_execution_time: lookSeconds };
/** So many mutations, inserts and errors are told of. */
const shownMax = 5;
/** Statements of which a failure is told: what others ask of the table is their own affair. */
const changing = ['Insert', 'Delete', 'Alter', 'Update', 'Optimize'].map((kind) => quoteText(kind)).join(', ');

type Ask = (sql: string) => Promise<unknown[][]>;

/** A user whose profile lets no setting be set asks without any: a status must not fail for that. */
function asker(client: ClickHouse): Ask {
  return async (sql) => {
    try {
      return await client.rows(sql, limits);
    } catch (error) {
      if ((error as { number?: number }).number !== serverCodes.readonly) throw error;
      return (JSON.parse(await client.text(sql, 'JSONCompact')) as { data: unknown[][] }).data;
    }
  };
}

const isoOf = (seconds: unknown): string => new Date(Number(seconds) * 1000).toISOString();

function reasonOf(error: unknown): string {
  if (!(error instanceof TransloadError)) throw error;
  if (error.code === 'TARGET_PRIVILEGE') return 'the user may not read it';
  if ((error as { number?: number }).number === serverCodes.timeout) return `no answer within ${lookSeconds} s`;
  return error.message.split('\n')[0]?.slice(0, 200) ?? '';
}

/**
 * What the server says of the table: rows, parts, merges, mutations, running inserts, errors. What the user may not read,
 * or what takes too long, is named in `unreadable`; throws only where the server cannot be reached or refuses the user.
 */
export async function liveSide(client: ClickHouse, question: LiveQuestion): Promise<LiveStatus> {
  const { target, table } = question;
  const ask = asker(client);
  const place = { target, where: client.where, database: client.database, table };
  const live = await findLiveTable({ ...client, rows: ask }, client.database, table);
  if (live === undefined) return { state: 'missing', ...place };
  const unreadable: Record<string, string> = {};
  const look = async <T>(name: string, work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (isLost(error)) throw error;
      unreadable[name] = reasonOf(error);
      return null;
    }
  };
  // First: what is refused further down is an error of the server too.
  const errors = await lookForErrors(ask, live, question.since, look, unreadable);
  const columns = await look('greatest', () => greatest(ask, live, question));
  const status: Omit<LiveTableStatus, 'unreadable'> = {
    ...{ state: 'read', ...place, uuid: live.uuid, engine: live.engine },
    rows: await look('rows', async () => Number((await ask(`SELECT count() FROM ${nameOf(live)}`))[0]?.[0])),
    greatest: columns?.key ?? null,
    version: columns?.version ?? null,
    parts: await look('parts', () => parts(ask, live)),
    merges: await look('merges', () => merges(ask, live)),
    mutations: await look('mutations', () => mutations(ask, live)),
    inserts: await look('inserts', () => inserts(ask, live)),
    ...errors,
  };
  return { ...status, unreadable };
}

const nameOf = ({ database, table }: LiveTable): string => tableName(database, table);
const ofTable = ({ database, table }: LiveTable): string =>
  `database = ${quoteText(database)} AND table = ${quoteText(table)}`;

async function greatest(
  ask: Ask,
  live: LiveTable,
  { key, version }: LiveQuestion,
): Promise<{ key: string | null; version: number | null }> {
  const [row = []] = await ask(
    `SELECT count(), toString(max(${quoteName(key)})), max(toUnixTimestamp(${quoteName(version)})) FROM ${nameOf(live)}`,
  );
  const isEmpty = Number(row[0]) === 0;
  return { key: isEmpty ? null : String(row[1]), version: isEmpty ? null : Number(row[2]) };
}

async function parts(ask: Ask, live: LiveTable): Promise<PartsStatus> {
  const [row = []] = await ask(
    `SELECT sum(n), count(), sum(b), max(n), argMax(p, n) FROM
     (SELECT anyIf(partition, ${ownPart}) AS p, countIf(${ownPart}) AS n, sum(bytes_on_disk) AS b
      FROM system.parts WHERE active AND ${ofTable(live)} GROUP BY ${ownPartition} HAVING n > 0)`,
  );
  const [all, partitions, bytes, most] = row.map(Number);
  const fullest = (partitions ?? 0) === 0 ? '' : String(row[4]);
  return { parts: all ?? 0, partitions: partitions ?? 0, bytes: bytes ?? 0, most: most ?? 0, fullest };
}

async function merges(ask: Ask, live: LiveTable): Promise<{ running: number; progress: number }> {
  const [row] = await ask(
    `SELECT count(), max(progress) FROM system.merges WHERE ${ofTable(live)} AND NOT is_mutation`,
  );
  return { running: Number(row?.[0]), progress: Number(row?.[1]) };
}

async function mutations(ask: Ask, live: LiveTable): Promise<MutationStatus[]> {
  const rows = await ask(
    `SELECT mutation_id, command, toUnixTimestamp(create_time), parts_to_do, latest_fail_reason
     FROM system.mutations WHERE ${ofTable(live)} AND NOT is_done ORDER BY create_time LIMIT ${shownMax}`,
  );
  return rows.map(([id, command, since, left, failure]) => ({
    ...{ id: String(id), command: String(command), since: isoOf(since) },
    ...{ partsLeft: Number(left), failure: String(failure) },
  }));
}

async function inserts(ask: Ask, live: LiveTable): Promise<InsertStatus[]> {
  const rows = await ask(
    `SELECT query_id, user, elapsed, written_rows FROM system.processes
     WHERE query_kind = 'Insert' AND position(query, ${quoteText(live.table)}) > 0 ORDER BY elapsed DESC LIMIT ${shownMax}`,
  );
  return rows.map(([query, user, seconds, written]) => ({
    ...{ query: String(query), user: String(user), seconds: Number(seconds), rows: Number(written) },
  }));
}

type Errors = Pick<LiveTableStatus, 'errors' | 'errorsFrom' | 'errorsSince'>;

/** Failures of statements that change the table by the query log; where that is not readable, all errors of the server. */
async function lookForErrors(
  ask: Ask,
  live: LiveTable,
  since: number | undefined,
  look: <T>(name: string, work: () => Promise<T>) => Promise<T | null>,
  unreadable: Record<string, string>,
): Promise<Errors> {
  if (since === undefined) return { errors: null, errorsFrom: null, errorsSince: null };
  const errorsSince = isoOf(since);
  const from = `toDateTime(${since})`;
  const told = (rows: unknown[][]): ServerErrorStatus[] =>
    rows.map(([code, name, count, last, message]) => ({
      ...{ code: Number(code), name: String(name), count: Number(count), last: isoOf(last) },
      message: String(message).slice(0, 500),
    }));
  // Looks of this kind at tables that the user may not read, or that are not there, are no errors of a load.
  const counted = `SELECT code, name, value, toUnixTimestamp(last_error_time), last_error_message FROM system.errors
    WHERE last_error_time >= ${from} AND position(last_error_message, 'system.') = 0 ORDER BY last_error_time DESC LIMIT ${shownMax}`;
  const all = await look('errors', async () => told(await ask(counted)));
  const logged = await look('query_log', async () =>
    told(
      await ask(
        `SELECT exception_code, errorCodeToName(exception_code), count(), toUnixTimestamp(max(event_time)), argMax(exception, event_time)
         FROM system.query_log WHERE event_date >= toDate(${from}) AND event_time >= ${from} AND exception_code != 0
         AND query_kind IN (${changing}) AND position(query, ${quoteText(live.table)}) > 0
         GROUP BY exception_code ORDER BY max(event_time) DESC LIMIT ${shownMax}`,
      ),
    ),
  );
  if (logged !== null) {
    delete unreadable.errors;
    return { errors: logged, errorsFrom: 'query_log', errorsSince };
  }
  return { errors: all, errorsFrom: all === null ? null : 'errors', errorsSince };
}
