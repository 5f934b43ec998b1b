import { isLost, quoteName } from '../clickhouse/client.js';
import { countRanges, deleteRows, waitForDeletes, waitForStatements } from '../clickhouse/counts.js';
import { exits, messageOf, TransloadError } from '../core/errors.js';
import { overlaps } from '../core/ranges.js';
import type { Context } from './context.js';
import type { Recorder } from './load.js';
import type { LoadWork } from './load-plan.js';
import type { LoadTools } from './load-shard.js';

const deletesMax = 3;

/** Older versions of the loaded ranges go once a run: a delete costs the same for one range and for all. */
export async function removeOlder(context: Context, tools: LoadTools, work: LoadWork, record: Recorder): Promise<void> {
  if (work.stale.length === 0) return;
  context.report({ event: 'note', text: `removing older rows of ${work.stale.length} ranges` });
  // In the usual case there is one version to keep, and so one delete.
  for (const keep of new Set(work.stale.map((stale) => stale.keep))) await removeOthers(context, tools, work, keep);
  const touched = work.units.filter(({ range }) => work.stale.some((stale) => overlaps(stale.range, range)));
  for (const { shard, version } of touched) await record('removed', version, shard);
}

/**
 * Removes all versions but one from the ranges that keep it, and counts afterwards. A delete whose reply is lost (it may
 * take longer than any time limit) is waited for at the server and sent again only where rows are left.
 */
async function removeOthers(
  { report, signal }: Context,
  tools: LoadTools,
  work: LoadWork,
  keep: number | undefined,
): Promise<void> {
  const { client, live, dataset } = tools;
  const { key, table } = dataset;
  const ranges = work.stale.filter((stale) => stale.keep === keep).map(({ range }) => range);
  const others = keep === undefined ? '1' : `${quoteName(table.version)} != toDateTime(${keep}, 'UTC')`;
  const name = `transload-${live.uuid}-${work.version}-older-than-${keep ?? 'none'}`;
  let failure: TransloadError | undefined;
  for (let sent = 0; ; sent++) {
    await waitForStatements(client, live, [name], signal);
    await waitForDeletes(client, live, signal);
    const counts = sent === 0 ? [] : await countRanges(client, live, key.name, table.version, ranges);
    const left = counts
      .flatMap((count) => [...count])
      .reduce((sum, [v, { rows }]) => (v === keep ? sum : sum + rows), 0);
    if (sent > 0 && left === 0) return;
    if (sent === deletesMax) throw failure ?? rowsLeft(left, `${live.database}.${live.table}`);
    try {
      await deleteRows(client, live, key.name, ranges, others, name);
    } catch (error) {
      if (!isLost(error)) throw error;
      failure = error as TransloadError;
      report({ event: 'note', text: `${messageOf(error)}; looking whether the older rows are gone` });
    }
  }
}

function rowsLeft(rows: number, where: string): TransloadError {
  const text = `${rows} older rows are still in ${where} after the delete`;
  return new TransloadError(exits.failed, 'OLDER_ROWS', text, 'run `make load` again: it removes them');
}
