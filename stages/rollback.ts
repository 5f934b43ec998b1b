import { type Exit, exits } from '../src/core/errors.js';
import { runRollback } from '../src/pipeline/swap.js';
import { loadOptions } from './load.js';
import { contextOf, openTarget, type Session, withLock } from './session.js';

/** `make rollback`: puts back the table that SWAP=1 kept. */
export async function rollbackCommand(session: Session): Promise<Exit> {
  const text = await withLock(session, `load-${session.target}`, async () => {
    const client = await openTarget(session);
    return runRollback({ context: contextOf(session, 'rollback'), client, options: loadOptions(session) });
  });
  session.report({ event: 'stage-done', stage: 'rollback', seconds: 0, text });
  return exits.done;
}
