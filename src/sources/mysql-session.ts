import { exits, TransloadError } from '../core/errors.js';
import type { Wire } from './mysql-connection.js';

/** Rows without end, as these variables write it. */
const endless = '18446744073709551615';
/** Longer than export ever makes a server wait: a pause of a read ends before it (pipeline/brake.ts). */
const patienceSeconds = '3600';

/**
 * The session's own limits: none of them may cut a long read, or change what it gives, in silence (fault 1). A server's
 * global values, a user's and what init_connect does come before, and are overruled. DEFAULT would be the global value.
 */
const settings: Readonly<Record<string, string>> = {
  time_zone: '+00:00',
  // A server's own modes would pad CHAR, or read names in double quotes.
  sql_mode: '',
  net_write_timeout: patienceSeconds,
  net_read_timeout: patienceSeconds,
  wait_timeout: '28800',
  // The one that leaves rows out without a word.
  sql_select_limit: endless,
  // Overrules max_join_size, by which a server refuses to read many rows.
  sql_big_selects: '1',
};

/**
 * Known to some servers only: a limit on the run time of a SELECT and on what a transaction may wait between two of
 * them; and the age of MySQL's row estimates, which it else writes down when somebody first asks and repeats for a day.
 */
const optionalSettings: Readonly<Record<string, string>> = {
  max_execution_time: '0',
  max_statement_time: '0',
  idle_transaction_timeout: '0',
  idle_readonly_transaction_timeout: '0',
  information_schema_stats_expiry: '0',
};

/** An init_connect of SET NAMES would have the server replace what its character set lacks by question marks. */
const characterSets = ['character_set_client', 'character_set_connection', 'character_set_results'];

const literal = (value: string): string => (/^\d+$/.test(value) ? value : `'${value}'`);

/**
 * Makes a session's limits those above, and reads them back: a proxy or a server that keeps its own would cut what is
 * read. Throws SOURCE_SESSION naming each that does not hold, else what mysql2 says.
 */
export async function prepareSession(wire: Wire, server: string): Promise<void> {
  await wire.ask('SET NAMES utf8mb4');
  const wanted = new Map<string, string>(Object.entries(settings));
  const all = [...wanted].map(([name, value]) => `SESSION ${name} = ${literal(value)}`);
  await wire.ask(`SET ${all.join(', ')}`);
  for (const [name, value] of Object.entries(optionalSettings)) {
    try {
      await wire.ask(`SET SESSION ${name} = ${literal(value)}`);
      wanted.set(name, value);
    } catch (error) {
      // Without a state it is no word of the server: the connection is lost.
      if ((error as { sqlState?: string }).sqlState === undefined) throw error;
    }
  }
  for (const name of characterSets) wanted.set(name, 'utf8mb4');
  const names = [...wanted.keys()];
  const [row = []] = await wire.ask(`SELECT ${names.map((name) => `@@SESSION.${name}`).join(', ')}`);
  const kept = names.flatMap((name, index) => {
    const found = String(row[index] ?? '');
    return found === wanted.get(name) ? [] : [`${name} is ${found || "''"}, not ${wanted.get(name) || "''"}`];
  });
  if (kept.length === 0) return;
  throw new TransloadError(
    exits.unreachable,
    'SOURCE_SESSION',
    `MySQL at ${server} does not take the settings of a session: ${kept.join('; ')}`,
    'connect to the server itself and not by a proxy that keeps its own settings',
  );
}
