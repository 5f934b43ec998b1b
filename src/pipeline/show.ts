import { rowsByKey, storedVersions, type TargetRow, unknownValues } from '../clickhouse/rows-by-key.js';
import { TransloadError } from '../core/errors.js';
import { showRange } from '../core/ranges.js';
import { isSame, type Readable } from '../core/readable.js';
import type { ShowEvent, ShownColumn, ShownPlace } from '../core/show-event.js';
import { shardColumns } from '../dataset/declaration.js';
import { fileProblem } from '../manifest/atomic-file.js';
import type { ShardEntry } from '../manifest/entries.js';
import { inShards } from '../manifest/layout.js';
import { ownVersions, shardStates } from '../manifest/ledger.js';
import { plannedShards } from '../manifest/plan-file.js';
import type { Servers } from './context.js';
import { againText, loadText } from './make-again.js';
import { holdsKey, type JoinedRow, joinedRows, type LoadedTable, type Places, shardRows } from './places.js';
import { showSources } from './show-sources.js';

interface InShard {
  readonly place: ShownPlace;
  readonly entry: ShardEntry | undefined;
  readonly row: JoinedRow | undefined;
}

interface AtTarget {
  readonly place: ShowEvent['target'];
  readonly rows: readonly TargetRow[];
  readonly unknown: ReadonlyMap<string, Readable>;
  readonly isLoaded: boolean;
  /** A row of the key has a version that this data folder did not load. */
  readonly isForeign: boolean;
}

const empty = { where: '', time: null, rows: null };

/**
 * Looks one key up at its source, in the export files, in its shard and at the target (`name` is that of TARGET=), and says
 * what does not agree, with the command that mends it.
 */
export async function showKey(
  places: Places,
  servers: Servers,
  name: string,
  target: LoadedTable | string,
  key: bigint,
): Promise<ShowEvent> {
  const { dataset } = places;
  const { version } = dataset.table;
  const sources = await showSources(places, servers, name, key);
  const problems = [...sources.problems];
  const files = sources.files && (await joinedRows(places, sources.files, [key])).get(String(key));
  const inShard = await lookInShard(places, key, problems);
  const atTarget = typeof target === 'string' ? { place: { ...empty, why: target, version, versions: [] } } : undefined;
  const found = atTarget
    ? nothingThere(atTarget.place)
    : await lookAtTarget(places, target as LoadedTable, name, inShard, key);
  problems.push(...rowProblems(sources.files !== undefined, files, inShard, found, name));
  const columns = shardColumns(dataset).map(({ name }) => columnOf(name, files, inShard, found));
  const filesDiffer = inShard.row?.values && files?.values ? columns.filter(differsFromFiles) : [];
  if (filesDiffer[0] && inShard.entry) {
    problems.push(`the shard differs from its export files in ${named(filesDiffer)}: ${joinText(inShard.entry, name)}`);
  }
  const atTargetDiffer = columns.filter((column) => differsFromShard(column));
  if (atTargetDiffer[0]) {
    problems.push(`the target differs from the shard in ${named(atTargetDiffer)}${mendText(inShard, found, name)}`);
  }
  return {
    event: 'show',
    key: dataset.key.name,
    id: String(key),
    agree: problems.length === 0,
    sources: sources.shown,
    shard: inShard.place,
    rejects: inShard.row?.rejects ?? [],
    target: found.place,
    columns,
    problems,
  };
}

const named = (columns: readonly ShownColumn[]): string => {
  const shown = columns.slice(0, 3).map(({ name }) => name);
  return columns.length > shown.length
    ? `${shown.join(', ')} and ${columns.length - shown.length} more`
    : shown.join(', ');
};

const nothingThere = (place: ShowEvent['target']): AtTarget => ({
  ...{ place, rows: [], unknown: new Map(), isLoaded: false, isForeign: false },
});

async function lookInShard(places: Places, key: bigint, problems: string[]): Promise<InShard> {
  const { shards, plan, layout } = places;
  const entry = shards.find((shard) => holdsKey([key], shard));
  if (entry === undefined) {
    const planned = plan && plannedShards(plan).find(({ range }) => range.from <= key && key < range.to);
    const why = planned
      ? `not joined yet, range ${showRange(planned.range)}: make join`
      : 'no shard has it in its range';
    return { place: { ...empty, why }, entry, row: undefined };
  }
  const place = { where: entry.file, time: entry.time };
  let why: string | null = null;
  for (const { file, sha256, rows } of [entry, { ...entry.rejects, file: entry.rejects.file ?? '' }]) {
    const problem = rows === 0 ? undefined : await fileProblem(inShards(layout, file), sha256);
    if (problem === undefined) continue;
    why = `the file ${problem}`;
    problems.push(`${file} ${problem}: ${againText('join', [`RANGE=${entry.first}-${entry.last}`])}`);
  }
  const rows = await shardRows(places, [key]).catch((error: unknown) => {
    if (why === null) throw error;
    return undefined;
  });
  const row = rows?.get(String(key));
  if (rows === undefined) return { place: { ...place, rows: null, why }, entry, row };
  const rejected = row !== undefined && row.values === undefined ? 'rejected in the join' : null;
  return { place: { ...place, rows: row?.values ? 1 : 0, why: why ?? rejected }, entry, row };
}

async function lookAtTarget(
  places: Places,
  { client, live, ledger }: LoadedTable,
  name: string,
  inShard: InShard,
  key: bigint,
): Promise<AtTarget> {
  const where = `${live.database}.${live.table} at ${client.where}`;
  const { dataset } = places;
  try {
    const rows = await rowsByKey(client, live, dataset, [key]);
    const versions = await storedVersions(client, live, dataset, key);
    const state = shardStates(ledger, live.uuid).get(inShard.entry?.file ?? '');
    const isLoaded = state !== undefined && state.kind !== 'started' && state.sha256 === inShard.entry?.sha256;
    const isWaiting = rows.length === 0 && inShard.entry !== undefined && !isLoaded;
    const why = isWaiting ? `its shard is not loaded: ${loadText(name, inShard.entry, [])}` : null;
    const own = ownVersions(ledger, live.uuid);
    const isForeign = versions.some(({ version }) => !own.has(version));
    const place = { where, time: null, rows: rows.length, why, version: dataset.table.version, versions };
    return { place, rows, unknown: await unknownValues(client, live, dataset), isLoaded, isForeign };
  } catch (error) {
    if (!(error instanceof TransloadError)) throw error;
    return nothingThere({
      where,
      time: null,
      rows: null,
      why: error.message,
      version: dataset.table.version,
      versions: [],
    });
  }
}

const joinText = ({ first, last }: ShardEntry, target: string): string =>
  `${againText('join', [`RANGE=${first}-${last}`])}, then make load TARGET=${target}`;

/** The load that mends the target, behind a sentence; nothing where no shard here has the key. */
function mendText({ entry }: InShard, { isLoaded, isForeign }: AtTarget, target: string): string {
  if (entry === undefined) return ', and no shard here has the key in its range';
  const command = loadText(target, entry, [...(isLoaded ? ['AGAIN=1'] : []), ...(isForeign ? ['REPLACE=1'] : [])]);
  return isForeign ? `; where rows that were not loaded from here may go: ${command}` : `: ${command}`;
}

/** What is wrong with the row as a whole, not with a value of it. */
function rowProblems(
  areFilesWhole: boolean,
  files: JoinedRow | undefined,
  inShard: InShard,
  target: AtTarget,
  name: string,
): string[] {
  const { entry, row, place } = inShard;
  const problems: string[] = [];
  const again = entry && joinText(entry, name);
  if (entry && place.rows !== null && areFilesWhole && (row === undefined) !== (files === undefined)) {
    problems.push(
      `the row is in the ${row ? 'shard and not in the export files' : 'export files and not in the shard'}: ${again}`,
    );
  } else if (row && files && (row.values === undefined) !== (files.values === undefined)) {
    problems.push(`the export files and the shard differ in whether the row is rejected: ${again}`);
  }
  const { rows, versions } = target.place;
  if (rows === null) return problems;
  const mend = mendText(inShard, target, name);
  if (rows > 1) problems.push(`a reader of the target sees ${rows} rows${mend}`);
  const stored = versions.reduce((sum, one) => sum + one.rows, 0);
  if (rows <= 1 && stored > rows) {
    const older = stored - rows === 1 ? '1 older row is' : `${stored - rows} older rows are`;
    problems.push(`${older} stored at the target, which a reader does not see: make optimize TARGET=${name}`);
  }
  if (entry === undefined || place.rows === null) return problems;
  if (rows > 0 && !row?.values)
    problems.push(`the row is at the target and not in the shard${row ? ', where it was rejected' : ''}${mend}`);
  if (rows === 0 && row?.values && target.isLoaded)
    problems.push(`the shard was loaded, and the row is not at the target${mend}`);
  return problems;
}

function columnOf(name: string, files: JoinedRow | undefined, inShard: InShard, target: AtTarget): ShownColumn {
  const values = target.rows[0]?.values;
  const column = {
    name,
    files: files?.values?.get(name),
    shard: inShard.row?.values?.get(name),
    target: values?.get(name),
    unknown: target.unknown.get(name),
  };
  const differs = differsFromShard(column) || (inShard.row?.values !== undefined && differsFromFiles(column));
  return { ...column, differs };
}

type Compared = Omit<ShownColumn, 'differs'>;

const differsFromFiles = ({ files, shard }: Compared): boolean =>
  files !== undefined && shard !== undefined && !isSame(files, shard);

/** What the target should hold: the shard's value, or what stands for unknown there. */
function differsFromShard({ shard, target, unknown }: Compared): boolean {
  if (shard === undefined || target === undefined) return false;
  return !isSame(target, shard === null ? (unknown ?? null) : shard);
}
