import { type Exit, exits, usageError } from '../src/core/errors.js';
import { openBrake } from '../src/pipeline/brake.js';
import { runExport } from '../src/pipeline/export.js';
import { ensurePlan } from '../src/pipeline/plan.js';
import { exitOf, type StageResult } from '../src/pipeline/run-stage.js';
import { exportLimits } from './limits.js';
import { planSizes } from './plan.js';
import { bytes, count, duration, pausedText } from './sentences.js';
import { contextOf, openServers, openSqlEngine, parquetTools, type Session, switchOf, withLock } from './session.js';

/** What a stage says at its end. */
export function outcome(session: Session, result: StageResult | undefined, next: string, extra = ''): string {
  if (switchOf(session, 'DRY_RUN')) return 'this was a dry run, nothing was changed.';
  if (result === undefined) return `nothing to do, all is done already.${extra} Next: ${next}`;
  const what = `${count(result.done)} units, ${count(result.rows)} rows, ${bytes(result.bytes)} in ${duration(result.seconds)}.${extra}`;
  return result.failed.length > 0
    ? `${what} ${result.failed.length} FAILED: run the same command again`
    : `${what} Next: ${next}`;
}

/** `make export`. */
export async function exportCommand(session: Session): Promise<Exit> {
  const { env, dataset } = session;
  const only = env.SOURCES ? env.SOURCES.split(',').map((name) => name.trim()) : undefined;
  const unknown = only?.filter((name) => !dataset.sources.some((source) => source.name === name)) ?? [];
  if (unknown.length > 0) {
    throw usageError(
      'SOURCE_UNKNOWN',
      `SOURCES names ${unknown.join(', ')}`,
      `known: ${dataset.sources.map(({ name }) => name).join(', ')}`,
    );
  }
  const zeroDates = env.ZERO_DATES || 'null';
  if (zeroDates !== 'null' && zeroDates !== 'fail') {
    throw usageError('OPTION_VALUE', `ZERO_DATES=${zeroDates}`, 'write null (count them) or fail (stop)');
  }
  const limits = exportLimits(env, contextOf(session, 'export').workers);
  const servers = await openServers(session);
  let paused = '';
  const result = await withLock(session, 'export', async () => {
    const context = contextOf(session, 'export');
    const brake = await openBrake(context, servers, limits);
    try {
      const plan = await ensurePlan(context, servers, planSizes(session));
      const wanted = { only, zeroDates, brake } as const;
      return await runExport(context, servers, await parquetTools(), () => openSqlEngine(session), plan, wanted);
    } finally {
      paused = pausedText(brake.paused);
      await brake.close();
    }
  });
  session.report({
    event: 'stage-done',
    stage: 'export',
    seconds: result?.seconds ?? 0,
    text: outcome(session, result, 'make join', paused),
  });
  return result ? exitOf(result) : exits.done;
}
