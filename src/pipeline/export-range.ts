import { type Batch, keyAt } from '../core/batch.js';
import { exits, TransloadError } from '../core/errors.js';
import type { Amount } from '../core/events.js';
import { type KeyRange, showRange } from '../core/ranges.js';
import { exportColumns, sourceNamed } from '../dataset/declaration.js';
import type { ManifestWriter } from '../manifest/manifest.js';
import type { PlannedSource } from '../manifest/plan-file.js';
import type { ReadRequest, Session } from '../sources/source.js';
import type { Brake } from './brake.js';
import type { Context, ParquetTools, Servers } from './context.js';
import { publishExport, temporaryExport } from './export-files.js';
import { serverOf } from './resolve-sources.js';
import { secondsSince, type UnitProgress } from './run-stage.js';

export interface ExportTools {
  readonly servers: Servers;
  readonly parquet: ParquetTools;
  readonly manifest: ManifestWriter;
  readonly brake: Brake;
  /** The plan's first key: with its range, rows that no range can reach are counted once. */
  readonly firstKey: bigint;
  /** Zero and partial dates become NULL and are counted, or stop the range. */
  readonly zeroDates: 'null' | 'fail';
}

/** ZERO_DATES=fail: the first zero or partial date stops the file with its id (fault 3). */
export function checkZeroDates(
  tools: ExportTools,
  table: string,
  oddities: ReadonlyMap<string, { example: string | null }>,
): void {
  if (tools.zeroDates !== 'fail') return;
  for (const [name, { example }] of oddities) {
    if (!name.startsWith('zero_date:')) continue;
    const text = `${table}.${name.slice(10)} of id ${example} is a zero or partial date`;
    throw new TransloadError(
      exits.failed,
      'ZERO_DATE',
      text,
      'ZERO_DATES=null takes such dates as NULL and counts them',
    );
  }
}

/** What passed through while a file was written. */
export class Tally {
  rows = 0;
  least: bigint | null = null;
  greatest: bigint | null = null;

  /** Passes batches on, counting; keys come in order, so the first and the last one are the extremes. */
  async *over(batches: AsyncIterable<Batch>, onRows: (rows: number) => void): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      const keys = batch.columns[0];
      if (keys === undefined) throw new Error('a batch has no key column');
      this.least ??= keyAt(keys, 0);
      this.greatest = keyAt(keys, batch.rows - 1);
      this.rows += batch.rows;
      onRows(batch.rows);
      yield batch;
    }
  }
}

/**
 * Exports some sources of one range (or one lookup, without a range), each to its own file. All MySQL tables are read
 * inside one consistent read on one connection (design.md).
 */
export async function exportTogether(
  context: Context,
  tools: ExportTools,
  range: KeyRange | undefined,
  sources: readonly PlannedSource[],
  progress: UnitProgress,
): Promise<Amount> {
  const total = { rows: 0, bytes: 0 };
  for (const engine of ['mysql', 'mongo'] as const) {
    const members = sources.filter((source) => source.engine === engine);
    if (members[0] === undefined) continue;
    const session = await serverOf(tools.servers, members[0]).open(context.signal);
    try {
      for (const planned of members) {
        progress({ phase: planned.name });
        const done = await exportOne(context, tools, session, planned, range, (rows) => {
          progress({ rows: total.rows + rows, bytes: total.bytes });
        });
        total.rows += done.rows;
        total.bytes += done.bytes;
        progress(total);
      }
    } finally {
      await session.close();
    }
  }
  return total;
}

async function exportOne(
  context: Context,
  tools: ExportTools,
  session: Session,
  planned: PlannedSource,
  range: KeyRange | undefined,
  onRows: (rows: number) => void,
): Promise<Amount> {
  const begin = performance.now();
  const source = sourceNamed(context.dataset, planned.name);
  const columns = exportColumns(source);
  const path = await temporaryExport(context, planned.name, range);
  const { table, live } = planned;
  const request: ReadRequest = { source, table, index: planned.index ?? undefined, range, live };
  const reading = session.read(request);
  const tally = new Tally();
  const batches = tally.over(tools.brake.over(reading.batches, planned.engine), () => onRows(tally.rows));
  const written = await tools.parquet.write(path, columns, batches);
  if (written.rows !== tally.rows) {
    const where = range === undefined ? planned.name : `${planned.name} ${showRange(range)}`;
    throw new TransloadError(
      exits.failed,
      'ROWS_LOST',
      `${where}: ${tally.rows} rows read, ${written.rows} written`,
      'run it again',
    );
  }
  checkZeroDates(tools, planned.table, reading.oddities);
  const oddities = { ...Object.fromEntries(reading.oddities) };
  if (range?.from === tools.firstKey) {
    Object.assign(
      oddities,
      Object.fromEntries(await serverOf(tools.servers, planned).unreachable(source, planned.table)),
    );
  }
  const bytes = await publishExport(context, tools.parquet, tools.manifest, {
    source: planned,
    range,
    columns: columns.map(({ name }) => name),
    rows: tally.rows,
    sha256: written.sha256,
    least: tally.least,
    greatest: tally.greatest,
    snapshot: session.snapshot,
    oddities,
    seconds: secondsSince(begin),
  });
  return { rows: tally.rows, bytes };
}
