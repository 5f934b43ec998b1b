import { TransloadError } from '../core/errors.js';
import { duckdbType } from '../core/kinds.js';
import { showRange } from '../core/ranges.js';
import { isSame } from '../core/readable.js';
import type { ShownPlace, ShownSource } from '../core/show-event.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import { fileMissing, fileProblem } from '../manifest/atomic-file.js';
import type { ExportEntry } from '../manifest/entries.js';
import { inRoot } from '../manifest/layout.js';
import { plannedRanges } from '../manifest/plan-file.js';
import { fromJoined, type Input, identifier, overRaw, readFiles, readsSource, withSources } from '../sql/relations.js';
import type { Servers } from './context.js';
import { exportAgainText } from './make-again.js';
import { holdsKey, type Places, sourceRows } from './places.js';
import { fetchSource } from './raw-sources.js';

/** A key's rows in every source, at its server and in its export files. */
export interface SourceSides {
  readonly shown: readonly ShownSource[];
  /** What a join of the export files reads; undefined where one of them is not there. */
  readonly files: ReadonlyMap<string, Input> | undefined;
  readonly problems: readonly string[];
}

interface Side {
  /** Undefined where it could not be looked at. */
  readonly input: Input | undefined;
  readonly place: Omit<ShownPlace, 'rows'>;
}

const nowhere = (why: string | null): Side => ({ input: undefined, place: { where: '', time: null, why } });

/** The engines that could not be reached, each with what it said: it is asked once. */
type Away = Map<Source['engine'], string>;

async function serverSide(
  places: Places,
  servers: Servers,
  source: Source,
  key: bigint,
  files: readonly string[],
  away: Away,
  problems: string[],
): Promise<Side> {
  const absent = absentText(places, source);
  if (absent !== undefined) return { ...nowhere(absent), input: [] };
  const server = servers[source.engine];
  const engineName = source.engine === 'mysql' ? 'MySQL' : 'MongoDB';
  if (server === undefined) return nowhere(`${source.engine === 'mysql' ? 'MYSQL_URL' : 'MONGO_URL'} is not set`);
  if (away.has(source.engine)) return nowhere(away.get(source.engine) ?? null);
  try {
    const { input, table, why, isAsked, misread } = await fetchSource(places.engine, server, source, [key], files);
    for (const { column } of misread) {
      problems.push(`${column} holds a value that is not as it was declared: make check`);
    }
    return { input, place: { where: isAsked ? table : '', time: null, why: why ?? null } };
  } catch (error) {
    if (!(error instanceof TransloadError)) throw error;
    // The way to the server, not this one table.
    if (error.retryable || error.code === 'SOURCE_REFUSED' || error.code === 'SOURCE_TLS') {
      away.set(source.engine, `${engineName} is away: ${error.message}`);
    }
    return nowhere(away.get(source.engine) ?? error.message);
  }
}

/** Why a source was left out of the migration: it is joined as empty. */
function absentText({ plan, dataset }: Places, source: Source): string | undefined {
  const absent = (plan?.absent ?? dataset.without ?? []).find(({ name }) => name === source.name);
  return absent && `not part of the migration: ${absent.reason}`;
}

/** Why there is no export file of the key. */
function whyNoFile({ plan }: Places, source: Source, key: bigint): string {
  if (plan === undefined) return 'there is no plan here: nothing was exported on this machine';
  if (!plan.sources.some(({ name }) => name === source.name)) return 'planned later than this plan: make export';
  if (source.role === 'lookup') return 'not exported yet: make export';
  const ranges = plannedRanges(plan);
  const range = ranges.find(({ range: { from, to } }) => from <= key && key < to)?.range;
  if (range) return `not exported yet, range ${showRange(range)}: make export`;
  const end = ranges.at(-1)?.range.to ?? 0n;
  return key < end ? 'before the first planned range' : `beyond the plan, which ends at ${end - 1n}`;
}

async function fileSide(places: Places, source: Source, key: bigint, problems: string[]): Promise<Side> {
  const isIn = (entry: ExportEntry): boolean => entry.source === source.name && holdsKey([key], entry);
  const entry = places.exports.find(isIn);
  const absent = absentText(places, source);
  if (absent !== undefined) return { ...nowhere(absent), input: [] };
  if (entry === undefined) return nowhere(whyNoFile(places, source, key));
  const place = { where: entry.file, time: entry.snapshot };
  if (entry.rows === 0) return { input: [], place: { ...place, why: null } };
  const path = inRoot(places.layout, entry.file);
  const problem = await fileProblem(path, entry.sha256);
  if (problem === undefined) return { input: [path], place: { ...place, why: null } };
  // Who needs the room may remove it after the join.
  if (problem === fileMissing) return { input: undefined, place: { ...place, why: `its export file ${problem}` } };
  problems.push(`${entry.file} ${problem}: ${exportAgainText(entry)}`);
  return { input: await readableFile(places, path), place: { ...place, why: `the file ${problem}` } };
}

/** A damaged file may still be read, which tells what is wrong in it. */
async function readableFile({ engine }: Places, path: string): Promise<Input | undefined> {
  return engine.rows(`SELECT count(*) FROM (${readFiles([path])})`).then(
    () => [path],
    () => undefined,
  );
}

/** The rows that belong to the key: a lookup's are those that the joined row leads to. */
function rowsSql(places: Places, source: Source, inputs: ReadonlyMap<string, Input>, key: bigint): string | undefined {
  const input = inputs.get(source.name);
  if (input === undefined) return undefined;
  const own = identifier(source.key);
  if (source.role !== 'lookup') {
    return input.length === 0 ? undefined : `${readFiles(input)} WHERE ${own} = ${key}`;
  }
  if (source.on === undefined || input.length === 0) return undefined;
  const { dataset } = places;
  const on = source.on;
  const joined = fromJoined(dataset, (other) => other !== source && readsSource(on, other));
  const raw = overRaw(dataset, `{${source.name}}`);
  return `${withSources(dataset, inputs, new Set(), `(SELECT ${key}::UBIGINT)`)}
    SELECT * FROM ${raw} WHERE ${own} IN (SELECT ${on} ${joined})`;
}

/** Looks a key up in every source, at its server and in its export files; `target` is where what is mended goes. */
export async function showSources(places: Places, servers: Servers, target: string, key: bigint): Promise<SourceSides> {
  const { dataset, engine } = places;
  const away: Away = new Map();
  const problems: string[] = [];
  const sides = new Map<Source, { server: Side; file: Side }>();
  for (const source of dataset.sources) {
    const file = await fileSide(places, source, key, problems);
    const stand = Array.isArray(file.input) ? file.input : [];
    sides.set(source, { file, server: await serverSide(places, servers, source, key, stand, away, problems) });
  }
  const inputsOf = (side: 'server' | 'file'): Map<string, Input> =>
    new Map([...sides].flatMap(([{ name }, of]) => (of[side].input === undefined ? [] : [[name, of[side].input]])));
  const [atServer, inFiles] = [inputsOf('server'), inputsOf('file')];
  const shown: ShownSource[] = [];
  for (const [source, { server, file }] of sides) {
    const columns = exportColumns(source).map(({ name, kind }) => ({ name, type: duckdbType(kind) }));
    const read = async (side: Side, inputs: ReadonlyMap<string, Input>) => {
      const sql = side.input === undefined ? undefined : rowsSql(places, source, inputs, key);
      return sql === undefined ? [] : sourceRows(engine, columns, sql);
    };
    const [now, then] = [await read(server, atServer), await read(file, inFiles)];
    const isBoth = server.input !== undefined && file.input !== undefined;
    const isLookup = source.role === 'lookup';
    const others = isBoth && isLookup ? await lookupChanges(places, server.input, file.input) : 0;
    // A key that is gone, or leads elsewhere now, leads to other rows of a lookup that is what it was.
    const changed = isLookup ? others > 0 : isBoth && !isSame(now, then);
    // What a damaged file holds says nothing of the source.
    if (changed && file.place.why === null) {
      const text = changeText(source, now.length, then.length, others, file.place.time);
      const entry = places.exports.find((one) => one.file === file.place.where);
      const mend = entry && `: ${exportAgainText(entry)}, then make join and make load TARGET=${target}`;
      problems.push(`${text}${mend ?? ''}`);
    }
    shown.push({
      source: source.name,
      server: {
        ...server.place,
        rows: server.input === undefined ? null : now.length,
        why: server.place.why ?? (isLookup && source.on === undefined ? 'a lookup that is compared as a whole' : null),
      },
      file: { ...file.place, rows: file.input === undefined ? null : then.length },
      changed,
      fields: columns.map(({ name }, at) => {
        const [here, there] = [now.map((row) => row[at] ?? null), then.map((row) => row[at] ?? null)];
        return { name, server: here, file: there, differs: changed && !isSame(here, there) };
      }),
    });
  }
  return { shown, files: inFiles.size === dataset.sources.length ? inFiles : undefined, problems };
}

/** Rows of a lookup that are on one side only. */
async function lookupChanges({ engine }: Places, server: Input, file: Input): Promise<number> {
  const [now, then] = [server, file].map((input) => (input.length === 0 ? undefined : readFiles(input)));
  const only = (one: string, other: string | undefined): string =>
    `(SELECT count(*) FROM (${other === undefined ? one : `(${one}) EXCEPT ALL (${other})`}))`;
  const counts = [...(now ? [only(now, then)] : []), ...(then ? [only(then, now)] : [])];
  const [row] = await engine.rows(`SELECT ${['0', ...counts].join(' + ')}`);
  return Number(row?.[0]);
}

function changeText(source: Source, now: number, then: number, others: number, time: string | null): string {
  const since = time === null ? 'since its export' : `since its export of ${time.slice(0, 19).replace('T', ' ')}`;
  if (source.role === 'lookup') return `${source.name}: ${others} rows of the lookup changed at the source ${since}`;
  if (now === 0 && then > 0) return `${source.name}: its rows are gone at the source ${since}`;
  if (now > 0 && then === 0) return `${source.name}: its rows came to the source ${since}`;
  return `${source.name}: changed at the source ${since}`;
}
