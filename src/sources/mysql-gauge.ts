import { exits, messageOf, TransloadError, usageError } from '../core/errors.js';
import type { Wire } from './mysql-connection.js';
import { mysqlError } from './mysql-errors.js';
import type { Excess, Gauge, LoadLimits } from './source.js';

/** Words for each family of servers, which differ. */
interface Replication {
  /** Gives a row for each server that this one follows. */
  readonly statement: string;
  readonly privilege: string;
  readonly start: string;
}

const mariadb: Replication = {
  statement: 'SHOW ALL SLAVES STATUS',
  privilege: 'SLAVE MONITOR',
  start: 'START ALL SLAVES',
};
const mysql: Replication = {
  statement: 'SHOW REPLICA STATUS',
  privilege: 'REPLICATION CLIENT',
  start: 'START REPLICA',
};
/** Before 8.0.22. */
const olderMysql: Replication = { ...mysql, statement: 'SHOW SLAVE STATUS', start: 'START SLAVE' };

/**
 * Looks at the status variables and at the lag of a replica, on a connection of its own, which is opened again where it
 * was lost. Throws STATUS_UNKNOWN, NO_REPLICA, REPLICA_STOPPED or SOURCE_PRIVILEGE where a limit cannot be watched.
 */
export async function openGauge(open: () => Promise<Wire>, limits: LoadLimits, server: string): Promise<Gauge> {
  let wire: Promise<Wire> | undefined;
  const onWire = async <T>(work: (wire: Wire) => Promise<T>): Promise<T> => {
    wire ??= open();
    try {
      return await work(await wire);
    } catch (error) {
      const wrapped = mysqlError(error, `cannot look at the load of MySQL at ${server}`, server);
      if (wrapped.retryable) {
        wire.then(({ destroy }) => destroy()).catch(() => undefined);
        wire = undefined;
      }
      throw wrapped;
    }
  };
  const close = async (): Promise<void> => (await wire?.catch(() => undefined))?.destroy();
  try {
    await onWire((on) => checkStatus(on, limits, server));
    const replication = limits.lagSeconds === undefined ? undefined : await onWire((on) => findReplica(on, server));
    const read = (): Promise<Excess[]> =>
      onWire(async (on) => [
        ...(await statusExcess(on, limits)),
        ...(replication === undefined ? [] : await lagExcess(on, replication, limits.lagSeconds ?? 0)),
      ]);
    return { read, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Values by the lower-case name of the variable. */
async function statusOf(wire: Wire, names: readonly string[]): Promise<Map<string, { name: string; value: string }>> {
  if (names.length === 0) return new Map();
  const rows = await wire.ask(`SHOW GLOBAL STATUS WHERE Variable_name IN (${names.map(() => '?').join(', ')})`, names);
  return new Map(
    rows.map(([name, value]) => [String(name).toLowerCase(), { name: String(name), value: String(value) }]),
  );
}

async function checkStatus(wire: Wire, { status }: LoadLimits, server: string): Promise<void> {
  const known = await statusOf(
    wire,
    status.map(({ name }) => name),
  );
  const hint = 'write such as MAX_LOAD=Threads_running=25; `SHOW GLOBAL STATUS` lists all names';
  for (const { name } of status) {
    const found = known.get(name.toLowerCase());
    if (found === undefined) {
      throw usageError('STATUS_UNKNOWN', `MAX_LOAD: MySQL at ${server} has no status variable ${name}`, hint);
    }
    if (found.value === '' || !Number.isFinite(Number(found.value))) {
      const text = `MAX_LOAD: the status variable ${found.name} of MySQL at ${server} is no number (${found.value})`;
      throw usageError('STATUS_UNKNOWN', text, hint);
    }
  }
}

async function statusExcess(wire: Wire, { status }: LoadLimits): Promise<Excess[]> {
  const names = status.map(({ name }) => name);
  const found = await statusOf(wire, names);
  return status.flatMap(({ name, most }) => {
    const { name: spelt = name, value } = found.get(name.toLowerCase()) ?? {};
    return Number(value) > most ? [{ name: spelt, text: `${spelt} is ${value}, above ${most}` }] : [];
  });
}

/** How this replica is asked; throws NO_REPLICA where it is none. */
async function findReplica(wire: Wire, server: string): Promise<Replication> {
  const [version] = (await wire.ask('SELECT VERSION()'))[0] ?? [];
  let replication = String(version).includes('MariaDB') ? mariadb : mysql;
  const ask = async (): Promise<Readonly<Record<string, unknown>>[]> => {
    try {
      return await wire.records(replication.statement);
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (code === 'ER_PARSE_ERROR' && replication === mysql) {
        replication = olderMysql;
        return ask();
      }
      if (code !== 'ER_SPECIFIC_ACCESS_DENIED_ERROR') throw error;
      throw new TransloadError(
        exits.unreachable,
        'SOURCE_PRIVILEGE',
        `MAX_LAG: this user may not see how far the replica ${server} is behind (${messageOf(error)})`,
        `GRANT ${replication.privilege} ON *.* TO <user>; or leave MAX_LAG out`,
        { cause: error },
      );
    }
  };
  const channels = await ask();
  if (channels.length === 0) {
    throw usageError(
      'NO_REPLICA',
      `MAX_LAG is set, and MySQL at ${server} is no replica: it has no lag`,
      'let MYSQL_URL name a replica, or leave MAX_LAG out',
    );
  }
  const stopped = channels.map(stoppedText).find((text) => text !== undefined);
  if (stopped !== undefined) {
    throw new TransloadError(
      exits.unreachable,
      'REPLICA_STOPPED',
      `MAX_LAG is set, and at MySQL ${server} ${stopped}: how far it is behind is not known`,
      `${replication.start} at the replica, or leave MAX_LAG out to read it as it stands`,
    );
  }
  return replication;
}

/** A column of the replication's status under its newer or its older name. */
function eitherOf(channel: Readonly<Record<string, unknown>>, newer: string, older: string): unknown {
  return channel[newer] ?? channel[older];
}

function stoppedText(channel: Readonly<Record<string, unknown>>): string | undefined {
  const lag = eitherOf(channel, 'Seconds_Behind_Source', 'Seconds_Behind_Master');
  if (lag !== null && lag !== undefined) return undefined;
  const threads = [
    ['SQL thread', eitherOf(channel, 'Replica_SQL_Running', 'Slave_SQL_Running'), channel.Last_SQL_Error],
    ['IO thread', eitherOf(channel, 'Replica_IO_Running', 'Slave_IO_Running'), channel.Last_IO_Error],
  ] as const;
  const [name, , why] = threads.find(([, state]) => state !== 'Yes') ?? ['replication', '', ''];
  const reason = String(why ?? '').slice(0, 120);
  return `the replica's ${name} does not run${reason === '' ? '' : ` (${reason})`}`;
}

async function lagExcess(wire: Wire, { statement }: Replication, most: number): Promise<Excess[]> {
  const channels = await wire.records(statement);
  const stopped = channels.map(stoppedText).find((text) => text !== undefined);
  if (channels.length === 0) return [{ name: 'stopped', text: 'the server is no replica any more' }];
  if (stopped !== undefined) return [{ name: 'stopped', text: stopped }];
  const lags = channels.map((channel) => Number(eitherOf(channel, 'Seconds_Behind_Source', 'Seconds_Behind_Master')));
  const lag = Math.max(...lags);
  return lag > most ? [{ name: 'lag', text: `the replica is ${lag} s behind, above ${most}` }] : [];
}
