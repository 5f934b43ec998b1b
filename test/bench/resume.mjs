// What a rerun with nothing to do costs at the real size: 1,300 ranges of 13 keyed sources and 5 lookups (about 17,000
// manifest lines), 130 shards, all recorded as done; files are empty or of 8 bytes. Prints the median seconds of each
// command as a whole process. Usage: MYSQL_URL=mysql://… TARGET=box BOX_URL=http://… BOX_DATABASE=… RUNS=5
// node test/bench/resume.mjs (after a build; OTHER=…/dist/stages/main.js is measured in turn with it; it fills a database `resume_bench` and the target's table)
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createTableSql, oddTypes } from '../../dist/src/clickhouse/ddl.js';
import { findLiveTable } from '../../dist/src/clickhouse/live-table.js';
import { shardColumns } from '../../dist/src/dataset/declaration.js';
import { imagesAnalytical as dataset } from '../../dist/src/dataset/images-analytical/dataset.js';
import { exportFile, layoutOf, ledgerPath, planPath } from '../../dist/src/manifest/layout.js';
import { plannedRanges, readPlan } from '../../dist/src/manifest/plan-file.js';
import { joinHash, optionsInForce, planJoin } from '../../dist/src/pipeline/join-plan.js';
import { fillMysql } from '../../dist/stages/demo/sample/fill-mysql.js';
import { resolveSample } from '../../dist/stages/demo/sample/sample.js';

const runs = Number(process.env.RUNS ?? 5);
const [ranges, rangeRows] = [1300, 100_000];
// Rows of a shard at the target: what a load counts before it says that there is nothing to do.
const rowsOfShard = Number(process.env.SHARD_ROWS_THERE ?? 1000);
const dataDir = mkdtempSync(join(process.env.BENCH_DIR ?? '.', 'resume-bench-'));
const database = 'resume_bench';
const url = process.env.MYSQL_URL;
const env = { ...process.env, DATA_DIR: dataDir, MYSQL_URL: Object.assign(new URL(url), { pathname: database }).href };
const entry = join(import.meta.dirname, '..', '..', 'dist', 'stages', 'main.js');
const run = (command, build = entry) =>
  execFileSync(process.execPath, [build, command], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const lines = (values) => values.map((value) => `${JSON.stringify(value)}\n`).join('');
const write = (path, text) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
const hex = (number) => number.toString(16).padStart(64, '0');
const time = new Date().toISOString();
const common = { format: 1, run: 'bench', time, seconds: 1, oddities: {} };

try {
  await fillMysql({ url, database, sample: resolveSample({ images: 200 }), overwrite: true });
  run('plan');
  const layout = layoutOf(dataDir, dataset.name, dataset.key.digits);
  const made = JSON.parse(readFileSync(planPath(layout), 'utf8'));
  const bounds = Array.from({ length: ranges }, (_, index) => String(index * rangeRows + 1));
  const end = String(ranges * rangeRows + 1);
  Object.assign(made.generations[0], { bounds, end, rows: ranges * rangeRows });
  write(planPath(layout), JSON.stringify({ ...made, rangeRows, shardRows: rangeRows * 10 }, null, 2));
  const plan = await readPlan(layout);

  const exports = plan.sources.flatMap((source, place) => {
    const all = source.role === 'lookup' ? [undefined] : plannedRanges(plan).map(({ range }) => range);
    return all.map((range, index) => ({
      ...common,
      kind: 'export',
      file: exportFile(layout, source.name, range),
      source: source.name,
      first: range === undefined ? null : String(range.from),
      last: range === undefined ? null : String(range.to - 1n),
      ...{ rows: rangeRows, bytes: 1_000_000, sha256: hex(place * 10_000 + index), hash: source.hash, snapshot: time },
      ...{ least: range === undefined ? null : String(range.from), greatest: null },
    }));
  });
  for (const { file } of exports) write(join(layout.root, file), '');
  write(join(layout.root, 'export', 'manifest.bench.jsonl'), lines(exports));

  const options = optionsInForce(dataset, plan, {});
  const entries = new Map(exports.map((one) => [one.file, one]));
  const { shards } = planJoin({ layout, dataset }, plan, entries, new Map(), new Set(), options);
  const facts = { nulls: 0, min: '1', max: '100000', hash: '1234567890123456789', nullHash: '0' };
  const columns = shardColumns(dataset).map(({ name }) => ({ name, ...facts }));
  const shardLines = shards.map(({ shard, file, inputs, inputsHash }, index) => ({
    ...common,
    kind: 'shard',
    ...{ file, first: String(shard.range.from), last: String(shard.range.to - 1n), rows: rowsOfShard, bytes: 8 },
    ...{ sha256: hex(index), least: String(shard.range.from), greatest: String(shard.range.to - 1n) },
    ...{ hash: joinHash(dataset, options), driving: rowsOfShard, inputs: inputsHash, columns },
    sources: plan.sources.map(({ name }) => {
      const members = inputs.filter(({ source }) => source === name);
      return { source: name, rows: 1, files: members.map(({ sha256 }) => sha256) };
    }),
    rejects: { rows: 0, values: 0, file: null, sha256: '', columns: {} },
  }));
  for (const { file } of shardLines) write(join(layout.shards, file), '8 bytes\n');
  write(join(layout.shards, 'manifest.bench.jsonl'), lines(shardLines));
  run('join');

  const target = process.env.TARGET;
  const prefix = target.toUpperCase();
  const { openHttp } = await import('../../dist/src/clickhouse/http.js');
  const { targetConfig } = await import('../../dist/stages/config.js');
  const client = openHttp(targetConfig(process.env, target));
  const { name } = dataset.table;
  const at = `\`${client.database}\`.\`${process.env[`${prefix}_TABLE`] ?? name}\``;
  await client.command(`CREATE DATABASE IF NOT EXISTS \`${client.database}\``);
  await client.command(`DROP TABLE IF EXISTS ${at}`);
  await client.command(createTableSql(dataset, client.database, name), oddTypes);
  const version = Math.floor(Date.now() / 1000);
  const key = `1 + intDiv(number, ${rowsOfShard}) * ${rangeRows * 10} + number % ${rowsOfShard}`;
  await client.command(
    `INSERT INTO ${at} (image_id, updated_at) SELECT ${key}, toDateTime(${version}, 'UTC') FROM numbers(${rowsOfShard * shards.length})`,
  );
  const { uuid } = await findLiveTable(client, client.database, name);
  await client.close();
  const ledger = { format: 1, run: 'bench', time, version, database: client.database, table: name, uuid };
  const none = { shard: '', sha256: '', rows: 0 };
  write(
    ledgerPath(layout, target),
    lines([
      { ...ledger, ...none, kind: 'run' },
      ...shardLines.map(({ file, sha256, rows }) => ({ ...ledger, kind: 'inserted', shard: file, sha256, rows })),
      { ...ledger, ...none, kind: 'end' },
    ]),
  );

  console.log(`${exports.length} export lines, ${shardLines.length} shards, median of ${runs}`);
  const builds = [entry, ...(process.env.OTHER ? [process.env.OTHER] : [])];
  for (const command of ['status', 'export', 'join', 'load']) {
    const seconds = builds.map(() => []);
    for (let count = 0; count <= runs; count++) {
      for (const [place, build] of builds.entries()) {
        const begin = performance.now();
        const said = run(command, build);
        const took = (performance.now() - begin) / 1000;
        if (command !== 'status' && !said.includes('nothing to do')) throw new Error(`${command} did:\n${said}`);
        // The first one warms the caches up.
        if (count > 0) seconds[place].push(took);
      }
    }
    for (const [place, all] of seconds.entries()) {
      all.sort((a, b) => a - b);
      const text = all.map((one) => one.toFixed(2)).join(', ');
      console.log(`${command.padEnd(8)}${all[runs >> 1].toFixed(2)} s (${text})${place > 0 ? ' the other build' : ''}`);
    }
  }
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
