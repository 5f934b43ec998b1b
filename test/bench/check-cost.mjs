// What the checks of the join cost: the join of the shards of a data folder as it is, and the same statement without its
// checks and without setting the rejects aside, in turn. Prints seconds and the ratio. Usage: DATA_DIR=data RUNS=5 node test/bench/check-cost.mjs (after a build)
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { imagesAnalytical } from '../../dist/src/dataset/images-analytical/dataset.js';
import { layoutOf } from '../../dist/src/manifest/layout.js';
import { readExports } from '../../dist/src/manifest/manifest.js';
import { openEngine } from '../../dist/src/sql/engine.js';
import { buildJoin } from '../../dist/src/sql/join-query.js';
import { valueTypes } from '../../dist/src/sql/value-types.js';

const dataDir = process.env.DATA_DIR ?? 'data';
const runs = Number(process.env.RUNS ?? 5);
const layout = layoutOf(dataDir, imagesAnalytical.name, imagesAnalytical.key.digits);
const files = new Map();
for (const { source, file, rows } of (await readExports(layout)).values()) {
  if (rows > 0) files.set(source, [...(files.get(source) ?? []), join(layout.root, file)]);
}
const scratch = join(dataDir, 'check-cost.tmp');
mkdirSync(scratch, { recursive: true });
const engine = await openEngine({ memoryMb: 4096, threads: 2, spillDir: scratch });
const options = { hands: 'either' };
const types = await valueTypes(engine, imagesAnalytical, options);
const { copy, copyRejects } = buildJoin(
  imagesAnalytical,
  files,
  options,
  types,
  join(scratch, 'a.parquet'),
  join(scratch, 'b.parquet'),
);
const unchecked = copy.replace(/ WHERE NOT coalesce\([\s\S]*?, false\) ORDER BY/, ' ORDER BY');
if (unchecked === copy) throw new Error('the checks were not found in the statement');
const seconds = { checked: [], unchecked: [] };
const cpu = { checked: [], unchecked: [] };
for (let run = 0; run <= runs; run++) {
  for (const [name, statements] of [
    ['checked', [copy, copyRejects]],
    ['unchecked', [unchecked]],
  ]) {
    const begin = performance.now();
    const used = process.cpuUsage();
    for (const sql of statements) await engine.run(sql);
    const { user, system } = process.cpuUsage(used);
    // The first one warms the caches up.
    if (run === 0) continue;
    seconds[name].push((performance.now() - begin) / 1000);
    cpu[name].push((user + system) / 1e6);
  }
}
engine.close();
rmSync(scratch, { recursive: true });
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const text = (values) => `${median(values).toFixed(2)} s (${values.map((value) => value.toFixed(2)).join(', ')})`;
for (const [what, of] of [
  ['wall', seconds],
  ['CPU', cpu],
]) {
  console.log(`${what}: with checks ${text(of.checked)}`);
  console.log(`${what}: without     ${text(of.unchecked)}`);
  console.log(`${what}: ratio       ${(median(of.checked) / median(of.unchecked)).toFixed(3)}`);
}
