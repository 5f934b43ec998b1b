import { quoteName } from '../clickhouse/client.js';
import { insertSettings } from '../clickhouse/insert.js';
import { loadSettings, type ProfileSetting, type TargetFacts } from '../clickhouse/target-facts.js';
import { exits, TransloadError } from '../core/errors.js';
import { isLoopback } from '../core/server-config.js';
import { type Figures, type Finding, fine, stopped, warning } from './finding.js';
import { connectionFinding } from './server-findings.js';
import type { ServerLimits } from './table-findings.js';

/** How a load will go about it, as far as the target's limits matter. */
export interface LoadSizes {
  /** Prefix of the target's variables; undefined for the embedded one. */
  readonly prefix: string | undefined;
  /** Greatest rows of one insert. */
  readonly insertRows: number;
}

/** Who answers, over what connection, with which privileges and which limits. Pure. */
export function targetFindings(facts: TargetFacts, sizes: LoadSizes, figures: Figures): Finding[] {
  const { version, where, user } = facts;
  const found = [fine('ClickHouse', `${version} at ${where}, user ${user}`)];
  if (sizes.prefix === undefined) return [fine('ClickHouse', `${version}, ${where}`)];
  const { protocol, hostname } = new URL(where);
  const connection = { cipher: protocol === 'https:' ? 'HTTPS' : undefined, isNear: isLoopback(hostname) };
  found.push(
    connectionFinding('ClickHouse', connection, 'name the HTTPS port in .env', [
      `${sizes.prefix}_URL=https://${hostname}:8443`,
    ]),
  );
  // Under it the server answers that every right to write is missing, whatever was granted.
  const readonly = Number(facts.settings.get('readonly')?.value ?? 0);
  if (readonly !== 0) return [...found, readonlyFinding(facts, readonly)];
  return [...found, ...privilegeFindings(facts), ...profileFindings(facts, sizes, figures)];
}

function readonlyFinding(facts: TargetFacts, readonly: number): Finding {
  const hint = `an administrator changes it, or name another user:\nALTER USER ${accountOf(facts)} MODIFY SETTINGS readonly = 0;`;
  return stopped(
    'profile',
    new TransloadError(exits.unreachable, 'TARGET_PRIVILEGE', `readonly is ${readonly}: nothing can be inserted`, hint),
  );
}

/** An account as GRANT and ALTER USER take it. */
export const accountOf = ({ user }: Pick<TargetFacts, 'user'>): string =>
  /^[A-Za-z_]\w*$/.test(user) ? user : quoteName(user);

function privilegeFindings(facts: TargetFacts): Finding[] {
  const found: Finding[] = [];
  const account = accountOf(facts);
  const grants = facts.lacking.map(({ privilege, on }) => `GRANT ${privilege} ON ${on} TO ${account};`);
  const names = facts.lacking.map(({ privilege }) => privilege);
  const isDeleteOnly = names.every((name) => name.startsWith('ALTER '));
  if (names.length > 0 && isDeleteOnly) {
    const text = `the user lacks ${names.join(', ')}: a load that has older rows to remove would stop`;
    found.push(warning('privileges', text, 'an administrator gives them:', grants));
  } else if (names.length > 0) {
    const hint = ['an administrator gives them:', ...grants].join('\n');
    found.push(
      stopped(
        'privileges',
        new TransloadError(exits.unreachable, 'TARGET_PRIVILEGE', `the user lacks ${names.join(', ')}`, hint),
      ),
    );
  }
  if (facts.unreadable.length > 0) {
    const text = `not readable: ${facts.unreadable.join(', ')}; ${costs(facts.unreadable)}`;
    const more = facts.unreadable.map((name) => `GRANT SELECT ON ${name} TO ${account};`);
    found.push(warning('system tables', text, 'an administrator lets the user see them:', more));
  }
  return found.length > 0 ? found : [fine('privileges', 'all that a load and a verification need')];
}

/** What a load goes without, by system table. */
const withoutIt: Readonly<Record<string, string>> = {
  'system.parts': 'it does not wait while a partition has too many parts',
  'system.merge_tree_settings': 'it does not wait while a partition has too many parts',
  'system.merges': 'it cannot see whether merges run',
  'system.mutations': 'it does not wait for deletes that outlive their statement',
  'system.processes': 'it does not wait for the inserts of a run that was killed',
  'system.disks': 'free space at the target is not known',
  'system.storage_policies': 'free space at the target is not known',
};

function costs(unreadable: readonly string[]): string {
  return `a load works without, but ${[...new Set(unreadable.map((name) => withoutIt[name] ?? ''))].join('; ')}`;
}

/** True where a statement of this user may set the value, or has it anyway. */
export function mayBe(setting: ProfileSetting, value: string | number): boolean {
  if (setting.value === String(value)) return true;
  if (setting.isFixed) return false;
  const number = Number(value);
  const [min, max] = [Number(setting.min ?? Number.NaN), Number(setting.max ?? Number.NaN)];
  return !(number < min) && !(number > max);
}

const partitions = 'max_partitions_per_insert_block';
/** Bytes that one insert takes in the server for each of its rows (the reference work: 1.05 GB for 1 M wide rows). */
const insertBytesPerRow = 1100;

/** Limits on what a count of the whole table reads or gives. */
const countLimits = ['max_rows_to_read', 'max_bytes_to_read', 'max_rows_to_group_by', 'max_result_rows'];

function profileFindings(facts: TargetFacts, { prefix, insertRows }: LoadSizes, figures: Figures): Finding[] {
  const { settings } = facts;
  const account = accountOf(facts);
  const alter = (list: string): string => `ALTER USER ${account} MODIFY SETTINGS ${list};`;
  const number = (name: string): number => Number(settings.get(name)?.value ?? 0);
  const found: Finding[] = [];
  const unknown = loadSettings.filter((name) => !settings.has(name));
  if (unknown.length > 0) {
    const text = `this ClickHouse does not know ${unknown.join(', ')}, which a load sets: it would refuse the insert`;
    found.push(
      stopped(
        'profile',
        new TransloadError(
          exits.unreachable,
          'TARGET_VERSION',
          text,
          'transload is tested with ClickHouse 25.8 and 26.7',
        ),
      ),
    );
  }
  const forbidden = Object.entries(insertSettings).filter(([name, value]) => {
    const setting = settings.get(name);
    return name !== partitions && setting !== undefined && !mayBe(setting, value);
  });
  if (forbidden.length > 0) {
    const list = forbidden.map(([name, value]) => `${name} = ${value}`).join(', ');
    const text = `the profile does not let a load set ${list}`;
    const hint = `an administrator takes the constraint away:\n${alter(forbidden.map(([name]) => `${name} CHANGEABLE_IN_READONLY`).join(', '))}`;
    found.push(stopped('profile', new TransloadError(exits.unreachable, 'TARGET_PROFILE', text, hint)));
  }
  const seconds = number('max_execution_time');
  if (seconds > 0) {
    const text = `max_execution_time is ${seconds} s: an insert that takes longer is sent again in halves, and a count of a large table fails`;
    found.push(warning('profile', text, 'an administrator lifts it:', [alter('max_execution_time = 0')]));
  }
  const [memory, wanted] = [number('max_memory_usage'), insertRows * insertBytesPerRow];
  if (memory > 0 && memory < wanted) {
    const text = `max_memory_usage is ${figures.bytes(memory)}, and an insert of ${figures.count(insertRows)} rows may take ${figures.bytes(wanted)}: it is halved until it fits, which makes more parts`;
    const rows = Math.max(1000, Math.floor(memory / insertBytesPerRow / 1000) * 1000);
    found.push(
      warning('profile', text, 'nothing, or begin with smaller ones, or have it lifted:', [
        `${prefix}_INSERT_ROWS=${rows}`,
        alter('max_memory_usage = 0'),
      ]),
    );
  }
  const bounded = countLimits.filter((name) => number(name) > 0);
  if (bounded.length > 0) {
    const text = `${bounded.map((name) => `${name} is ${figures.count(number(name))}`).join(', ')}: counts of a larger table fail`;
    found.push(
      warning('profile', text, 'an administrator lifts them:', [
        alter(bounded.map((name) => `${name} = 0`).join(', ')),
      ]),
    );
  }
  if (found.length > 0) return found;
  return [
    fine(
      'profile',
      `no limit in the way; a load sets ${Object.keys(insertSettings).length} settings for itself, async_insert = 0 among them`,
    ),
  ];
}

/** What of the server decides how rows come and go. Pure. */
export function serverLimits({ settings }: Pick<TargetFacts, 'settings'>): ServerLimits {
  const setting = settings.get(partitions);
  return {
    partitions: setting === undefined || mayBe(setting, 0) ? undefined : Number(setting.value),
    knowsPatches: ['allow_experimental_lightweight_update', 'enable_lightweight_update'].some((name) =>
      settings.has(name),
    ),
  };
}
