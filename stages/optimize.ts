import { type Exit, exits } from '../src/core/errors.js';
import { existingTable } from '../src/pipeline/load-table.js';
import { runOptimize } from '../src/pipeline/optimize.js';
import { exitOf } from '../src/pipeline/run-stage.js';
import { outcome } from './export.js';
import { loadOptions } from './load.js';
import { contextOf, openTarget, type Session, withLock } from './session.js';

/** `make optimize`: every partition of the target's table becomes one part. */
export async function optimizeCommand(session: Session): Promise<Exit> {
  // A load must not run beside it: its inserts would make new parts for ever.
  const result = await withLock(session, `load-${session.target}`, async () => {
    const client = await openTarget(session);
    return runOptimize(contextOf(session, 'optimize'), client, await existingTable(client, loadOptions(session)));
  });
  const text = outcome(session, result, `make verify TARGET=${session.target}`);
  session.report({ event: 'stage-done', stage: 'optimize', seconds: result?.seconds ?? 0, text });
  return result ? exitOf(result) : exits.done;
}
