import { exits, TransloadError, usageError } from '../core/errors.js';
import { drivingSource } from '../dataset/declaration.js';
import { type Plan, type PlannedSource, readPlan, writePlan } from '../manifest/plan-file.js';
import type { Context, Servers } from './context.js';
import { resolveSources, serverOf } from './resolve-sources.js';

export interface PlanSizes {
  readonly rangeRows: number;
  readonly shardRows: number;
}

/**
 * The plan of the data folder, brought up to date with the dataset and the source: made where there is none; sources
 * that the dataset gained, or a MongoDB that was configured later, are added. Ranges never change.
 */
export async function ensurePlan(context: Context, servers: Servers, sizes: PlanSizes): Promise<Plan> {
  const { dataset, layout, dryRun } = context;
  const known = await readPlan(layout);
  const resolved = await resolveSources(dataset, servers, known?.sources);
  const driving = drivingSource(dataset);
  const sample = await serverOf(servers, driving).isSample();
  if (known !== undefined) {
    const plan = renewed(known, resolved, sample, context.again);
    if (JSON.stringify(plan) !== JSON.stringify(known) && !dryRun) await writePlan(layout, plan);
    sayAbsent(context, plan.absent);
    return plan;
  }
  const found = await serverOf(servers, driving).find(driving);
  if (found === undefined) throw new Error('the driving source was found a moment ago');
  context.report({ event: 'note', text: `planning ranges of ${sizes.rangeRows} rows by probes of ${found.table}` });
  const planned = new Date().toISOString();
  const { bounds, end, rows, isExact } = await serverOf(servers, driving).bounds(
    driving,
    found,
    sizes.rangeRows,
    undefined,
  );
  if (bounds.length === 0) {
    throw new TransloadError(exits.nothingYet, 'SOURCE_EMPTY', `${found.table} has no rows`, 'nothing to migrate yet');
  }
  const plan: Plan = {
    format: 1,
    dataset: dataset.name,
    ...sizes,
    sample,
    sources: [...resolved.sources],
    absent: [...resolved.absent],
    generations: [
      {
        ...{ generation: 1, planned, bounds: bounds.map(String), end: String(end), rows },
        ...(isExact ? {} : { estimated: true as const }),
      },
    ],
  };
  if (!dryRun) await writePlan(layout, plan);
  sayAbsent(context, plan.absent);
  return plan;
}

/** Every stage says what the migration goes without, and why. */
export function sayAbsent(context: Pick<Context, 'report'>, absent: readonly { name: string; reason: string }[]): void {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of absent) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  for (const [reason, names] of byReason) {
    context.report({ event: 'warning', text: `without ${names.join(', ')}: ${reason}` });
  }
}

/** A plan with its sources as they are now. A planned source that is gone, or whose columns changed, stops the run. */
function renewed(
  known: Plan,
  now: { sources: readonly PlannedSource[]; absent: readonly { name: string; reason: string }[] },
  sample: boolean,
  again: boolean,
): Plan {
  if (known.sample !== sample) {
    throw usageError(
      'OTHER_SOURCE',
      sample
        ? "the data folder holds a real migration, and MYSQL_URL is the demo's sample"
        : "the data folder holds the demo's sample, and MYSQL_URL is another source",
      'use another folder (DATA_DIR=…), or remove this one',
    );
  }
  for (const before of known.sources) {
    const gone = now.absent.find(({ name }) => name === before.name);
    if (gone) {
      throw new TransloadError(
        exits.unreachable,
        'SOURCE_GONE',
        `${before.name} is part of the plan, but ${gone.reason}`,
        'make it reachable again; a plan is never carried on without one of its sources',
      );
    }
    const after = now.sources.find(({ name }) => name === before.name);
    if (after && !again) checkUnchanged(before, after);
  }
  return { ...known, sources: now.sources.map((source) => kept(known, source)), absent: [...now.absent] };
}

/** Estimates move with every look at the catalogue: those of the plan stay, so that the plan's file does not change. */
function kept(known: Plan, source: PlannedSource): PlannedSource {
  const before = known.sources.find(({ name }) => name === source.name);
  return before && before.hash === source.hash ? { ...source, estimate: before.estimate } : source;
}

/** Fault 32: columns that changed between ranges would make files that do not belong together. */
function checkUnchanged(before: PlannedSource, after: PlannedSource): void {
  const changes = Object.entries(before.live).flatMap(([column, type]) => {
    const type2 = after.live[column];
    return type2 === undefined || type2 === type ? [] : [`${after.table}.${column} was ${type} and is ${type2}`];
  });
  if (changes.length > 0) {
    throw usageError(
      'SCHEMA_CHANGED',
      `the source changed since the plan: ${changes.join('; ')}`,
      `if that is right, export the source again: make export AGAIN=1 SOURCES=${before.name}`,
    );
  }
}
