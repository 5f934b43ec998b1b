import type { ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { quoteText } from '../../src/clickhouse/client.js';
import { createTableSql } from '../../src/clickhouse/ddl.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../../src/clickhouse/insert.js';
import { findLiveTable } from '../../src/clickhouse/live-table.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { datasetFromJson } from '../../src/dataset/read-dataset.js';
import { datasetPath, inShards, layoutOf } from '../../src/manifest/layout.js';
import { readShards } from '../../src/manifest/manifest.js';
import type { MysqlServer } from '../../stages/demo/mysql-server.js';
import type { Place, Target } from './bench-servers.js';
import { run } from './measure.js';
import type { OldJob } from './old-way.js';
import { oneShotSettings, oneShotSql, type PeerSource, pullSettings, pullSql } from './peer-sql.js';
import { bigTables } from './source-sql.js';

/** All that a run is made with. */
export interface Bench {
  readonly place: Place;
  readonly source: MysqlServer;
  readonly peer: PeerSource;
  readonly target: Target;
  readonly dump: string;
  readonly images: number;
}

/** One turn of all contestants: a folder of its own, and tables of its own by their makers. */
export interface Round {
  readonly number: number;
  readonly folder: string;
  readonly dataDir: string;
}

type Watch = (child: ChildProcess) => void;

export interface Contestant {
  readonly name: string;
  readonly what: string;
  /** Whose files it works on. */
  readonly needs: readonly string[];
  /** What is not measured. */
  prepare?(bench: Bench, round: Round): Promise<void>;
  run(bench: Bench, round: Round, watch: Watch): Promise<void>;
}

const exportWorkers = '2';
/** What `make join` has where nothing else is said (stages/session.ts). */
const joinMemoryMb = '896';
const oldImagesMax = 100_000;
/** The version that the rows of the peers get, in seconds since 1970. */
const version = 1_700_000_000;
const here = import.meta.dirname;

/** The table that a contestant fills in a round. A new name each time: a table dropped just before slows a load down. */
export const tableOf = (name: string, round: Round): string => `${name.replaceAll('-', '_')}_${round.number}`;

/** Images of the old script's share. */
export const oldImages = (images: number): number => Math.min(images, oldImagesMax);

function command({ place, source, peer, target }: Bench, round: Round, name: string, watch: Watch): Promise<string> {
  const { url, user, password } = target.server;
  const env = {
    PATH: place.path,
    MYSQL_URL: `${source.url}${peer.database}`,
    DATA_DIR: round.dataDir,
    TARGET: 'box',
    BOX_URL: url,
    BOX_USER: user,
    BOX_PASSWORD: password,
    BOX_DATABASE: target.database,
    BOX_TABLE: tableOf('load', round),
    CREATE: '1',
    ...(name === 'export' ? { WORKERS: exportWorkers } : {}),
  };
  // Not in the project's folder: its .env is not read.
  const main = join(here, '..', '..', 'stages', 'main.js');
  return run({ command: process.execPath, args: [main, name], env, cwd: round.folder }, watch);
}

const stage = (name: string, what: string, needs: readonly string[]): Contestant => ({
  name,
  what: `transload ${what}`,
  needs,
  run: async (bench, round, watch) => {
    await command(bench, round, name, watch);
  },
});

const again = (name: string): Contestant => ({
  name: name === 'status' ? name : `${name}-again`,
  what: `transload ${name}${name === 'status' ? '' : ' with nothing to do'}`,
  needs: ['load'],
  run: async (bench, round, watch) => {
    await command(bench, round, name, watch);
  },
});

const createTable =
  (name: string) =>
  async ({ target }: Bench, round: Round): Promise<void> => {
    await target.ask(createTableSql(imagesAnalytical, target.database, tableOf(name, round)));
  };

function pull(name: string, what: string, columns: 'all' | 'exported', atOnce: number): Contestant {
  return {
    name,
    what,
    needs: [],
    prepare: async (_, round) => {
      mkdirSync(join(round.folder, name), { recursive: true });
    },
    run: async ({ peer, target }, round) => {
      // The longest one first, so that it does not run alone at the end.
      const waiting: string[] = ['ImagesKeywords', ...bigTables.filter((table) => table !== 'ImagesKeywords')];
      const worker = async (): Promise<void> => {
        for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
          const file = join(round.folder, name, `${table}.parquet`);
          await target.ask(pullSql(peer, table, file, columns), pullSettings);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
    },
  };
}

const mysqldump: Contestant = {
  name: 'mysqldump',
  what: 'mysqldump --quick --single-transaction of the 13 tables to /dev/null',
  needs: [],
  run: async ({ dump, peer, place }, _, watch) => {
    const where = ['--no-defaults', '--host=127.0.0.1', `--port=${peer.port}`, `--user=${peer.user}`];
    const args = [...where, '--quick', '--single-transaction', '--skip-lock-tables', peer.database, ...bigTables];
    const env = { PATH: place.path, MYSQL_PWD: peer.password };
    await run({ command: dump, args, env, toNull: true }, watch);
  },
};

const bareJoin = (name: string, checks: 'checked' | 'unchecked', what: string): Contestant => ({
  name,
  what,
  needs: ['export'],
  run: async ({ place }, { dataDir }, watch) => {
    const args = [join(here, 'bare-join.js'), dataDir, joinMemoryMb, String(availableParallelism()), checks];
    await run({ command: process.execPath, args, env: { PATH: place.path } }, watch);
  },
});

const fileInsert: Contestant = {
  name: 'file-insert',
  what: 'INSERT … SELECT … FROM file() of the same shards inside the server',
  needs: ['join'],
  prepare: createTable('file-insert'),
  run: async ({ target }, round) => {
    const layout = layoutOf(round.dataDir, imagesAnalytical.name, imagesAnalytical.key.digits);
    const path = datasetPath(layout);
    const dataset = datasetFromJson(readFileSync(path, 'utf8'), path);
    const live = await findLiveTable(target.client, target.database, tableOf('file-insert', round));
    if (live === undefined) throw new Error('the table is missing');
    const structure = quoteText(fileStructure(dataset, insertedColumns(dataset, live)));
    for (const { file } of (await readShards(layout)).values()) {
      const from = `file(${quoteText(inShards(layout, file))}, 'Parquet', ${structure})`;
      await target.ask(`${insertHead(dataset, live, version)} ${from}`, insertSettings);
    }
  },
};

const oneShot: Contestant = {
  name: 'one-shot',
  what: 'ClickHouse, one INSERT … SELECT with every join over mysql() into the partitioned table',
  needs: [],
  prepare: createTable('one-shot'),
  run: async ({ target, peer }, round) => {
    await target.ask(oneShotSql(peer, target.database, tableOf('one-shot', round), version), oneShotSettings);
  },
};

const oldWay: Contestant = {
  name: 'old-way',
  what: 'the old script, on the first 100,000 images',
  needs: [],
  prepare: createTable('old-way'),
  run: async ({ place, source, peer, target, images }, round, watch) => {
    const { url, user, password } = target.server;
    const table = `${target.database}.${tableOf('old-way', round)}`;
    const clickhouse = { url, user, password };
    const job: OldJob = { mysqlUrl: `${source.url}${peer.database}`, clickhouse, table, images: oldImages(images) };
    const env = { PATH: place.path, JOB: JSON.stringify(job) };
    await run({ command: process.execPath, args: [join(here, 'old-way.js')], env }, watch);
  },
};

/** All contestants in the order of a round; whoever needs another's files comes after it. */
export const contestants: readonly Contestant[] = [
  stage('export', `export, WORKERS=${exportWorkers}`, []),
  pull('pull', 'ClickHouse pulling each table to ZSTD Parquet by mysql(), SELECT *, one after the other', 'all', 1),
  pull('pull-best', 'the same, only the columns that transload exports, three tables at once', 'exported', 3),
  mysqldump,
  stage('join', 'join', ['export']),
  bareJoin('bare-join', 'checked', "the join's SQL in DuckDB by itself"),
  bareJoin('bare-join-unchecked', 'unchecked', 'the same without the checks'),
  stage('load', 'load', ['join']),
  fileInsert,
  oneShot,
  again('export'),
  again('join'),
  again('load'),
  again('status'),
  oldWay,
];
