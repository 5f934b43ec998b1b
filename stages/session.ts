import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, hostname } from 'node:os';
import type { ClickHouse } from '../src/clickhouse/client.js';
import { exits, TransloadError, usageError } from '../src/core/errors.js';
import type { Report } from '../src/core/events.js';
import { parsePart, parseRange, showRange } from '../src/core/ranges.js';
import { checkDataset } from '../src/dataset/check-dataset.js';
import type { Dataset, JoinedDataset } from '../src/dataset/declaration.js';
import { imagesAnalytical } from '../src/dataset/images-analytical/dataset.js';
import { datasetFromJson } from '../src/dataset/read-dataset.js';
import { datasetPath, embeddedDir, type Layout, layoutOf, lockPath, writerName } from '../src/manifest/layout.js';
import { takeLock } from '../src/manifest/lock.js';
import { ownSpillDir, sweepSpills } from '../src/manifest/spill.js';
import type { Context, ParquetTools, Servers } from '../src/pipeline/context.js';
import type { Engine } from '../src/sql/engine.js';
import { defaultWorkers, type Environment, positive, serverConfig, type TargetConfig, targetConfig } from './config.js';
import { keepOutcome } from './keep-outcome.js';

const datasets: Record<string, Dataset> = { [imagesAnalytical.name]: imagesAnalytical };
/** The whole command takes some 550 MB more (docs/performance.md). */
const joinMemoryMb = 896;
/** Sorting what is read in one pass: an export stays small whatever the table's size. */
const exportMemoryMb = 256;

/** What a command works with: its knobs, the data folder, and the servers when they are needed. */
export interface Session {
  readonly env: Environment;
  readonly command: string;
  readonly dataset: Dataset;
  readonly dataDir: string;
  readonly layout: Layout;
  readonly report: Report;
  readonly abort: AbortController;
  readonly target: string;
  readonly closing: (() => unknown)[];
  /** Units of this session that failed. */
  readonly failures: { readonly unit: string; readonly error: TransloadError }[];
}

const isOn = (text: string | undefined): boolean => text !== undefined && !['', '0', 'false', 'no'].includes(text);

/** A switch such as AGAIN=1. */
export const switchOf = (session: Session, name: string): boolean => isOn(session.env[name]);

function findDataset(name: string): Dataset {
  const dataset = readDataset(name);
  checkDataset(dataset);
  return dataset;
}

function readDataset(name: string): Dataset {
  const known = datasets[name];
  if (known) return known;
  if (name.endsWith('.json') && existsSync(name)) return datasetFromJson(readFileSync(name, 'utf8'), name);
  throw usageError(
    'DATASET_UNKNOWN',
    `there is no dataset ${name}`,
    `known: ${Object.keys(datasets).join(', ')}; or name a dataset.json`,
  );
}

/** Opens a session for a command; nothing is connected yet. */
export function openSession(env: Environment, command: string, report: Report, abort: AbortController): Session {
  const dataset = findDataset(env.DATASET || imagesAnalytical.name);
  const dataDir = env.DATA_DIR || 'data';
  const layout = layoutOf(dataDir, dataset.name, dataset.key.digits);
  const target = env.TARGET || 'embedded';
  const range = env.RANGE ? showRange(parseRange(env.RANGE)) : 'all';
  report({ event: 'run', stage: command, dataset: dataset.name, dataDir, target, range });
  const failures: Session['failures'] = [];
  const heard: Report = (event) => {
    if (event.event === 'unit-failed') failures.push(event);
    report(event);
  };
  return { env, command, dataset, dataDir, layout, report: heard, abort, target, closing: [], failures };
}

/** What the stages of the engine are handed. */
export function contextOf(session: Session, stage: string): Context {
  const { env, dataset, layout, report, abort } = session;
  const part = env.PART ? parsePart(env.PART) : undefined;
  return {
    dataset,
    layout,
    report,
    signal: abort.signal,
    stop: (error) => abort.abort(error),
    run: randomUUID().slice(0, 8),
    writer: writerName(hostname(), part),
    range: env.RANGE ? parseRange(env.RANGE) : undefined,
    part,
    again: isOn(env.AGAIN),
    dryRun: isOn(env.DRY_RUN),
    workers: positive(env, 'WORKERS', defaultWorkers(stage)),
  };
}

/** Holds the lock of a stage while it works. A dry run changes nothing and takes none. */
export async function withLock<T>(session: Session, stage: string, work: () => Promise<T>): Promise<T> {
  if (switchOf(session, 'DRY_RUN')) return work();
  const lost = (): void => {
    session.abort.abort(
      new TransloadError(
        exits.locked,
        'LOCK_LOST',
        `the lock of ${stage} was taken away`,
        'this machine slept too long: run the command again',
      ),
    );
  };
  const release = await takeLock(lockPath(session.layout, stage), stage.split('-')[0] ?? stage, lost);
  const begin = new Date().toISOString();
  const before = session.failures.length;
  let thrown: unknown;
  try {
    return await work();
  } catch (error) {
    thrown = error;
    throw error;
  } finally {
    await keepOutcome(session, stage, begin, session.failures.slice(before), thrown);
    await release();
  }
}

/** The source servers that are configured. */
export async function openServers(session: Session): Promise<Servers> {
  const mysqlConfig = serverConfig(session.env, 'MYSQL');
  const mongoConfig = serverConfig(session.env, 'MONGO');
  const mysql = mysqlConfig && (await import('../src/sources/mysql.js')).openMysql(mysqlConfig);
  const mongo = mongoConfig && (await import('../src/sources/mongo.js')).openMongo(mongoConfig);
  session.closing.push(
    () => mysql?.close(),
    () => mongo?.close(),
  );
  return { mysql, mongo };
}

/** The settings of the target, undefined for the embedded one. */
export function targetOf(session: Session): TargetConfig | undefined {
  return session.target === 'embedded' ? undefined : targetConfig(session.env, session.target);
}

/** Opens the target of TARGET=. `defaultDatabase` makes its database the one that unqualified names mean. */
export async function openTarget(session: Session, defaultDatabase = false): Promise<ClickHouse> {
  const config = targetOf(session);
  const folder = embeddedDir(session.layout.dataDir);
  if (!config && switchOf(session, 'DRY_RUN') && !existsSync(folder)) {
    throw usageError(
      'EMBEDDED_EMPTY',
      'there is no embedded ClickHouse yet, and a dry run makes none',
      'run `make load` without DRY_RUN=1',
    );
  }
  const client = config
    ? (await import('../src/clickhouse/http.js')).openHttp(config, defaultDatabase ? config.database : undefined)
    : await (await import('../src/clickhouse/embedded.js')).openEmbedded(folder);
  session.closing.push(() => client.close());
  return client;
}

/** The embedded SQL engine, its limits being totals for the run. */
export async function openSqlEngine(session: Session): Promise<Engine> {
  const { openEngine } = await import('../src/sql/engine.js');
  const threads = availableParallelism();
  if (session.command === 'export' || session.command === 'join') await sweepSpills(session.layout);
  return openEngine({
    memoryMb: session.command === 'export' ? exportMemoryMb : positive(session.env, 'JOIN_MEMORY_MB', joinMemoryMb),
    threads,
    spillDir: ownSpillDir(session.layout),
  });
}

/** The Parquet writer and the independent reader. */
export async function parquetTools(): Promise<ParquetTools> {
  const footer = await import('../src/parquet/footer.js');
  return {
    write: async (path, columns, batches) =>
      (await import('../src/parquet/writer.js')).writeParquetFile(path, columns, batches),
    rows: async (path) => (await footer.readFooter(path)).rows,
    check: footer.checkFooter,
  };
}

/** The declaration that the shards were made with: they may come from another machine. */
export function shardsDataset(session: Session): JoinedDataset {
  const path = datasetPath(session.layout);
  return existsSync(path) ? datasetFromJson(readFileSync(path, 'utf8'), path) : session.dataset;
}
