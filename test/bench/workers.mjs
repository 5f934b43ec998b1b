// How many inserts in flight pay: all shards of a data folder into a fresh table of a ClickHouse 26.7 beside this process, with
// each of WORKERS in turn, RUNS times; `make load` as people run it. CPU_PROF=folder writes a profile of every load there.
// Usage: DATA_DIR=data WORKERS=1,2,4 RUNS=3 node test/bench/workers.mjs (after npx tsc -p tsconfig.bench.json)
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startTarget } from '../../dist/test/bench/bench-servers.js';
import { measure, run } from '../../dist/test/bench/measure.js';

const { DATA_DIR = 'data', WORKERS = '1,2,4', RUNS = '3', CPU_PROF } = process.env;
const root = join(import.meta.dirname, '..', '..');
const dataDir = resolve(DATA_DIR);
const scratch = mkdtempSync(join(dataDir, 'workers-bench-'));
const target = await startTarget(
  { cacheDir: join(root, '.cache'), path: process.env.PATH, installEnv: {} },
  join(scratch, 'server'),
);
const { url, user, password } = target.server;
const results = new Map(WORKERS.split(',').map((workers) => [workers, []]));
try {
  for (let round = 1; round <= Number(RUNS); round++) {
    for (const [workers, measured] of results) {
      const table = `w${workers}_${round}`;
      const env = {
        ...{ PATH: process.env.PATH, DATA_DIR: dataDir, TARGET: 'box', BOX_URL: url, BOX_USER: user },
        ...{ BOX_PASSWORD: password, BOX_DATABASE: target.database, BOX_TABLE: table, CREATE: '1', WORKERS: workers },
      };
      const profile = CPU_PROF === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${resolve(CPU_PROF)}`];
      const args = [...profile, join(root, 'dist', 'stages', 'main.js'), 'load'];
      const one = await measure({ mysql: target.server.pid, clickhouse: target.server.pid }, (watch) =>
        run({ command: process.execPath, args, env, cwd: scratch }, watch),
      );
      measured.push(one);
      const { seconds, cpu, peak } = one;
      console.log(
        `workers ${workers}: ${seconds.toFixed(2)} s, CPU ${cpu.client.toFixed(1)} + ${cpu.clickhouse.toFixed(1)} s, ` +
          `peak ${Math.round(peak.client / 1e6)} + ${Math.round(peak.clickhouse / 1e6)} MB`,
      );
    }
  }
} finally {
  await target.stop();
  rmSync(scratch, { recursive: true, force: true });
}
for (const [workers, measured] of results) {
  const seconds = measured.map((one) => one.seconds).toSorted((a, b) => a - b);
  console.log(
    `WORKERS=${workers}: median ${seconds[Math.floor(seconds.length / 2)].toFixed(2)} s of ${seconds.length}`,
  );
}
