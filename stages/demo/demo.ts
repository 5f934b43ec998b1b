import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { tableName } from '../../src/clickhouse/ddl.js';
import { type Exit, exits, messageOf, TransloadError, usageError } from '../../src/core/errors.js';
import { type Plan, readPlan } from '../../src/manifest/plan-file.js';
import { checkCommand } from '../check.js';
import { installEnvironment, positive, serverConfig } from '../config.js';
import { exportCommand } from '../export.js';
import { joinCommand } from '../join.js';
import { loadCommand } from '../load.js';
import { planCommand } from '../plan.js';
import { count } from '../sentences.js';
import { openTarget, type Session, switchOf } from '../session.js';
import { verifyCommand } from '../verify.js';
import { fillMongo } from './sample/fill-mongo.js';
import { fillMysql } from './sample/fill-mysql.js';
import { resolveSample, type Sample } from './sample/sample.js';
import { type DemoServerKind, startDemoServers } from './servers.js';

const imagesDefault = 20_000;
const databases = { mysql: 'Stock', mongo: 'stock' } as const;

/** The project's folder: this file is in dist/stages/demo. */
const projectDir = resolve(import.meta.dirname, '..', '..', '..');

/** Steps of the demo, each the command that a person would type. */
const steps: readonly ((session: Session) => Promise<Exit | void>)[] = [
  checkCommand,
  planCommand,
  exportCommand,
  joinCommand,
  loadCommand,
  verifyCommand,
];

/** `make demo`: fills servers with the sample (its own ones where none is configured) and runs the whole job. */
export async function demoCommand(session: Session): Promise<Exit> {
  const sample = resolveSample({ images: positive(session.env, 'IMAGES', imagesDefault) });
  const known = await readPlan(session.layout);
  if (known && !known.sample) {
    throw usageError(
      'REAL_DATA',
      `${session.layout.root} holds a real migration`,
      'run the demo in another folder: make demo DATA_DIR=demo-data',
    );
  }
  const servers = await demoServers(session);
  try {
    const env = { ...session.env, ...servers.env, ...sizes(sample) };
    const changed = await fill(session, env, sample);
    await forgetOther(session, known, sample, changed);
    for (const step of steps) {
      const exit = await runStep({ ...session, env, closing: [] }, step);
      if (exit !== exits.done) return exit;
    }
  } finally {
    await servers.stop();
  }
  sayQueries(session);
  return exits.done;
}

/** Ranges and shards small enough that the sample shows several of each. */
function sizes(sample: Sample): { RANGE_ROWS: string; SHARD_ROWS: string } {
  const rangeRows = Math.min(100_000, Math.ceil(sample.images / 8));
  return { RANGE_ROWS: String(rangeRows), SHARD_ROWS: String(Math.min(1_000_000, rangeRows * 4)) };
}

async function runStep(session: Session, step: (session: Session) => Promise<Exit | void>): Promise<Exit> {
  try {
    return (await step(session)) ?? exits.done;
  } finally {
    for (const close of session.closing.reverse()) await Promise.resolve(close()).catch(() => undefined);
  }
}

interface DemoServers {
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

async function demoServers(session: Session): Promise<DemoServers> {
  const { env, report } = session;
  const which: DemoServerKind[] = [];
  if (!env.MYSQL_URL) which.push('mysql');
  // With a MySQL of one's own and no MongoDB, the demo shows the migration without it.
  if (!env.MONGO_URL && !env.MYSQL_URL) which.push('mongo');
  if (which.length < 2 && env.MYSQL_URL && !switchOf(session, 'DEMO_OVERWRITE')) {
    throw usageError(
      'DEMO_OVERWRITE',
      'MYSQL_URL is set: the demo would fill that server with its sample',
      'run `make demo DEMO_OVERWRITE=1` to do so, or unset MYSQL_URL and MONGO_URL for servers of its own',
    );
  }
  if (which.length === 0) return { env: {}, stop: async () => undefined };
  try {
    const servers = await startDemoServers({
      cacheDir: join(projectDir, '.cache'),
      dataDir: join(projectDir, '.cache', 'demo'),
      which,
      path: env.PATH ?? '',
      onLog: (line) => report({ event: 'note', text: line }),
      installEnv: installEnvironment(env),
    });
    const url = (text: string, database: string): string => {
      const parsed = new URL(text);
      parsed.pathname = `/${database}`;
      return parsed.href;
    };
    return {
      env: {
        ...(servers.mysqlUrl ? { MYSQL_URL: url(servers.mysqlUrl, databases.mysql) } : {}),
        ...(servers.mongoUrl ? { MONGO_URL: url(servers.mongoUrl, databases.mongo) } : {}),
      },
      stop: () => servers.stop(),
    };
  } catch (error) {
    throw new TransloadError(
      exits.unreachable,
      'DEMO_SERVERS',
      messageOf(error),
      'or name servers of your own: MYSQL_URL and MONGO_URL in .env',
      { cause: error },
    );
  }
}

/** Fills the servers; true where the sample was not there yet. */
async function fill(session: Session, env: Session['env'], sample: Sample): Promise<boolean> {
  const overwrite = switchOf(session, 'DEMO_OVERWRITE');
  const results: boolean[] = [];
  for (const [prefix, filler] of [
    ['MYSQL', fillMysql],
    ['MONGO', fillMongo],
  ] as const) {
    const config = serverConfig(env, prefix);
    if (config === undefined) continue;
    const url = new URL(config.url);
    url.username = encodeURIComponent(config.user ?? '');
    url.password = encodeURIComponent(config.password ?? '');
    const database =
      decodeURIComponent(config.url.pathname.slice(1)) || databases[prefix === 'MYSQL' ? 'mysql' : 'mongo'];
    session.report({
      event: 'note',
      text: `filling ${prefix === 'MYSQL' ? 'MySQL' : 'MongoDB'} with ${count(sample.images)} images`,
    });
    try {
      results.push(
        (await filler({ url: url.href, database, sample, overwrite: overwrite || !session.env[`${prefix}_URL`] }))
          .reused,
      );
    } catch (error) {
      throw usageError(
        'DEMO_FILL',
        messageOf(error),
        'the sample goes only into tables of its own: DEMO_OVERWRITE=1 replaces them',
      );
    }
  }
  return results.includes(false);
}

/** Another sample than the one exported before: its files and its table go, since they are made up anyway. */
async function forgetOther(session: Session, known: Plan | undefined, sample: Sample, changed: boolean): Promise<void> {
  const rows = known?.generations.reduce((sum, generation) => sum + generation.rows, 0) ?? 0;
  const isEstimated = known?.generations.some(({ estimated }) => estimated) ?? false;
  const differs = Math.abs(rows - sample.images);
  if (known === undefined || (!changed && differs <= (isEstimated ? sample.images / 5 : 0))) return;
  await rm(session.layout.root, { recursive: true, force: true });
  if (session.target !== 'embedded' || !existsSync(join(session.layout.dataDir, 'clickhouse'))) return;
  const part = { ...session, closing: [] };
  await runStep(part, async () => {
    const client = await openTarget(part);
    await client.command(`DROP TABLE IF EXISTS ${tableName(client.database, session.dataset.table.name)} SYNC`);
  });
}

function sayQueries({ report, dataset }: Session): void {
  const table = dataset.table.name;
  const queries = [
    `SELECT count(), uniqExact(image_id) FROM ${table}`,
    `SELECT site_name, count() FROM ${table} GROUP BY site_name ORDER BY 2 DESC LIMIT 5`,
    `SELECT image_id, caption FROM ${table} WHERE has_face AND detection_top_class_id = 67 LIMIT 5`,
    `SELECT count(), countIf(ethnicity_asian) FROM ${table} WHERE has(ethnicity_ids, 2)`,
  ];
  report({ event: 'text', text: 'The table is there. Some queries to try:' });
  for (const sql of queries) report({ event: 'text', text: `  make query SQL="${sql}"` });
}
