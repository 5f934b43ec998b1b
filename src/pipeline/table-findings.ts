import type { Difference } from '../clickhouse/compare.js';
import { tableName } from '../clickhouse/ddl.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import type { TableFacts, TargetDisk } from '../clickhouse/table-facts.js';
import { exits, TransloadError, usageError } from '../core/errors.js';
import { differencesTable } from './differences.js';
import { type Figures, type Finding, fine, stopped, warning } from './finding.js';

/** What of the server decides how rows come and go. */
export interface ServerLimits {
  /** Partitions that an insert may touch; undefined where a load may set that itself. */
  readonly partitions: number | undefined;
  /** True where the server has patch parts at all. */
  readonly knowsPatches: boolean;
}

/** The live table against the declaration, and what hangs on it. Pure. */
export function tableFindings(
  live: LiveTable,
  differences: readonly Difference[],
  facts: TableFacts,
  { partitions, knowsPatches }: ServerLimits,
  figures: Figures,
): Finding[] {
  const found = [tableFinding(live, differences)];
  if (live.partitionKey !== '') found.push(partitionFinding(live, facts, partitions, figures));
  found.push(deleteFinding(live, facts, knowsPatches));
  if (facts.views.length > 0) found.push(viewFinding(facts.views));
  if (facts.ttl !== '') {
    const text = `the table has a TTL (${facts.ttl}): what is past it vanishes after the load, and a verification misses it`;
    found.push(
      warning('TTL', text, 'nothing, where that is meant; else:', [`ALTER TABLE ${nameOf(live)} REMOVE TTL;`]),
    );
  }
  if (facts.replica !== undefined) found.push(replicaFinding(live, facts.replica));
  return found;
}

const nameOf = ({ database, table }: LiveTable): string => tableName(database, table);

function tableFinding(live: LiveTable, differences: readonly Difference[]): Finding {
  const name = `${live.database}.${live.table}`;
  const version = live.versionColumn ? `(${live.versionColumn})` : '';
  const is = `${live.engine}${version}, ordered by ${live.sortingKey}`;
  if (differences.length === 0) return fine('table', `${name}, as declared: ${is}`);
  const stops = differences.filter((one) => one.stops).length;
  const many = differences.length === 1 ? '1 difference' : `${differences.length} differences`;
  const details = differencesTable(differences);
  if (stops === 0) {
    const text = `${name}: ${many}, a load goes on (see below)`;
    return { ...warning('table', text, 'nothing, where the differences are meant'), details };
  }
  const text = `${name}: ${many}, ${stops} would stop a load (see below)`;
  const hint = 'change the table or the dataset, as the table of differences says';
  return { ...stopped('table', usageError('TARGET_SCHEMA', text, hint)), details };
}

/** Names of the table that load would make, and what is missing for it. */
export function missingTableFinding(name: string, command: string | undefined, lacking: readonly string[]): Finding {
  const text = `there is no table ${name}`;
  if (command === undefined) return fine('table', `${text}: load makes it`);
  if (lacking.length === 0)
    return warning('table', `${text}: load makes it with CREATE=1`, 'let it be made by:', [command]);
  const hint = 'an administrator gives the privileges, or makes the table; then:';
  return warning('table', `${text}, and the user may not make it`, hint, [...lacking, command]);
}

function partitionFinding(
  { partitionKey }: LiveTable,
  { partitions }: TableFacts,
  limit: number | undefined,
  { count }: Figures,
): Finding {
  const now = partitions === undefined ? '' : `, ${count(partitions)} so far`;
  const text = `by ${partitionKey}${now}`;
  if (limit === undefined) return fine('partitions', `${text}; an insert takes a whole shard, however many it touches`);
  return warning(
    'partitions',
    `${text}; the profile holds max_partitions_per_insert_block at ${limit}: a shard that touches more goes in by groups of partitions, which is slower`,
    'nothing, or an administrator takes the constraint away: a load sets 0 for its inserts',
  );
}

/** How older rows of a range will go: by patch parts, or by a rewritten mask in every part, or not at all. */
function deleteFinding(live: LiveTable, { isPatchable, refusesDeletes }: TableFacts, knowsPatches: boolean): Finding {
  const set = (list: string): string => `ALTER TABLE ${nameOf(live)} MODIFY SETTING ${list};`;
  if (refusesDeletes) {
    const text =
      'the table has projections, and its settings refuse every delete: a load that has older rows to remove stops';
    const hint = 'nothing, where SWAP=1 loads it anew; else let a delete make the projections of its parts again:';
    return warning('deletes', text, hint, [set("lightweight_mutation_projection_mode = 'rebuild'")]);
  }
  if (isPatchable && knowsPatches) return fine('deletes', 'older rows of a new load go by patch parts');
  const text = 'older rows of a new load go by a mask in every part, which takes minutes with many partitions';
  if (!knowsPatches) return fine('deletes', text);
  const hint = 'nothing, where SWAP=1 loads it anew; else this lets them go by patch parts, in a second:';
  return warning('deletes', text, hint, [set('enable_block_number_column = 1, enable_block_offset_column = 1')]);
}

function viewFinding(views: readonly string[]): Finding {
  const text = `${views.join(', ')}: every insert fills it too, a delete of older rows takes nothing back from it, and SWAP=1 fills nothing`;
  const hint = 'nothing at a first load; before a load that replaces rows, take it off, and fill it anew afterwards:';
  const detach = views.map((view) => `DETACH TABLE ${view}; -- afterwards: ATTACH TABLE ${view};`);
  return warning('views', text, hint, detach);
}

function replicaFinding(live: LiveTable, { isReadonly, delaySeconds }: NonNullable<TableFacts['replica']>): Finding {
  if (isReadonly) {
    const hint = `it has lost its Keeper: SYSTEM RESTART REPLICA ${nameOf(live)};`;
    const text = `this replica of ${live.database}.${live.table} is readonly: nothing can be inserted`;
    return stopped('replica', new TransloadError(exits.unreachable, 'TARGET_READONLY', text, hint));
  }
  const delay = delaySeconds > 0 ? `, ${delaySeconds} s behind` : '';
  return fine('replica', `${live.engine}${delay}; counts wait for what was inserted elsewhere`);
}

/** Free disk at the target against what all rows take there. `rowBytes`: of rows that are there, else of the shards. */
export function targetDiskFinding(
  disk: TargetDisk | undefined,
  need: { readonly rows: number; readonly rowBytes: number; readonly basis: string },
  { count, bytes }: Figures,
): Finding {
  if (disk === undefined) return fine('target disk', 'not known: the user may not see the disks');
  const free = `${bytes(disk.freeBytes)} free on ${disk.names.join(', ')}`;
  const needed = need.rows * need.rowBytes;
  if (needed === 0) return fine('target disk', free);
  const text = `${free}, about ${bytes(needed)} for a load of ${count(need.rows)} rows (${Math.round(need.rowBytes)} B a row, by ${need.basis})`;
  if (disk.freeBytes >= needed) return fine('target disk', text);
  return warning('target disk', text, 'make room at the server before the load; SWAP=1 holds both tables for a while');
}
