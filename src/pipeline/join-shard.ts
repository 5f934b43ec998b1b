import { dirname } from 'node:path';
import { damagedError, exits, TransloadError } from '../core/errors.js';
import type { Amount } from '../core/events.js';
import { lastKey, showRange } from '../core/ranges.js';
import { step } from '../core/steps.js';
import { drivingSource, shardColumns } from '../dataset/declaration.js';
import {
  fileProblem,
  makeFolder,
  publish,
  removeFile,
  sha256OfFile,
  sizeOf,
  temporary,
} from '../manifest/atomic-file.js';
import type { ColumnFacts, Counted, ShardEntry } from '../manifest/entries.js';
import { inRoot, inShards, rejectsFile } from '../manifest/layout.js';
import type { ManifestWriter } from '../manifest/manifest.js';
import { columnFactsSql } from '../sql/column-facts.js';
import type { Engine } from '../sql/engine.js';
import { buildJoin } from '../sql/join-query.js';
import { literal, type OptionValues, readFiles } from '../sql/relations.js';
import { surveyFiles } from '../sql/survey.js';
import type { ValueTypes } from '../sql/value-types.js';
import type { Context, ParquetTools } from './context.js';
import { joinHash, type ShardWork } from './join-plan.js';
import { exportAgainText } from './make-again.js';
import { secondsSince, type UnitProgress } from './run-stage.js';

export interface JoinTools {
  readonly engine: Engine;
  readonly parquet: ParquetTools;
  readonly manifest: ManifestWriter;
  readonly options: OptionValues;
  readonly types: ValueTypes;
  readonly onReject: 'quarantine' | 'fail';
}

interface Rejected {
  readonly rows: number;
  readonly values: number;
  readonly columns: Record<string, number>;
}

/** An export file that is not the one recorded must not be joined (fault 22). */
async function checkInputs(context: Context, work: ShardWork): Promise<void> {
  for (const entry of work.inputs) {
    const { file, rows, sha256 } = entry;
    if (rows === 0) continue;
    const path = inRoot(context.layout, file);
    const what = await fileProblem(path, sha256);
    if (what === undefined) continue;
    throw damagedError('EXPORT_DAMAGED', `${path} ${what}`, `make it again: ${exportAgainText(entry)}`);
  }
}

/** Joins one shard: checks its inputs, writes the rows that fit, sets the others aside, proves that none is missing. */
export async function joinShard(
  context: Context,
  tools: JoinTools,
  work: ShardWork,
  progress: UnitProgress,
): Promise<Amount> {
  const begin = performance.now();
  const { dataset, layout } = context;
  const { engine, parquet, options, types } = tools;
  const { range } = work.shard;
  const files = filesBySource(layout, work);
  const path = inShards(layout, work.file);
  const rejectsPath = inShards(layout, rejectsFile(layout, range));
  await makeFolder(dirname(rejectsPath));
  progress({ phase: 'checking inputs' });
  // Hashes are made outside the engine. A file that cannot be read clears nothing in the survey; it fails the check.
  const [survey] = await Promise.all([surveyFiles(engine, dataset, files, options, types), checkInputs(context, work)]);
  const query = buildJoin(dataset, files, options, types, temporary(path), temporary(rejectsPath), survey);

  const drivingName = drivingSource(dataset).name;
  const driving = work.inputs.filter(({ source }) => source === drivingName).reduce((sum, { rows }) => sum + rows, 0);
  progress({ phase: 'joining' });
  step('join into temporary file');
  await engine.run(query.copy);
  const rows = await parquet.rows(temporary(path));
  progress({ rows, phase: 'checking' });
  const rejected = rows < driving ? await setAside(tools, query.copyRejects, temporary(rejectsPath)) : noRejects;
  if (rows + rejected.rows !== driving) {
    throw new TransloadError(
      exits.failed,
      'ROWS_DIFFER',
      `shard ${showRange(range)}: ${driving} rows of ${drivingName} became ${rows} and ${rejected.rows} rejected ones`,
      'a lookup or source gives several rows a key; the shard is not published',
    );
  }
  if (rejected.rows > 0 && tools.onReject === 'fail') {
    const columns = Object.entries(rejected.columns)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
    throw new TransloadError(
      exits.failed,
      'REJECTS',
      `shard ${showRange(range)}: ${rejected.rows} rows do not fit (${columns})`,
      'look at them: make join ON_REJECT=quarantine sets them aside in shards/rejects/',
    );
  }
  await checkSchema(engine, query.shard, temporary(path));
  const names = shardColumns(dataset).map(({ name }) => name);
  const [facts, oddities, sha256] = await Promise.all([
    columnFacts(context, engine, query.shard, temporary(path), rows),
    countOddities(engine, query.oddities),
    rows > 0 ? sha256OfFile(temporary(path)) : '',
    rows > 0 ? parquet.check(temporary(path), names, rows) : undefined,
  ]);
  const bytes = rows > 0 ? ((await sizeOf(temporary(path))) ?? 0) : 0;
  const rejectsSha = rejected.rows > 0 ? await sha256OfFile(temporary(rejectsPath)) : '';
  const common = { format: 1, file: work.file, run: context.run } as const;
  if ((await sizeOf(path)) !== undefined) {
    await tools.manifest.append({ ...common, kind: 'redo', time: new Date().toISOString() });
  }
  await putInPlace(rejectsPath, rejected.rows > 0);
  await putInPlace(path, rows > 0);
  const entry: ShardEntry = {
    ...common,
    kind: 'shard',
    first: String(range.from),
    last: String(lastKey(range)),
    rows,
    driving,
    bytes,
    sha256,
    ...facts,
    hash: joinHash(dataset, tools.options),
    inputs: work.inputsHash,
    time: new Date().toISOString(),
    seconds: secondsSince(begin),
    oddities,
    sources: sourcesOf(work),
    rejects: {
      rows: rejected.rows,
      values: rejected.values,
      file: rejected.rows > 0 ? rejectsFile(layout, range) : null,
      sha256: rejectsSha,
      columns: rejected.columns,
    },
  };
  await tools.manifest.append(entry);
  return { rows, bytes };
}

const noRejects: Rejected = { rows: 0, values: 0, columns: {} };

async function putInPlace(path: string, hasRows: boolean): Promise<void> {
  if (hasRows) return publish(path);
  await removeFile(temporary(path));
  await removeFile(path);
}

/** Paths of the shard's export files by source; ranges without rows have none. */
export function filesBySource(layout: Context['layout'], work: ShardWork): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const { source, file, rows } of work.inputs) {
    if (rows === 0) continue;
    files.set(source, [...(files.get(source) ?? []), inRoot(layout, file)]);
  }
  return files;
}

function sourcesOf(work: ShardWork): ShardEntry['sources'] {
  const sources = new Map<string, { source: string; rows: number; files: string[] }>();
  for (const { source, rows, sha256 } of work.inputs) {
    const known = sources.get(source) ?? { source, rows: 0, files: [] };
    sources.set(source, {
      source,
      rows: known.rows + rows,
      files: sha256 === '' ? known.files : [...known.files, sha256],
    });
  }
  return [...sources.values()];
}

async function setAside(tools: JoinTools, copyRejects: string, path: string): Promise<Rejected> {
  step('set rejects aside');
  await tools.engine.run(copyRejects);
  const from = `FROM (${readFiles([path])})`;
  const [total] = await tools.engine.rows(`SELECT count(DISTINCT "key"), count(*) ${from}`);
  const columns = await tools.engine.rows(`SELECT "column", count(*) ${from} GROUP BY 1 ORDER BY 1`);
  return {
    rows: Number(total?.[0]),
    values: Number(total?.[1]),
    columns: Object.fromEntries(columns.map(([name, count]) => [String(name), Number(count)])),
  };
}

/** The engine changes types and names in silence (sum of BIGINT becomes DOUBLE): the file must be as declared. */
async function checkSchema(engine: Engine, shard: ReadonlyMap<string, string>, path: string): Promise<void> {
  const found = await engine.describe(`SELECT * FROM read_parquet(${literal(path)})`);
  const declared = [...shard].map(([name, type]) => `${name} ${type}`);
  const actual = found.map(({ name, type }) => `${name} ${type}`);
  const different = declared.filter((one, index) => one !== actual[index]);
  if (different.length > 0 || declared.length !== actual.length) {
    throw new Error(`the shard's schema differs from the declaration: ${different.join(', ')} in ${actual.join(', ')}`);
  }
}

async function columnFacts(
  context: Context,
  engine: Engine,
  shard: ReadonlyMap<string, string>,
  path: string,
  rows: number,
): Promise<{ columns: ColumnFacts[]; least: string | null; greatest: string | null }> {
  const columns = shardColumns(context.dataset);
  const [row = []] = await engine.rows(columnFactsSql(context.dataset, shard, path));
  const textOf = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
  const [count, keys, least, greatest] = row.slice(columns.length * 5);
  if (Number(count) !== rows) throw new Error(`the shard reads back as ${count} rows instead of ${rows}`);
  if (Number(keys) !== rows) {
    // A doubled row would make up for a rejected one, and the count of rows alone would not show it.
    throw new TransloadError(
      exits.failed,
      'KEYS_DOUBLED',
      `${rows} rows of the shard have ${keys} different keys`,
      'a source that is declared to hold one row a key holds several: declare how they become one (reduce)',
    );
  }
  return {
    columns: columns.map(({ name }, index) => {
      const [nulls, min, max, hash, nullHash] = row.slice(index * 5, index * 5 + 5);
      return {
        name,
        nulls: Number(nulls),
        min: textOf(min),
        max: textOf(max),
        hash: String(hash),
        nullHash: String(nullHash),
      };
    }),
    least: textOf(least),
    greatest: textOf(greatest),
  };
}

async function countOddities(engine: Engine, queries: ReadonlyMap<string, string>): Promise<Record<string, Counted>> {
  const counted: Record<string, Counted> = {};
  for (const [name, sql] of queries) {
    const [row] = await engine.rows(sql);
    const count = Number(row?.[0] ?? 0);
    if (count > 0) counted[name] = { count, example: row?.[1] === null ? null : String(row?.[1]) };
  }
  return counted;
}
