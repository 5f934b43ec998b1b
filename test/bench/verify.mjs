// What verify costs against the load: the shards of a data folder into a fresh ClickHouse 26.7 beside this process, then
// verify, then verify with DEEP=1, RUNS times in turn, without the source. Whole processes; CPU is what counts where other
// work runs on the machine. `statement` is what the server says of the one scan for the certificates.
// Usage: DATA_DIR=data RUNS=3 node test/bench/verify.mjs (after npx tsc -p tsconfig.bench.json)
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { layoutOf } from '../../dist/src/manifest/layout.js';
import { startTarget } from '../../dist/test/bench/bench-servers.js';
import { measure, run } from '../../dist/test/bench/measure.js';

const { DATA_DIR = 'data', DATASET = 'images_analytical', RUNS = '3' } = process.env;
const root = join(import.meta.dirname, '..', '..');
const layout = layoutOf(resolve(DATA_DIR), DATASET, 10);
const scratch = mkdtempSync(join(resolve(DATA_DIR), 'verify-bench-'));
const place = { cacheDir: join(root, '.cache'), path: process.env.PATH, installEnv: {} };
const { server, database, ask, stop } = await startTarget(place, join(scratch, 'server'));
const results = new Map();

async function command(name, table, ...args) {
  const { url, user, password } = server;
  const folder = join(scratch, table);
  mkdirSync(join(folder, DATASET), { recursive: true });
  if (name === 'load') symlinkSync(layout.shards, join(folder, DATASET, 'shards'));
  const box = { BOX_URL: url, BOX_USER: user, BOX_PASSWORD: password, BOX_DATABASE: database, BOX_TABLE: table };
  const env = { PATH: place.path, DATA_DIR: folder, TARGET: 'box', CREATE: '1', ...box };
  const call = [join(root, 'dist', 'stages', 'main.js'), name, ...args];
  const pids = { mysql: process.pid, clickhouse: server.pid };
  const program = { command: process.execPath, args: call, env, cwd: scratch };
  const { seconds, cpu, peak } = await measure(pids, (watch) => run(program, watch).then(() => {}));
  const mb = { clientMb: peak.client / 2 ** 20, serverMb: peak.clickhouse / 2 ** 20 };
  return { wall: seconds, clientCpu: cpu.client, serverCpu: cpu.clickhouse, ...mb };
}

/** The last statement of verify for the certificates, by the server's own log. */
async function statement(table) {
  await ask('SYSTEM FLUSH LOGS query_log');
  const cpu = "ProfileEvents['UserTimeMicroseconds'] + ProfileEvents['SystemTimeMicroseconds']";
  const sql = `SELECT query_duration_ms / 1000, (${cpu}) / 1e6, memory_usage / 1048576 FROM system.query_log
    WHERE type = 'QueryFinish' AND startsWith(query, 'SELECT g, count()') AND has(tables, '${database}.${table}') ORDER BY event_time DESC LIMIT 1`;
  const [wall, serverCpu, serverMb] = (await ask(sql)).split('\t').map(Number);
  return { wall, serverCpu, serverMb };
}

for (let round = 0; round < Number(RUNS); round++) {
  const table = `t${round}`;
  for (const [name, work] of [
    ['load', () => command('load', table)],
    ['verify', () => command('verify', table)],
    ['statement', () => statement(table)],
    ['verify DEEP=1', () => command('verify', table, '--deep')],
  ]) {
    results.set(name, [...(results.get(name) ?? []), await work()]);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
for (const [name, measured] of results) {
  const columns = Object.keys(measured[0]).map((what) => {
    const values = measured.map((one) => one[what]);
    return `${what} ${median(values).toFixed(2)} (${values.map((value) => value.toFixed(2)).join(', ')})`;
  });
  console.log(`${name}: ${columns.join(' · ')}`);
}
const of = (name, what) => median(results.get(name).map(what));
const cpu = ({ clientCpu, serverCpu }) => clientCpu + serverCpu;
for (const name of ['verify', 'verify DEEP=1']) {
  const ratios = [(one) => one.wall, cpu].map((what) => (of(name, what) / of('load', what)).toFixed(2));
  console.log(`${name} / load: ${ratios[0]} by the clock, ${ratios[1]} by CPU seconds`);
}
await stop();
rmSync(scratch, { recursive: true, force: true });
