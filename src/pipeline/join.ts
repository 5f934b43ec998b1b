import { readdir } from 'node:fs/promises';
import { exits, TransloadError } from '../core/errors.js';
import { overlaps, showRange } from '../core/ranges.js';
import type { Dataset, JoinedDataset } from '../dataset/declaration.js';
import { datasetFromJson } from '../dataset/read-dataset.js';
import { makeFolder, replaceFile, sizeOf, temporary } from '../manifest/atomic-file.js';
import { readText } from '../manifest/json-lines.js';
import { datasetPath, inShards, type Layout, rejectsFile } from '../manifest/layout.js';
import { ManifestWriter, readExports, readShards } from '../manifest/manifest.js';
import { type Plan, plannedShards, readPlan } from '../manifest/plan-file.js';
import { buildJoin, shardTypes } from '../sql/join-query.js';
import type { OptionValues } from '../sql/relations.js';
import { type ValueTypes, valueTypes } from '../sql/value-types.js';
import type { Context, OpenEngine, ParquetTools } from './context.js';
import { watchDisk } from './disk-space.js';
import { sayTaken } from './export-plan.js';
import { type JoinWork, optionsInForce, planJoin } from './join-plan.js';
import { filesBySource, joinShard } from './join-shard.js';
import { sayAbsent } from './plan.js';
import { runStage, type StageResult } from './run-stage.js';
import { writeShardNotes } from './shard-notes.js';

/** Names of the files in `shards/`; a shard of another size than is recorded was cut, and is made again. */
export async function presentShards(layout: Layout): Promise<Set<string>> {
  const present = new Set(await readdir(layout.shards).catch(() => []));
  for (const [file, { bytes, rows }] of await readShards(layout)) {
    if (rows > 0 && present.has(file) && (await sizeOf(inShards(layout, file))) !== bytes) present.delete(file);
  }
  return present;
}

/** The plan, or NOTHING_PLANNED where no export was begun. */
async function requirePlan(layout: Layout): Promise<Plan> {
  const plan = await readPlan(layout);
  if (plan) return plan;
  throw new TransloadError(
    exits.nothingYet,
    'NOTHING_PLANNED',
    `nothing is exported yet in ${layout.root}`,
    'run `make export` first',
  );
}

/** What the shards carry as dataset.json has it; undefined where that is missing or damaged: the join writes it anew. */
function carriedOf(text: string | undefined, path: string): JoinedDataset['carried'] {
  try {
    return text === undefined ? undefined : datasetFromJson(text, path).carried;
  } catch (error) {
    if (error instanceof TransloadError) return undefined;
    throw error;
  }
}

/**
 * The shards folder says by itself what its shards are: the resolved declaration, the options of the join and what each
 * column carries. Without `types` (nothing was joined) what it carries stays as it is written there.
 */
async function writeDataset(
  layout: Layout,
  dataset: Dataset,
  options: OptionValues,
  plan: Plan,
  types?: ValueTypes,
): Promise<JoinedDataset> {
  const path = datasetPath(layout);
  const before = await readText(path);
  const carried = types === undefined ? carriedOf(before, path) : Object.fromEntries(shardTypes(dataset, types));
  const joined: JoinedDataset = {
    ...dataset,
    joined: options,
    without: plan.absent,
    ...(carried === undefined ? {} : { carried }),
  };
  const text = `${JSON.stringify(joined, null, 2)}\n`;
  if (before !== text) await replaceFile(path, text);
  return joined;
}

/**
 * Joins the shards whose exports are complete and that are not there yet, or no longer current. Resolves to undefined
 * where nothing was left to do.
 */
export async function runJoin(
  context: Context,
  parquet: ParquetTools,
  openEngine: OpenEngine,
  asked: OptionValues,
  onReject: 'quarantine' | 'fail',
): Promise<StageResult | undefined> {
  const { layout, dataset, report } = context;
  const plan = await requirePlan(layout);
  const options = optionsInForce(dataset, plan, asked);
  const work = planJoin(
    context,
    plan,
    await readExports(layout),
    await readShards(layout),
    await presentShards(layout),
    options,
  );
  sayTaken(
    context,
    plannedShards(plan)
      .map(({ range }) => range)
      .filter((range) => context.range === undefined || overlaps(range, context.range)),
  );
  sayAbsent(context, plan.absent);
  sayWaiting(context, work);
  if (context.dryRun) {
    for (const { shard, inputs } of work.shards) {
      report({ event: 'text', text: `would join ${showRange(shard.range)} from ${inputs.length} export files` });
    }
    const [first] = work.shards;
    if (first === undefined) return undefined;
    const types = await typesOf(openEngine, dataset, options);
    const { copy } = buildJoin(dataset, filesBySource(layout, first), options, types, first.file, 'rejects');
    report({ event: 'text', text: copy });
    return undefined;
  }
  if (work.shards.length === 0) {
    // What is not in the join hash (the table's name, order, settings) changes the folder's papers all the same.
    if (work.waiting.length === 0 && work.done > 0 && context.range === undefined && context.part === undefined) {
      const path = datasetPath(layout);
      const isWhole = carriedOf(await readText(path), path) !== undefined;
      const types = isWhole ? undefined : await typesOf(openEngine, dataset, options);
      await writeShardNotes(layout, await writeDataset(layout, dataset, options, plan, types));
    }
    return undefined;
  }
  await makeFolder(layout.shards);
  const engine = await openEngine();
  const types = await valueTypes(engine, dataset, options);
  const joined = await writeDataset(layout, dataset, options, plan, types);
  const manifest = new ManifestWriter(layout.shards, context.writer);
  const tools = { engine, parquet, manifest, options, types, onReject };
  const stop = (): void => engine.close();
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    const units = work.shards.map((one) => ({
      needsBytes: one.inputs.reduce((sum, { bytes }) => sum + bytes, 0),
      leftovers: [one.file, rejectsFile(layout, one.shard.range)].map((file) => temporary(inShards(layout, file))),
      name: showRange(one.shard.range),
      rows: plan.rangeRows * one.shard.ranges.length,
      run: (progress: Parameters<typeof joinShard>[3]) => joinShard(context, tools, one, progress),
    }));
    const result = await runStage(context, {
      stage: 'join',
      units: await watchDisk(context, 'join', units),
      alreadyDone: work.done,
      note: '',
    });
    await writeShardNotes(layout, joined);
    return result;
  } finally {
    context.signal.removeEventListener('abort', stop);
    if (!context.signal.aborted) engine.close();
  }
}

async function typesOf(openEngine: OpenEngine, dataset: Dataset, options: OptionValues): Promise<ValueTypes> {
  const engine = await openEngine();
  try {
    return await valueTypes(engine, dataset, options);
  } finally {
    engine.close();
  }
}

function sayWaiting(context: Context, { waiting, shards, done }: JoinWork): void {
  const [first] = waiting;
  if (first === undefined) return;
  const example = first.missing[0] ?? '';
  if (shards.length === 0 && done === 0) {
    throw new TransloadError(
      exits.nothingYet,
      'EXPORT_INCOMPLETE',
      `no shard can be joined yet: ${waiting.length} wait for the export (${example} is missing)`,
      'run `make export` first',
    );
  }
  context.report({
    event: 'warning',
    text: `${waiting.length} shards wait for the export (${showRange(first.shard.range)} lacks ${example})`,
  });
}
