import { join } from 'node:path';
import { duckdbType, parseKind } from '../../../src/core/kinds.js';
import { type Dataset, drivingSource, type Source } from '../../../src/dataset/declaration.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { type Engine, openEngine } from '../../../src/sql/engine.js';
import { buildJoin, type JoinQuery } from '../../../src/sql/join-query.js';
import { identifier, literal, type OptionValues } from '../../../src/sql/relations.js';
import { noSurvey, type Survey, surveyFiles } from '../../../src/sql/survey.js';
import { valueTypes } from '../../../src/sql/value-types.js';

export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;
export type Rows = Readonly<Record<string, readonly Row[]>>;

export interface Joined {
  /** Rows of the shard in its order, by column; values as text, numbers and null. */
  readonly rows: readonly Record<string, unknown>[];
  /** key, column, value, reason, row. */
  readonly rejects: readonly unknown[][];
  /** Name → count and example. */
  readonly oddities: ReadonlyMap<string, unknown[]>;
  readonly shard: string;
  readonly rejectsFile: string;
}

export function openTestEngine(folder: string, threads = 2): Promise<Engine> {
  return openEngine({ memoryMb: 512, threads, spillDir: join(folder, 'tmp') });
}

/** Values travel as text and are cast in the file's query. */
const valueSql = (value: Value | undefined, kind: string): string => {
  if (value === null || value === undefined) return 'NULL';
  return literal(String(typeof value === 'boolean' && kind !== 'flag' ? Number(value) : value));
};

/** Writes an export file: the source's columns as declared, NULL where a row says nothing. */
async function writeExport(engine: Engine, path: string, source: Source, rows: readonly Row[]): Promise<void> {
  const unknown = rows.flatMap((row) => Object.keys(row)).filter((name) => !(name in source.columns));
  if (unknown.length > 0) throw new Error(`${source.name} has no column ${unknown.join()}`);
  const columns = Object.entries(source.columns);
  const values = rows.map((row) => `(${columns.map(([name, kind]) => valueSql(row[name], kind)).join(', ')})`);
  const casts = columns.map(
    ([name, kind]) => `CAST(${identifier(name)} AS ${duckdbType(parseKind(kind))}) AS ${identifier(name)}`,
  );
  const from = `(VALUES ${values.join(', ')}) AS given(${columns.map(([name]) => identifier(name)).join(', ')})`;
  await engine.run(
    `COPY (SELECT ${casts.join(', ')} FROM ${from}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
  );
}

let serial = 0;

/**
 * Joins a few rows, given by source, the way the join stage does; a source that is left out has no file. Throws where
 * the join that trusts its survey and the one that looks at every row differ.
 */
export async function joinRows(
  engine: Engine,
  folder: string,
  sources: Rows,
  options: OptionValues = { hands: 'either' },
  dataset: Dataset = imagesAnalytical,
): Promise<Joined> {
  const at = join(folder, String(serial++));
  const files = new Map<string, string[]>();
  for (const [name, rows] of Object.entries(sources)) {
    const source = dataset.sources.find((one) => one.name === name);
    if (!source) throw new Error(`no source ${name}`);
    const path = `${at}-${name}.parquet`;
    await writeExport(engine, path, source, rows);
    files.set(name, [path]);
  }
  const types = await valueTypes(engine, dataset, options);
  const run = async (name: string, survey: Survey): Promise<Joined> => {
    const [shard, rejectsFile] = [`${at}-${name}.parquet`, `${at}-${name}-rejects.parquet`];
    return joined(engine, buildJoin(dataset, files, options, types, shard, rejectsFile, survey), shard, rejectsFile);
  };
  const plain = await run('plain', noSurvey);
  const surveyed = await run('surveyed', await surveyFiles(engine, dataset, files, options, types));
  const said = ({ rows, rejects, oddities }: Joined): string => JSON.stringify([rows, rejects, [...oddities]]);
  if (said(surveyed) !== said(plain)) throw new Error(`the survey made a difference: ${said(plain)} ${said(surveyed)}`);
  return surveyed;
}

async function joined(engine: Engine, query: JoinQuery, shard: string, rejectsFile: string): Promise<Joined> {
  await engine.run(query.copy);
  await engine.run(query.copyRejects);
  const { names, rows } = await engine.table(`SELECT * FROM read_parquet(${literal(shard)})`);
  const oddities = new Map<string, unknown[]>();
  for (const [name, sql] of query.oddities) {
    const [row = []] = await engine.rows(sql);
    if (Number(row[0]) > 0) oddities.set(name, [Number(row[0]), row[1] === null ? null : Number(row[1])]);
  }
  return {
    rows: rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]]))),
    rejects: await engine.rows(`SELECT * FROM read_parquet(${literal(rejectsFile)})`),
    oddities,
    shard,
    rejectsFile,
  };
}

/** Rows of the driving source with these keys. */
export function images(...keys: readonly number[]): Row[] {
  const { key } = drivingSource(imagesAnalytical);
  return keys.map((value) => ({ [key]: value, site_image_id: `s${value}`, contentUrl: `u${value}` }));
}
