import { type Exit, exits } from '../src/core/errors.js';
import { runRollback } from '../src/pipeline/swap.js';
import { loadOptions } from './load.js';
import { contextOf, openTarget, parquetTools, type Session, shardsDataset, withLock } from './session.js';

/** `make rollback`: puts back the table that SWAP=1 kept. */
export async function rollbackCommand(session: Session): Promise<Exit> {
  const text = await withLock(session, `load-${session.target}`, async () => {
    const client = await openTarget(session);
    const [context, parquet] = [contextOf(session, 'rollback'), await parquetTools()];
    return runRollback({ context, client, dataset: shardsDataset(session), parquet, options: loadOptions(session) });
  });
  session.report({ event: 'stage-done', stage: 'rollback', seconds: 0, text });
  return exits.done;
}
