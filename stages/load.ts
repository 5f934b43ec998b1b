import { type Exit, exits } from '../src/core/errors.js';
import { listedOnly, listedOnlyText } from '../src/pipeline/half-shipped.js';
import { runLoad } from '../src/pipeline/load.js';
import type { LoadOptions } from '../src/pipeline/load-table.js';
import { sayAbsent } from '../src/pipeline/plan.js';
import { exitOf } from '../src/pipeline/run-stage.js';
import { runSwap } from '../src/pipeline/swap.js';
import { settleSwap } from '../src/pipeline/swap-state.js';
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

/** What a load does with the target, by the knobs. */
export function loadOptions(session: Session): LoadOptions {
  const config = targetOf(session);
  return {
    target: session.target,
    table: config?.table ?? shardsDataset(session).table.name,
    create: switchOf(session, 'CREATE') || config === undefined,
    replace: switchOf(session, 'REPLACE'),
    insertRows: config?.insertRows ?? insertRowsMax,
  };
}

/** `make load`. */
export async function loadCommand(session: Session): Promise<Exit> {
  const dataset = shardsDataset(session);
  sayAbsent(session, dataset.without ?? []);
  const unnamed = await listedOnly(session.layout);
  if (unnamed.length > 0) session.report({ event: 'warning', text: listedOnlyText(unnamed) });
  const result = await withLock(session, `load-${session.target}`, async () => {
    const client = await openTarget(session);
    const [context, parquet] = [contextOf(session, 'load'), await parquetTools()];
    const job = { context, client, dataset, parquet, options: loadOptions(session) };
    if (await settleSwap(job)) session.report({ event: 'note', text: 'finished the exchange of an interrupted run' });
    return switchOf(session, 'SWAP') ? runSwap(job) : runLoad(job);
  });
  const text = outcome(session, result, `make verify TARGET=${session.target}`, await rejectsText(session));
  session.report({ event: 'stage-done', stage: 'load', seconds: result?.seconds ?? 0, text });
  const exit = result ? exitOf(result) : exits.done;
  return exit === exits.done && unnamed.length > 0 ? exits.damaged : exit;
}
