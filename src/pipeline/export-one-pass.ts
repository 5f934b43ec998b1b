import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch } from '../core/batch.js';
import type { Amount } from '../core/events.js';
import type { KeyRange } from '../core/ranges.js';
import { step } from '../core/steps.js';
import { exportColumns, sourceNamed } from '../dataset/declaration.js';
import type { Counted } from '../manifest/entries.js';
import { type Layout, spillDir } from '../manifest/layout.js';
import type { PlannedSource } from '../manifest/plan-file.js';
import type { Engine } from '../sql/engine.js';
import { identifier, literal, readFiles } from '../sql/relations.js';
import type { Context } from './context.js';
import { publishExport, temporaryExport } from './export-files.js';
import { checkZeroDates, type ExportTools, Tally } from './export-range.js';
import { serverOf } from './resolve-sources.js';
import { secondsSince, type UnitProgress } from './run-stage.js';

/** Rows of one spool file: what is written in one go, in arrival order. */
const spoolRows = 2_000_000;

const spoolName = (source: string): string => `spool-${source}`;

/** Removes the spools of runs that were killed: one whose ranges were all cut out of it is not taken up again. */
export async function removeSpools(layout: Layout): Promise<void> {
  const folder = spillDir(layout);
  const names = await readdir(folder).catch(() => [] as string[]);
  for (const name of names.filter((one) => one.startsWith(spoolName('')))) {
    step('remove spool');
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Exports a source in one pass over the table, which has no index on the key or lies in another order: into spool files,
 * sorted by the engine, then cut into the files of the ranges (fault 34). Its snapshot is its own, which the manifest says.
 */
export async function exportOnePass(
  context: Context,
  tools: ExportTools,
  engine: Engine,
  planned: PlannedSource,
  ranges: readonly KeyRange[],
  progress: UnitProgress,
): Promise<Amount> {
  const begin = performance.now();
  const source = sourceNamed(context.dataset, planned.name);
  const columns = exportColumns(source);
  const folder = join(spillDir(context.layout), spoolName(planned.name));
  step('remove spool');
  await rm(folder, { recursive: true, force: true });
  step('make spool');
  await mkdir(folder, { recursive: true });
  const session = await serverOf(tools.servers, planned).open(context.signal);
  try {
    progress({ phase: 'reading' });
    const reading = session.read({
      source,
      table: planned.table,
      index: undefined,
      range: undefined,
      live: planned.live,
    });
    const tally = new Tally();
    const spools: string[] = [];
    const batches = tools.brake.over(reading.batches, planned.engine);
    const all = tally.over(batches, () => progress({ rows: tally.rows, bytes: 0 }))[Symbol.asyncIterator]();
    for (let more = await all.next(); !more.done; ) {
      const file = join(folder, `${spools.length}.parquet`);
      const first = more.value;
      const rest = { next: all.next.bind(all) };
      let following: IteratorResult<Batch> | undefined;
      await tools.parquet.write(
        file,
        columns,
        (async function* () {
          let rows = first.rows;
          yield first;
          while (rows < spoolRows) {
            const next = await rest.next();
            if (next.done) {
              following = next;
              return;
            }
            rows += next.value.rows;
            yield next.value;
          }
        })(),
      );
      spools.push(file);
      more = following ?? (await all.next());
    }
    checkZeroDates(tools, planned.table, reading.oddities);
    const oddities: Record<string, Counted> = { ...Object.fromEntries(reading.oddities) };
    Object.assign(
      oddities,
      Object.fromEntries(await serverOf(tools.servers, planned).unreachable(source, planned.table)),
    );
    const key = identifier(source.key);
    const sorted = join(folder, 'sorted.parquet');
    const order = columns.map(({ name }) => `${identifier(name)} NULLS FIRST`).join(', ');
    if (spools.length > 0) {
      progress({ phase: 'sorting' });
      step('sort spool');
      await engine.run(
        `COPY (${readFiles(spools)} WHERE ${key} IS NOT NULL ORDER BY ${order}) TO ${literal(sorted)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 100000)`,
      );
    }
    const total = { rows: 0, bytes: 0 };
    for (const [index, range] of ranges.entries()) {
      progress({ phase: `cutting range ${index + 1} of ${ranges.length}` });
      const path = await temporaryExport(context, planned.name, range);
      const within = `${key} >= ${range.from} AND ${key} < ${range.to}`;
      const [facts] =
        spools.length === 0
          ? [[0, null, null]]
          : await engine.rows(
              `SELECT count(*), min(${key})::VARCHAR, max(${key})::VARCHAR FROM (${readFiles([sorted])}) WHERE ${within}`,
            );
      const rows = Number(facts?.[0] ?? 0);
      if (rows > 0) {
        step('cut range out of spool');
        await engine.run(
          `COPY (${readFiles([sorted])} WHERE ${within} ORDER BY ${order}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
        );
      }
      const bytes = await publishExport(context, tools.parquet, tools.manifest, {
        source: planned,
        range,
        columns: columns.map(({ name }) => name),
        rows,
        least: rows === 0 ? null : BigInt(String(facts?.[1])),
        greatest: rows === 0 ? null : BigInt(String(facts?.[2])),
        snapshot: session.snapshot,
        // What was counted belongs to the whole table: it is told once.
        oddities: range.from === tools.firstKey ? oddities : {},
        seconds: secondsSince(begin),
      });
      total.rows += rows;
      total.bytes += bytes;
    }
    return total;
  } finally {
    await session.close();
    step('remove spool');
    await rm(folder, { recursive: true, force: true });
  }
}
