import { realpathSync } from 'node:fs';
import { type Exit, exits, usageError } from '../src/core/errors.js';
import { exitOf } from '../src/pipeline/run-stage.js';
import { runShip } from '../src/pipeline/ship.js';
import { openLocal } from '../src/pipeline/ship-local.js';
import { type Dest, type Destination, parseDest } from '../src/ship/destination.js';
import { openRemote, sshOptionsOf } from '../src/ship/remote.js';
import { outcome } from './export.js';
import { contextOf, type Session, shardsDataset } from './session.js';

const isSame = (one: string, other: string): boolean => {
  try {
    return realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
};

function openDestination(session: Session, dest: Dest): Destination {
  const { layout, env, abort } = session;
  if (dest.kind === 'remote') {
    return openRemote({ ...dest, sshOptions: sshOptionsOf(env.SHIP_SSH_OPTIONS), signal: abort.signal });
  }
  if (isSame(dest.folder, layout.shards)) {
    throw usageError('DEST_SYNTAX', `DEST=${dest.folder} is the shards folder itself`, 'name another folder');
  }
  return openLocal(dest.folder);
}

/** `make ship`: shards, then the manifest that names them, to another folder or machine. */
export async function shipCommand(session: Session): Promise<Exit> {
  const destination = openDestination(session, parseDest(session.env.DEST));
  const result = await runShip(contextOf(session, 'ship'), shardsDataset(session), destination);
  const next = `there, make load DATA_DIR=${destination.where.replace(/^[^/:]+:/, '')} TARGET=…, or follow LOAD.md`;
  session.report({
    event: 'stage-done',
    stage: 'ship',
    seconds: result?.seconds ?? 0,
    text: outcome(session, result, next),
  });
  return result ? exitOf(result) : exits.done;
}
