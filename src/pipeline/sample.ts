import { rowsByKey, type TargetRow, unknownValues } from '../clickhouse/rows-by-key.js';
import { damagedError } from '../core/errors.js';
import { isSame, type Readable } from '../core/readable.js';
import type { SampleDifference, SampleEvent } from '../core/sample-event.js';
import type { ExportEntry } from '../manifest/entries.js';
import { inRoot } from '../manifest/layout.js';
import { shardStates } from '../manifest/ledger.js';
import type { Input } from '../sql/relations.js';
import type { Servers } from './context.js';
import { presentExports } from './export.js';
import { exportAgainText } from './make-again.js';
import {
  exportFiles,
  holdsKey,
  type JoinedRow,
  type JoinedRows,
  joinedRows,
  type LoadedTable,
  type Places,
  shardRows,
} from './places.js';
import { fetchSource, type Misread } from './raw-sources.js';
import { serverOf } from './resolve-sources.js';
import { drawKeys, type SampleRequest } from './sample-keys.js';

/**
 * Takes random keys, works out their rows from what MySQL and MongoDB hold now, and compares them with the target as a
 * reader sees it. Keys are drawn from the driving source's export files: from all that there was, whatever became of it.
 */
export async function sampleKeys(
  all: Places,
  servers: Servers,
  table: LoadedTable,
  request: SampleRequest,
): Promise<SampleEvent> {
  const present = await presentExports(all);
  const removed = all.exports.filter(({ file, rows }) => rows > 0 && !present.has(file));
  const places = { ...all, exports: all.exports.filter((entry) => !removed.includes(entry)) };
  const { keys, rejected } = await drawKeys(places, removed, request);
  const { inputs, notes, misread } = await readSources(places, removed, servers, keys);
  const expected = await joinedRows(places, inputs, keys);
  const target = grouped(await rowsByKey(table.client, table.live, places.dataset, keys));
  const unknown = await unknownValues(table.client, table.live, places.dataset);
  const found = keys.flatMap((key) => {
    const rows = target.get(String(key)) ?? [];
    return [
      ...differencesOf(String(key), expected.get(String(key)), rows, unknown),
      ...versionDifference(places, table, key, rows),
    ];
  });
  const differences = await located(places, removed, [...found, ...misread.map(misreadDifference)], target, unknown);
  return {
    event: 'sample',
    seed: request.seed,
    keys: keys.length,
    rejected,
    different: new Set(differences.map(({ key }) => key)).size,
    differences,
    notes,
  };
}

/** Every source of the keys, from its server; a source that was not part of the migration stays empty. */
async function readSources(
  places: Places,
  removed: readonly ExportEntry[],
  servers: Servers,
  keys: readonly bigint[],
): Promise<{ inputs: Map<string, Input>; notes: string[]; misread: Misread[] }> {
  const { dataset, plan, engine } = places;
  const files = exportFiles(places, keys);
  const absent = new Set((plan?.absent ?? dataset.without ?? []).map(({ name }) => name));
  const inputs = new Map<string, Input>();
  const notes: string[] = [];
  const misread: Misread[] = [];
  for (const source of dataset.sources) {
    if (absent.has(source.name)) continue;
    const one = await fetchSource(engine, serverOf(servers, source), source, keys, files.get(source.name) ?? []);
    const gone = removed.find((entry) => entry.source === source.name && holdsKey(keys, entry));
    if (!one.isAsked && gone !== undefined) {
      const text = `${one.why}, and ${inRoot(places.layout, gone.file)} was removed`;
      throw damagedError('FILES_UNREADABLE', text, exportAgainText(gone));
    }
    inputs.set(source.name, one.input);
    if (one.why !== undefined) notes.push(one.why);
    misread.push(...one.misread);
  }
  return { inputs, notes, misread };
}

function grouped(rows: readonly TargetRow[]): Map<string, TargetRow[]> {
  const groups = new Map<string, TargetRow[]>();
  for (const row of rows) groups.set(row.key, [...(groups.get(row.key) ?? []), row]);
  return groups;
}

type Found = Omit<SampleDifference, 'where'> & { readonly where?: string };
const rowColumn = '(row)';

function differencesOf(
  key: string,
  row: JoinedRow | undefined,
  target: readonly TargetRow[],
  unknown: ReadonlyMap<string, Readable>,
): Found[] {
  const [first] = target;
  if (row?.values === undefined) {
    const rejected = row?.rejects.map(({ column, value }) => `${column} ${value}`).join(', ');
    const expected = row === undefined ? 'no row: none at the source' : `no row: rejected (${rejected})`;
    return first ? [{ key, column: rowColumn, expected, found: 'a row' }] : [];
  }
  if (first === undefined) return [{ key, column: rowColumn, expected: 'a row', found: 'no row' }];
  if (target.length > 1) return [{ key, column: rowColumn, expected: 'a row', found: `${target.length} rows` }];
  return [...first.values].flatMap(([column, found]) => {
    const expected = applied(row.values?.get(column), column, unknown);
    return isSame(expected, found) ? [] : [{ key, column, expected: expected ?? null, found }];
  });
}

const applied = (
  value: Readable | undefined,
  column: string,
  unknown: ReadonlyMap<string, Readable>,
): Readable | undefined => (value === null ? (unknown.get(column) ?? null) : value);

/** The version must be the one that the ledger has of the key's shard. */
function versionDifference(
  { dataset, shards }: Places,
  { live, ledger }: LoadedTable,
  key: bigint,
  rows: readonly TargetRow[],
): Found[] {
  const shard = shards.find((entry) => holdsKey([key], entry));
  const state = shardStates(ledger, live.uuid).get(shard?.file ?? '');
  const [row] = rows;
  if (row === undefined || rows.length > 1 || state === undefined || state.kind === 'started') return [];
  if (row.version === state.version) return [];
  const shown = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return [
    {
      ...{ key: String(key), column: dataset.table.version, where: 'not the version that was loaded' },
      ...{ expected: shown(state.version), found: shown(row.version) },
    },
  ];
}

const misreadDifference = ({ key, column, value }: Misread): Found => ({
  ...{ key, column, expected: value, found: null, where: 'the source holds what was not declared' },
});

/** Says of each difference which place is wrong, by the export files and the shard of its key. */
async function located(
  places: Places,
  removed: readonly ExportEntry[],
  found: readonly Found[],
  target: ReadonlyMap<string, readonly TargetRow[]>,
  unknown: ReadonlyMap<string, Readable>,
): Promise<SampleDifference[]> {
  const keys = [...new Set(found.filter(({ where }) => where === undefined).map(({ key }) => BigInt(key)))];
  const isExported = places.exports.length > 0;
  const files = isExported
    ? await joinedRows(places, exportFiles(places, keys), keys).catch(() => undefined)
    : undefined;
  const shards = await shardRows(places, keys).catch(() => undefined);
  return found.map((one) => {
    if (one.where !== undefined) return { ...one, where: one.where };
    const at = (rows: JoinedRows): Readable | undefined => {
      const values = rows.get(one.key)?.values;
      if (one.column === rowColumn) return values === undefined ? 'no row' : 'a row';
      return applied(values?.get(one.column), one.column, unknown);
    };
    const rows = target.get(one.key)?.length ?? 0;
    const there = one.column === rowColumn && rows === 0 ? 'no row' : one.found;
    const isRemoved = removed.some((entry) => holdsKey([BigInt(one.key)], entry));
    if (shards === undefined) return { ...one, where: 'the shard cannot be read: make verify names it' };
    return { ...one, where: placeOf(there, isRemoved ? undefined : files && at(files), at(shards)) };
  });
}

/** Which place is wrong where the target is not as its sources are now. */
function placeOf(target: Readable, files: Readable | undefined, shard: Readable | undefined): string {
  if (!isSame(shard, target)) {
    const also = files !== undefined && !isSame(files, shard) ? ', and the shard is not as its export files' : '';
    return `the target is not as its shard${also}`;
  }
  if (files === undefined) return 'the target is as its shard; its export files are not here, or cannot be read';
  return isSame(files, shard) ? 'changed at the source since' : 'the shard is not as its export files';
}
