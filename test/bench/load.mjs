// What a load costs and what it depends on: the first shard of a data folder into a fresh ClickHouse 26.7 beside this
// process, RUNS times each in turn. ONLY= names some of the contests at the end of this file. `cpu` is the server's own count
// of the insert's CPU seconds, which other work on the machine moves less than `wall`; merges are held off.
// Usage: DATA_DIR=data RUNS=3 ONLY=partitioned,sort node test/bench/load.mjs (after npx tsc -p tsconfig.bench.json)
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { quoteText } from '../../dist/src/clickhouse/client.js';
import { countRanges } from '../../dist/src/clickhouse/counts.js';
import { createTableSql } from '../../dist/src/clickhouse/ddl.js';
import { openHttp } from '../../dist/src/clickhouse/http.js';
import { fileStructure, insertedColumns, insertHead, insertSettings } from '../../dist/src/clickhouse/insert.js';
import { findLiveTable } from '../../dist/src/clickhouse/live-table.js';
import { shardColumns } from '../../dist/src/dataset/declaration.js';
import { datasetFromJson } from '../../dist/src/dataset/read-dataset.js';
import { sha256OfFile } from '../../dist/src/manifest/atomic-file.js';
import { datasetPath, inShards, layoutOf } from '../../dist/src/manifest/layout.js';
import { readShards } from '../../dist/src/manifest/manifest.js';
import { checkFooter } from '../../dist/src/parquet/footer.js';
import { shardRange } from '../../dist/src/pipeline/load-plan.js';
import { openEngine } from '../../dist/src/sql/engine.js';
import { startTarget } from '../../dist/test/bench/bench-servers.js';
import { measure, run } from '../../dist/test/bench/measure.js';
import { slowWay } from './slow-way.mjs';

const { DATA_DIR = 'data', DATASET = 'images_analytical', RUNS = '3', ONLY, LEVELS = '1,3,9' } = process.env;
const root = join(import.meta.dirname, '..', '..');
const layout = layoutOf(resolve(DATA_DIR), DATASET, 10);
const dataset = datasetFromJson(readFileSync(datasetPath(layout), 'utf8'), datasetPath(layout));
const [shard] = [...(await readShards(layout)).values()];
const shardFile = inShards(layout, shard.file);
const scratch = mkdtempSync(join(resolve(DATA_DIR), 'load-bench-'));
const place = { cacheDir: join(root, '.cache'), path: process.env.PATH, installEnv: {} };
const target = await startTarget(place, join(scratch, 'server'));
const { client, ask, database, server } = target;
const partitioned = { name: 'partitioned', table: dataset.table };
const plain = { name: 'plain', table: { ...dataset.table, partitionBy: '' } };
const levels = LEVELS.split(',').map(Number);
const version = 1_700_000_000;
let tables = 0;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const figures = (values, digits = 2) =>
  `${median(values).toFixed(digits)} (${values.map((value) => value.toFixed(digits)).join(', ')})`;

/** Runs each of the contestants RUNS times in turn and prints the medians of what it measured, and the single values. */
async function inTurn(title, contestants) {
  console.log(`\n${title}`);
  const results = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(RUNS); round++) {
    for (const { name, work } of contestants) results.get(name).push(await work());
  }
  for (const [name, measured] of results) {
    const columns = Object.keys(measured[0]).map((what) => `${what} ${figures(measured.map((one) => one[what]))}`);
    console.log(`  ${name}: ${columns.join(' · ')}`);
  }
  return results;
}

/** A new table each time: one dropped just before slows a load down. */
async function freshTable({ table }) {
  const name = `t${++tables}`;
  await ask(createTableSql({ ...dataset, table }, database, name));
  await ask(`SYSTEM STOP MERGES ${database}.${name}`);
  return findLiveTable(client, database, name);
}

const insertOf = (live, file, settings) => ({
  head: insertHead(dataset, live, version),
  structure: fileStructure(dataset, insertedColumns(dataset, live)),
  where: '',
  file,
  settings,
  queryId: `bench-${live.table}`,
  onBytes: () => {},
});

/** One insert over HTTP, as `load` does it: seconds, and what the server counted for it. */
async function insert(kind, file, settings = insertSettings, through = client) {
  const live = await freshTable(kind);
  const begin = performance.now();
  await through.insertFile(insertOf(live, file, settings));
  const wall = (performance.now() - begin) / 1000;
  return { wall, ...(await counted(live)) };
}

/** The query is logged after its reply, so the log is looked at until it is there. */
async function counted({ table }) {
  const sql = `SELECT (ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']) / 1e6,
    memory_usage / 1048576, ProfileEvents['MergeTreeDataWriterBlocksAlreadySorted'], (SELECT count() FROM system.parts WHERE active AND table = '${table}')
    FROM system.query_log WHERE query_id = 'bench-${table}' AND type = 'QueryFinish' FORMAT TSV`;
  for (let answer = ''; ; answer = await ask(sql)) {
    const [cpu, memoryMb, sortedBlocks, parts] = answer.split('\t').map(Number);
    if (parts !== undefined) return { cpu, memoryMb, sortedBlocks, parts };
    await ask('SYSTEM FLUSH LOGS query_log');
  }
}

const { max_insert_block_size, min_insert_block_size_rows, min_insert_block_size_bytes, ...blocks } = insertSettings;
const variants = [
  ['one block', insertSettings],
  ['one block, optimize_on_insert=1', { ...insertSettings, optimize_on_insert: 1 }],
  ['default blocks', blocks],
  ['default blocks, optimize_on_insert=1', { ...blocks, optimize_on_insert: 1 }],
];

async function compareSettings(kind) {
  const contestants = variants.map(([name, settings]) => ({ name, work: () => insert(kind, shardFile, settings) }));
  await inTurn(`insert of ${shard.rows} rows by settings, ${kind.name}`, contestants);
}

async function compareStage() {
  const { url, user, password } = server;
  // A data folder of its own round the same shards: its ledger goes with it.
  const folder = join(scratch, 'data');
  mkdirSync(join(folder, dataset.name), { recursive: true });
  symlinkSync(layout.shards, join(folder, dataset.name, 'shards'));
  const names = { client: 0, mysql: process.pid, clickhouse: server.pid };
  const party = async (work) => {
    const { seconds, cpu, peak } = await measure(names, work);
    const [clientMb, serverMb] = [peak.client / 2 ** 20, peak.clickhouse / 2 ** 20];
    return { wall: seconds, clientCpu: cpu.client, serverCpu: cpu.clickhouse, clientMb, serverMb };
  };
  const load = async (table = `t${++tables}`) => {
    const box = { BOX_URL: url, BOX_USER: user, BOX_PASSWORD: password, BOX_DATABASE: database, BOX_TABLE: table };
    const env = { PATH: place.path, DATA_DIR: folder, TARGET: 'box', CREATE: '1', ...box };
    const args = [join(root, 'dist', 'stages', 'main.js'), 'load'];
    return party((watch) => run({ command: process.execPath, args, env, cwd: scratch }, watch).then(() => {}));
  };
  const fromFile = async () => {
    const live = await freshTable(partitioned);
    await ask(`SYSTEM START MERGES ${database}.${live.table}`);
    const { head, structure } = insertOf(live, shardFile, insertSettings);
    const sql = `${head} file(${quoteText(shardFile)}, 'Parquet', ${quoteText(structure)})`;
    return party(() => ask(sql, insertSettings));
  };
  const nothingToDo = () => load(`t${tables}`);
  const turns = [load, nothingToDo, fromFile].map((work) => ({ name: work.name, work: () => work() }));
  const results = await inTurn('load, the whole process, against INSERT … FROM file() in the server', turns);
  const [own, , peer] = [...results.values()].map((measured) => median(measured.map(({ wall }) => wall)));
  console.log(`  ratio ${(own / peer).toFixed(2)}`);
  await profile();
}

/** Where the client's time goes beside the insert. */
async function profile() {
  const live = await freshTable(partitioned);
  const timed = (work) => async () => {
    const [begin, used] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(used);
    return { wall: (performance.now() - begin) / 1000, cpu: (user + system) / 1e6 };
  };
  const names = shardColumns(dataset).map(({ name }) => name);
  await client.insertFile(insertOf(live, shardFile, insertSettings));
  const { key, table } = dataset;
  await inTurn('parts of a load', [
    { name: 'sha256 of the shard', work: timed(() => sha256OfFile(shardFile)) },
    { name: 'footer', work: timed(() => checkFooter(shardFile, names, shard.rows)) },
    { name: 'one count', work: timed(() => countRanges(client, live, key.name, table.version, [shardRange(shard)])) },
  ]);
}

/** Writes a copy of the shard; CPU seconds of reading and writing it. */
async function rewrite(engine, path, { level = 3, order = dataset.key.name, rows = shard.rows }) {
  const [begin, used] = [performance.now(), process.cpuUsage()];
  const format = `(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL ${level}, ROW_GROUP_SIZE 122880)`;
  const from = `(SELECT * FROM read_parquet(${quoteText(shardFile)}) LIMIT ${rows})`;
  await engine.run(`COPY (SELECT * FROM ${from} ORDER BY ${order}) TO ${quoteText(path)} ${format}`);
  const { user, system } = process.cpuUsage(used);
  const wall = (performance.now() - begin) / 1000;
  return { wall, cpu: (user + system) / 1e6, megabytes: statSync(path).size / 1e6 };
}

async function withEngine(work) {
  const spillDir = join(scratch, 'spill');
  mkdirSync(spillDir, { recursive: true });
  const engine = await openEngine({ memoryMb: 2048, threads: 2, spillDir });
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}

const levelFile = (level, rows) => join(scratch, `level-${level}-${rows}.parquet`);

async function compareLevels() {
  const contestants = (engine) =>
    levels.map((level) => ({
      name: `level ${level}`,
      work: () => rewrite(engine, levelFile(level, shard.rows), { level }),
    }));
  const title = `the shard's ${shard.rows} rows read and written again, by ZSTD level`;
  await withEngine((engine) => inTurn(title, contestants(engine)));
}

async function compareNetwork(megabits, rows) {
  await withEngine(async (engine) => {
    for (const level of levels) await rewrite(engine, levelFile(level, rows), { level, rows });
  });
  const way = await slowWay(server.url, (megabits * 1e6) / 8);
  const { user, password } = server;
  const url = new URL(way.url);
  const slow = openHttp({ name: 'slow', database, url, text: way.url, user, password, ca: undefined, timeoutMs: 6e5 });
  const contestants = levels.map((level) => ({
    name: `level ${level} (${(statSync(levelFile(level, rows)).size / 1e6).toFixed(2)} MB)`,
    work: () => insert(partitioned, levelFile(level, rows), insertSettings, slow),
  }));
  await inTurn(`insert of ${rows} rows over ${megabits} Mbit/s`, contestants);
  await slow.close();
  way.close();
}

/** What the target's order is to the server: unknown is 0 there, and NULL here. */
const targetOrder = dataset.table.orderBy
  .map((name) => (name === 'upload_date' ? `coalesce(${name}, DATE '1970-01-01')` : `coalesce(${name}::BIGINT, 0)`))
  .join(', ');

async function compareSort() {
  const [byKey, sorted] = ['by-key', 'sorted'].map((name) => join(scratch, `${name}.parquet`));
  await withEngine((engine) =>
    inTurn('the shard read, sorted and written again', [
      { name: 'by key', work: () => rewrite(engine, byKey, {}) },
      { name: 'as the target sorts', work: () => rewrite(engine, sorted, { order: targetOrder }) },
    ]),
  );
  for (const kind of [partitioned, plain]) {
    await inTurn(`insert of it, ${kind.name}`, [
      { name: 'by key', work: () => insert(kind, byKey) },
      { name: 'as the target sorts', work: () => insert(kind, sorted) },
    ]);
  }
}

const all = {
  partitioned: () => compareSettings(partitioned),
  plain: () => compareSettings(plain),
  stage: compareStage,
  levels: compareLevels,
  network10: () => compareNetwork(10, Math.ceil(shard.rows / 10)),
  network100: () => compareNetwork(100, shard.rows),
  sort: compareSort,
};
try {
  for (const name of ONLY?.split(',') ?? Object.keys(all)) await all[name]();
} finally {
  await target.stop();
  rmSync(scratch, { recursive: true, force: true });
}
