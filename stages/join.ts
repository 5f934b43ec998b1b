import { type Exit, exits, usageError } from '../src/core/errors.js';
import { readShards } from '../src/manifest/manifest.js';
import { runJoin } from '../src/pipeline/join.js';
import { exitOf } from '../src/pipeline/run-stage.js';
import { outcome } from './export.js';
import { sayRejects } from './rejects.js';
import { contextOf, openSqlEngine, parquetTools, type Session, withLock } from './session.js';

/** Rejected rows of all shards of the data folder. */
export async function rejectsText(session: Session): Promise<string> {
  return sayRejects(session, (await readShards(session.layout)).values());
}

/** `make join`. */
export async function joinCommand(session: Session): Promise<Exit> {
  const onReject = session.env.ON_REJECT || 'quarantine';
  if (onReject !== 'quarantine' && onReject !== 'fail') {
    throw usageError('OPTION_VALUE', `ON_REJECT=${onReject}`, 'write quarantine (set the rows aside) or fail (stop)');
  }
  const asked = session.env.HANDS ? { hands: session.env.HANDS } : {};
  const result = await withLock(session, 'join', async () =>
    runJoin(contextOf(session, 'join'), await parquetTools(), () => openSqlEngine(session), asked, onReject),
  );
  const text = outcome(session, result, `make load TARGET=${session.target}`, await rejectsText(session));
  session.report({ event: 'stage-done', stage: 'join', seconds: result?.seconds ?? 0, text });
  return result ? exitOf(result) : exits.done;
}
