import type { ClickHouse } from '../clickhouse/client.js';
import { compareTable, type Difference } from '../clickhouse/compare.js';
import { tableName } from '../clickhouse/ddl.js';
import { findLiveTable } from '../clickhouse/live-table.js';
import { exits, TransloadError } from '../core/errors.js';
import type { Event } from '../core/events.js';
import type { Dataset, JoinedDataset, Source } from '../dataset/declaration.js';
import type { FoundTable, KeySpread, SourceServer } from '../sources/source.js';
import type { Engine } from '../sql/engine.js';
import { shardTypes } from '../sql/join-query.js';
import { valueTypes } from '../sql/value-types.js';
import { chooseAccess } from './choose-access.js';
import type { Servers } from './context.js';
import { differencesTable } from './differences.js';
import { freeBytes } from './disk-space.js';

export interface Finding {
  readonly what: string;
  readonly level: 'fine' | 'warning' | 'stop';
  readonly found: string;
  /** The error that stands behind a stop. */
  readonly error?: TransloadError;
  /** What is shown below the findings. */
  readonly details?: Event & { event: 'table' };
}

const fine = (what: string, found: string): Finding => ({ what, level: 'fine', found });
const warning = (what: string, found: string): Finding => ({ what, level: 'warning', found });

function stopped(what: string, error: unknown): Finding {
  if (!(error instanceof TransloadError)) throw error;
  return { what, level: 'stop', found: `${error.message}. ${error.hint}`, error };
}

/** Looks at both source servers: reached, version, tables and columns, an index on every key. Changes nothing. */
export async function checkSources(dataset: Dataset, servers: Servers): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, server, needed] of [
    ['MySQL', servers.mysql, true],
    ['MongoDB', servers.mongo, false],
  ] as const) {
    if (server === undefined) {
      findings.push(
        warning(
          name,
          needed
            ? 'MYSQL_URL is not set: nothing can be exported'
            : 'MONGO_URL is not set: the migration goes without it',
        ),
      );
      continue;
    }
    try {
      findings.push(fine(name, await server.version()));
      findings.push(...(await checkTables(dataset, server)));
    } catch (error) {
      findings.push(stopped(name, error));
    }
  }
  return findings;
}

async function checkTables(dataset: Dataset, server: SourceServer): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const source of dataset.sources.filter(({ engine }) => engine === server.engine)) {
    try {
      const found = await server.find(source);
      if (found === undefined) {
        const names = [source.table, ...source.aliases].join(' or ');
        const text = `no ${names}${source.engine === 'mysql' ? ' that this user may read' : ''}`;
        findings.push(
          source.optional
            ? warning(source.name, `${text}: taken as empty`)
            : {
                what: source.name,
                level: 'stop',
                found: `${text}. If it was renamed, add the name to its aliases in the dataset`,
              },
        );
        continue;
      }
      const live = new Set(Object.keys(found.live).map((column) => column.toLowerCase()));
      const lacking = Object.keys(source.columns).filter((column) => !live.has(column.toLowerCase()));
      const rows = found.estimate === undefined ? '' : `, about ${found.estimate} rows`;
      if (lacking.length > 0) {
        findings.push({ what: source.name, level: 'stop', found: `${found.table} lacks ${lacking.join(', ')}` });
      } else findings.push(accessFinding(source, `${found.table}${rows}`, found, await server.spread(source, found)));
    } catch (error) {
      findings.push(stopped(source.name, error));
    }
  }
  return findings;
}

/** How a source will be read where that is not as a matter of course; a table without an index is a warning. */
function accessFinding(source: Source, table: string, found: FoundTable, spread: KeySpread | undefined): Finding {
  const { access, why } = chooseAccess(source, found, spread);
  if (why === '') return fine(source.name, table);
  const how = access === 'one-pass' ? 'read in one pass, not range by range' : 'read range by range';
  return (found.index === undefined ? warning : fine)(source.name, `${table}: ${how} (${why})`);
}

/**
 * What the shards of the declaration will carry, which decides what a live column must hold: no file is read. A column
 * whose values have no way into its declared type is a finding.
 */
export async function checkConversions(
  dataset: Dataset,
  engine: Pick<Engine, 'describe'>,
): Promise<{ joined: JoinedDataset; findings: Finding[] }> {
  const options = Object.fromEntries(dataset.options.map(({ name, values }) => [name, values[0] ?? '']));
  try {
    const carried = shardTypes(dataset, await valueTypes(engine, dataset, options));
    return { joined: { ...dataset, carried: Object.fromEntries(carried) }, findings: [] };
  } catch (error) {
    return { joined: dataset, findings: [stopped('dataset', error)] };
  }
}

/** Looks at the target: reached, version, the live table against the declaration. Changes nothing. */
export async function checkTarget(
  dataset: JoinedDataset,
  open: () => Promise<ClickHouse>,
  table: string,
  creates: boolean,
): Promise<Finding[]> {
  try {
    const client = await open();
    const [row] = await client.rows('SELECT version(), currentUser()');
    const findings = [fine('ClickHouse', `${row?.[0]} at ${client.where}, user ${row?.[1]}`)];
    findings.push(...(await checkGrants(client, table)));
    const live = await findLiveTable(client, client.database, table);
    if (live === undefined) {
      const text = `there is no table ${client.database}.${table}`;
      return [
        ...findings,
        creates ? fine('table', `${text}: load makes it`) : warning('table', `${text}: load makes it with CREATE=1`),
      ];
    }
    return [...findings, tableFinding(compareTable(dataset, live), `${live.database}.${live.table}`)];
  } catch (error) {
    return [stopped('ClickHouse', error)];
  }
}

function tableFinding(differences: readonly Difference[], table: string): Finding {
  const stops = differences.filter((one) => one.stops).length;
  if (differences.length === 0) return fine('table', `${table}, as declared`);
  const many = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  const text = `${table}: ${many}, ${stops === 0 ? 'a load goes on' : `${stops} would stop a load`} (see below)`;
  return { what: 'table', level: stops > 0 ? 'stop' : 'warning', found: text, details: differencesTable(differences) };
}

/** What a load needs beside reading the catalogue. A server that cannot answer the question is not judged. */
async function checkGrants(client: ClickHouse, table: string): Promise<Finding[]> {
  const where = tableName(client.database, table);
  const lacking: string[] = [];
  // An INSERT that reads a file it is sent makes, in the server's eyes, a temporary table; a DELETE updates a mask.
  const needed = {
    SELECT: where,
    INSERT: where,
    'CREATE TEMPORARY TABLE': '*.*',
    'ALTER DELETE': where,
    'ALTER UPDATE': where,
  };
  for (const [privilege, on] of Object.entries(needed)) {
    const granted = await client.text(`CHECK GRANT ${privilege} ON ${on}`, '').catch(() => '1');
    if (granted.trim() === '0') lacking.push(`GRANT ${privilege} ON ${on} TO <user>`);
  }
  if (lacking.length === 0) return [];
  const text = `the user lacks a privilege at ${client.where}`;
  if (lacking.every((one) => one.includes('ALTER '))) return [warning('privileges', `${text}: ${lacking.join('; ')}`)];
  return [stopped('privileges', new TransloadError(exits.unreachable, 'TARGET_PRIVILEGE', text, lacking.join('; ')))];
}

/** Bytes an exported and joined image takes on disk, roughly (the reference work). */
const bytesPerImage = 300;

/** Free space of the data folder's disk against what the driving rows will take. */
export async function checkDisk(
  folder: string,
  rows: number | undefined,
  show: (bytes: number) => string,
): Promise<Finding> {
  const free = await freeBytes(folder);
  const needed = (rows ?? 0) * bytesPerImage;
  const text = `${show(free)} free in ${folder}${needed > 0 ? `, about ${show(needed)} needed` : ''}`;
  return free < needed ? warning('disk', text) : fine('disk', text);
}
