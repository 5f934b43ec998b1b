// The statement of the join stage typed into the joining engine by itself: no hashes, no manifest, no look at the file
// that was written. Arguments: the data folder, MB of memory, threads, and `checked` or `unchecked`.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import { layoutOf } from '../../src/manifest/layout.js';
import { readExports } from '../../src/manifest/manifest.js';
import { readPlan } from '../../src/manifest/plan-file.js';
import { optionsInForce, planJoin } from '../../src/pipeline/join-plan.js';
import { filesBySource } from '../../src/pipeline/join-shard.js';
import { openEngine } from '../../src/sql/engine.js';
import { buildJoin } from '../../src/sql/join-query.js';
import { surveyFiles } from '../../src/sql/survey.js';
import { valueTypes } from '../../src/sql/value-types.js';

const [dataDir = '', memoryMb, threads, checks] = process.argv.slice(2);
const dataset = imagesAnalytical;
const layout = layoutOf(dataDir, dataset.name, dataset.key.digits);
const plan = await readPlan(layout);
if (plan === undefined) throw new Error(`nothing is exported in ${dataDir}`);
const options = optionsInForce(dataset, plan, {});
const context = { layout, dataset, range: undefined, part: undefined, again: true };
const exports = await readExports(layout);
const { shards } = planJoin(context, plan, exports, new Map(), new Set(), options);
const out = join(dataDir, 'bare');
mkdirSync(join(out, 'spill'), { recursive: true });
const engine = await openEngine({ memoryMb: Number(memoryMb), threads: Number(threads), spillDir: join(out, 'spill') });
const types = await valueTypes(engine, dataset, options);
const isChecked = checks !== 'unchecked';
for (const shard of shards) {
  const files = filesBySource(layout, shard);
  // Without checks: nothing is looked at beforehand, and that every key is there once is taken for granted.
  const survey = isChecked
    ? await surveyFiles(engine, dataset, files, options, types)
    : { unique: new Set(dataset.sources.map(({ name }) => name)), fitting: new Set<string>() };
  const file = join(out, shard.file);
  const { copy } = buildJoin(dataset, files, options, types, file, join(out, `rejects-${shard.file}`), survey);
  const unchecked = copy.replace(/ WHERE NOT coalesce\([\s\S]*?, false\) ORDER BY/, ' ORDER BY');
  if (unchecked === copy) throw new Error('the checks were not found in the statement');
  await engine.run(isChecked ? copy : unchecked);
}
engine.close();
