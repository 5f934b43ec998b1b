import { type Exit, exits } from '../src/core/errors.js';
import { runLoad } from '../src/pipeline/load.js';
import { sayAbsent } from '../src/pipeline/plan.js';
import { exitOf } from '../src/pipeline/run-stage.js';
import { insertRowsMax } from './config.js';
import { outcome } from './export.js';
import { rejectsText } from './join.js';
import {
  contextOf,
  openTarget,
  parquetTools,
  type Session,
  shardsDataset,
  switchOf,
  targetOf,
  withLock,
} from './session.js';

/** `make load`. */
export async function loadCommand(session: Session): Promise<Exit> {
  const config = targetOf(session);
  const dataset = shardsDataset(session);
  sayAbsent(session, dataset.without ?? []);
  const result = await withLock(session, `load-${session.target}`, async () => {
    const client = await openTarget(session);
    return runLoad(contextOf(session, 'load'), client, dataset, await parquetTools(), {
      target: session.target,
      table: config?.table ?? dataset.table.name,
      create: switchOf(session, 'CREATE') || config === undefined,
      replace: switchOf(session, 'REPLACE'),
      insertRows: config?.insertRows ?? insertRowsMax,
    });
  });
  const text = outcome(session, result, `make verify TARGET=${session.target}`, await rejectsText(session));
  session.report({ event: 'stage-done', stage: 'load', seconds: result?.seconds ?? 0, text });
  return result ? exitOf(result.failed) : exits.done;
}
