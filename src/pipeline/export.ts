import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyRange, showRange, touching } from '../core/ranges.js';
import { sourceNamed } from '../dataset/declaration.js';
import { temporary } from '../manifest/atomic-file.js';
import { exportDir, exportFile, inRoot } from '../manifest/layout.js';
import { ManifestWriter, readExports } from '../manifest/manifest.js';
import { type Plan, type PlannedSource, plannedRanges } from '../manifest/plan-file.js';
import type { Engine } from '../sql/engine.js';
import { Brake } from './brake.js';
import type { Context, OpenEngine, ParquetTools, Servers } from './context.js';
import { type DiskUnit, watchDisk } from './disk-space.js';
import { exportOnePass, removeSpools } from './export-one-pass.js';
import { type ExportWork, planExport, sayTaken } from './export-plan.js';
import { exportTogether } from './export-range.js';
import { serverOf } from './resolve-sources.js';
import { runStage, type StageResult, type Unit } from './run-stage.js';

/** Names of the files in `export/`, as the manifest writes them. */
export async function presentExports(context: Pick<Context, 'layout'>): Promise<Set<string>> {
  const folder = exportDir(context.layout);
  const files = new Set<string>();
  const sources = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const source of sources.filter((entry) => entry.isDirectory())) {
    for (const name of await readdir(join(folder, source.name))) files.add(`export/${source.name}/${name}`);
  }
  return files;
}

/**
 * Exports what the manifest lacks of the plan: MySQL and MongoDB to one Parquet file per source and range. Resolves to
 * undefined where nothing was left to do.
 */
export async function runExport(
  context: Context,
  servers: Servers,
  parquet: ParquetTools,
  openEngine: OpenEngine,
  plan: Plan,
  wanted: {
    readonly only: readonly string[] | undefined;
    readonly zeroDates: 'null' | 'fail';
    readonly brake?: Brake;
  },
): Promise<StageResult | undefined> {
  const { layout, report, dryRun } = context;
  const work = planExport(context, plan, await readExports(layout), await presentExports(context), wanted.only);
  const firstKey = BigInt(plan.generations[0]?.bounds[0] ?? 0);
  const { zeroDates, brake = new Brake(context) } = wanted;
  const tools = {
    servers,
    parquet,
    firstKey,
    zeroDates,
    brake,
    manifest: new ManifestWriter(exportDir(layout), context.writer),
  };
  const perRange = plan.rangeRows;
  sayTaken(
    context,
    touching(plannedRanges(plan), context.range).map(({ range }) => range),
  );
  let engine: Promise<Engine> | undefined;
  for (const { source, ranges } of work.onePass) {
    const how = source.index === null ? 'has no index on its key' : 'is read as a whole';
    report({ event: 'note', text: `${source.table} ${how}: one pass for ${ranges.length} ranges` });
  }
  const files = (range: KeyRange | undefined, sources: readonly PlannedSource[]): string[] =>
    sources.map(({ name }) => temporary(inRoot(layout, exportFile(layout, name, range))));
  const units: DiskUnit[] = [
    ...work.lookups.map((source) => ({
      name: source.name,
      rows: source.estimate ?? 0,
      leftovers: files(undefined, [source]),
      run: (progress: Parameters<Unit['run']>[0]) => exportTogether(context, tools, undefined, [source], progress),
    })),
    ...work.onePass.map(({ source, ranges }) => ({
      name: `${source.name} (one pass)`,
      rows: source.estimate ?? 0,
      leftovers: ranges.flatMap((range) => files(range, [source])),
      run: async (progress: Parameters<Unit['run']>[0]) => {
        engine ??= openEngine();
        return exportOnePass(context, tools, await engine, source, ranges, progress);
      },
    })),
    ...work.ranges.map(({ range, sources }) => ({
      name: showRange(range),
      leftovers: files(range, sources),
      rows: estimateRows(
        plan,
        sources.map(({ estimate }) => estimate ?? 0),
        perRange,
      ),
      run: (progress: Parameters<Unit['run']>[0]) => exportTogether(context, tools, range, sources, progress),
    })),
  ];
  if (dryRun) {
    sayDryRun(context, servers, work);
    return undefined;
  }
  await removeSpools(layout);
  if (units.length === 0) return undefined;
  try {
    return await runStage(context, {
      stage: 'export',
      units: (await watchDisk(context, 'export', units)).map((unit) => brake.around(unit)),
      alreadyDone: work.done,
      note: '',
      ready: (signal) => brake.ready(signal),
    });
  } finally {
    if (engine) (await engine).close();
  }
}

/** Rows that a range's sources hold by the catalogue's estimates, spread evenly over the planned rows. */
function estimateRows(plan: Plan, estimates: readonly number[], perRange: number): number {
  const rows = plan.generations.reduce((sum, generation) => sum + generation.rows, 0);
  const share = rows === 0 ? 0 : Math.min(1, perRange / rows);
  return Math.round(estimates.reduce((sum, estimate) => sum + estimate, 0) * share);
}

/** DRY_RUN=1: what would be read, with the statements of the first range. */
function sayDryRun({ dataset, report }: Context, servers: Servers, work: ExportWork): void {
  const say = (text: string): void => report({ event: 'text', text });
  const statement = (planned: PlannedSource, range: KeyRange | undefined): string =>
    serverOf(servers, planned).statement({
      source: sourceNamed(dataset, planned.name),
      table: planned.table,
      index: planned.index ?? undefined,
      range,
      live: planned.live,
    });
  for (const source of work.lookups) say(`would export ${source.name}: ${statement(source, undefined)}`);
  for (const { source, ranges } of work.onePass) {
    say(`would export ${source.name} in one pass for ${ranges.length} ranges: ${statement(source, undefined)}`);
  }
  for (const [index, { range, sources }] of work.ranges.entries()) {
    say(`would export ${showRange(range)}: ${sources.map(({ name }) => name).join(', ')}`);
    if (index === 0) for (const source of sources) say(`  ${statement(source, range)}`);
  }
}
