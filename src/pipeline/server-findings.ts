import type { ClockDifference } from '../core/clock.js';
import type { ServerFacts, SettingFact } from '../sources/facts.js';
import { type Finding, fine, warning } from './finding.js';

/** Which server, as people and as the variables of the configuration call it. */
export interface ServerName {
  readonly name: string;
  readonly prefix: string;
}

/** Who answers, over what kind of connection, and what its settings would do to a long read. Pure. */
export function serverFindings({ name, prefix }: ServerName, facts: ServerFacts): Finding[] {
  const { version, where, account, settings } = facts;
  const user = account === undefined ? 'without a user' : `user ${account}`;
  const found = [
    fine(name, `${version} at ${where}, ${user}`),
    connectionFinding(name, facts, `set ${prefix}_CA in .env to the PEM file of the server's authority`, [
      `${prefix}_CA=ca.pem`,
    ]),
  ];
  if (settings.length > 0) found.push(settingsFinding(name, settings));
  return found;
}

/** Whether what passes between here and the server can be read on the way. */
export function connectionFinding(
  name: string,
  { cipher, isNear }: Pick<ServerFacts, 'cipher' | 'isNear'>,
  hint: string,
  paste: readonly string[],
): Finding {
  const what = `${name} connection`;
  if (cipher !== undefined) return fine(what, `encrypted (${cipher})`);
  if (isNear) return fine(what, 'not encrypted; the server is on this machine');
  const text = 'not encrypted: whoever is on the way can read the data';
  return warning(what, text, `${hint}, or go through a tunnel (ssh -L)`, paste);
}

/** What transload changes for its own sessions; one that did not take it is an error already (SOURCE_SESSION). */
function settingsFinding(name: string, settings: readonly SettingFact[]): Finding {
  const what = `${name} settings`;
  const plain = (value: string): string => (/^\d+\.\d+$/.test(value) ? String(Number(value)) : value);
  const changed = settings.filter(({ server, session }) => plain(server) !== plain(session));
  if (changed.length === 0) return fine(what, 'none that cuts a long read');
  const list = changed.map(({ name: one, server, session }) => `${one} ${plain(server)} → ${plain(session)}`);
  return fine(what, `in transload's own sessions ${list.join(', ')}`);
}

/** A clock that was compared with this machine's. */
export interface NamedClock {
  readonly name: string;
  readonly clock: ClockDifference | undefined;
}

const clockMaxSeconds = 5;

/** Whether all clocks agree; undefined where no server told its time. Pure. */
export function clockFinding(clocks: readonly NamedClock[]): Finding | undefined {
  const known = clocks.flatMap(({ name, clock }) => (clock === undefined ? [] : [{ name, ...clock }]));
  if (known.length === 0) return undefined;
  const text = known
    .map(({ name, aheadMs }) => {
      const seconds = Math.abs(aheadMs) / 1000;
      if (seconds < 0.05) return `${name} as here`;
      return `${name} ${seconds < 100 ? seconds.toFixed(1) : Math.round(seconds)} s ${aheadMs > 0 ? 'ahead' : 'behind'}`;
    })
    .join(', ');
  const apart = known.filter(({ aheadMs, uncertainMs }) => Math.abs(aheadMs) - uncertainMs > clockMaxSeconds * 1000);
  if (apart.length === 0) return fine('clocks', text);
  return warning(
    'clocks',
    `${text}: the version of a load is this machine's time, and times in manifests would not fit the servers'`,
    'set the clock that is wrong; on Linux and on macOS:',
    ['sudo timedatectl set-ntp true', 'sudo sntp -sS time.apple.com'],
  );
}
