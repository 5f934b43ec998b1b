import { readdir } from 'node:fs/promises';
import { exits, TransloadError } from '../core/errors.js';
import { overlaps, showRange } from '../core/ranges.js';
import type { Dataset, JoinedDataset } from '../dataset/declaration.js';
import { makeFolder, replaceFile } from '../manifest/atomic-file.js';
import { readText } from '../manifest/json-lines.js';
import { datasetPath, type Layout, spillDir } from '../manifest/layout.js';
import { ManifestWriter, readExports, readShards } from '../manifest/manifest.js';
import { type Plan, plannedShards, readPlan } from '../manifest/plan-file.js';
import { buildJoin, type OptionValues } from '../sql/join-query.js';
import type { Context, OpenEngine, ParquetTools } from './context.js';
import { sayTaken } from './export-plan.js';
import { type JoinWork, optionsInForce, planJoin } from './join-plan.js';
import { filesBySource, joinShard } from './join-shard.js';
import { sayAbsent } from './plan.js';
import { runStage, type StageResult } from './run-stage.js';
import { writeShardNotes } from './shard-notes.js';

/** Names of the files in `shards/`. */
export async function presentShards(layout: Layout): Promise<Set<string>> {
  return new Set(await readdir(layout.shards).catch(() => []));
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

/** The shards folder says by itself what its shards are: the resolved declaration and the options of the join. */
async function writeDataset(layout: Layout, dataset: Dataset, options: OptionValues, plan: Plan): Promise<void> {
  const joined: JoinedDataset = { ...dataset, joined: options, without: plan.absent };
  const text = `${JSON.stringify(joined, null, 2)}\n`;
  if ((await readText(datasetPath(layout))) !== text) await replaceFile(datasetPath(layout), text);
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
    if (first)
      report({
        event: 'text',
        text: buildJoin(dataset, filesBySource(layout, first), options, first.file, 'rejects').copy,
      });
    return undefined;
  }
  if (work.shards.length === 0) {
    // What is not in the join hash (the table's name, order, settings) changes the folder's papers all the same.
    if (work.waiting.length === 0 && work.done > 0 && context.range === undefined && context.part === undefined) {
      await writeDataset(layout, dataset, options, plan);
      await writeShardNotes(layout, dataset);
    }
    return undefined;
  }
  await makeFolder(layout.shards);
  await makeFolder(spillDir(layout));
  await writeDataset(layout, dataset, options, plan);
  const engine = await openEngine();
  const tools = { engine, parquet, manifest: new ManifestWriter(layout.shards, context.writer), options, onReject };
  const stop = (): void => engine.close();
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    const units = work.shards.map((one) => ({
      name: showRange(one.shard.range),
      rows: plan.rangeRows * one.shard.ranges.length,
      run: (progress: Parameters<typeof joinShard>[3]) => joinShard(context, tools, one, progress),
    }));
    const result = await runStage(context, { stage: 'join', units, alreadyDone: work.done, note: '' });
    await writeShardNotes(layout, dataset);
    return result;
  } finally {
    context.signal.removeEventListener('abort', stop);
    if (!context.signal.aborted) engine.close();
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
