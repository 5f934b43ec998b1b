import { existsSync } from 'node:fs';
import { findLiveTable } from '../src/clickhouse/live-table.js';
import { type Exit, exits, TransloadError, usageError } from '../src/core/errors.js';
import { embeddedDir } from '../src/manifest/layout.js';
import { readLedger } from '../src/manifest/ledger.js';
import type { LoadedTable } from '../src/pipeline/places.js';
import { showKey } from '../src/pipeline/show.js';
import { openPlaces } from './places.js';
import { openServers, openTarget, type Session, switchOf, targetOf } from './session.js';
import { showScreen } from './show-screen.js';

const keyMax = (1n << 64n) - 1n;

/** The key of ID=: digits, `1_000_000` allowed. */
function parseId(text: string | undefined, key: string): bigint {
  const hint = `write the ${key} of one row, such as make show ID=12345`;
  if (text === undefined || text.trim() === '') throw usageError('ID_MISSING', `there is no ID= to show`, hint);
  if (!/^\s*\d[\d_]*\s*$/.test(text)) throw usageError('ID_SYNTAX', `ID=${text} is no ${key}`, hint);
  const id = BigInt(text.trim().replaceAll('_', ''));
  if (id > keyMax) throw usageError('ID_SYNTAX', `ID=${text} is beyond 64 bits, where no ${key} is`, hint);
  return id;
}

/** The target's table, or in a line why there is none to look at. */
async function loadedTable(session: Session): Promise<LoadedTable | string> {
  const { layout, dataset, target } = session;
  const make = `make load TARGET=${target}`;
  try {
    if (targetOf(session) === undefined && !existsSync(embeddedDir(layout.dataDir))) {
      return `nothing was loaded into the embedded ClickHouse yet: ${make}`;
    }
    const client = await openTarget(session);
    const table = targetOf(session)?.table ?? dataset.table.name;
    const live = await findLiveTable(client, client.database, table);
    if (live === undefined) return `there is no table ${client.database}.${table} at ${client.where}: ${make} CREATE=1`;
    return { client, live, ledger: await readLedger(layout, target) };
  } catch (error) {
    if (!(error instanceof TransloadError) || error.code === 'TARGET_NAME') throw error;
    return error.message;
  }
}

/** `make show ID=`: one key at its source, in the export files, in the shard and at the target, side by side. */
export async function showCommand(session: Session): Promise<Exit> {
  const id = parseId(session.env.ID, session.dataset.key.name);
  const target = await loadedTable(session);
  const places = await openPlaces(session);
  if (places.plan === undefined && places.shards.length === 0 && typeof target === 'string') {
    const text = `there is nothing to show yet: no plan and no shards in ${places.layout.root}`;
    throw new TransloadError(exits.nothingYet, 'NOTHING_YET', text, 'run `make export` first, or try `make demo`');
  }
  const shown = await showKey(places, await openServers(session), session.target, target, id);
  if (switchOf(session, 'JSON')) session.report(shown);
  else for (const event of showScreen(shown, session.target)) session.report(event);
  return shown.agree ? exits.done : exits.failed;
}
