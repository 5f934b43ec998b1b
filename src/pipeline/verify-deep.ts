import { join } from 'node:path';
import { type CertifiedColumn, sharedColumns } from '../clickhouse/certified-columns.js';
import { finalSettings } from '../clickhouse/key-ranges.js';
import { formOf, readBackSettings, readBackSql, unknownRowSql } from '../clickhouse/read-back.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import { makeFolder, removeFile } from '../manifest/atomic-file.js';
import type { ShardEntry } from '../manifest/entries.js';
import { inShards, spillDir } from '../manifest/layout.js';
import {
  type ComparedColumn,
  type Comparison,
  countDifferencesSql,
  differencesSql,
  type RowFault,
  rowFaultSql,
  rowFaults,
} from '../sql/compare-rows.js';
import type { Engine } from '../sql/engine.js';
import type { Context } from './context.js';
import { inHalves } from './halves.js';
import { shardRange } from './load-plan.js';
import { runStage, type StageResult, type Unit } from './run-stage.js';
import type { TargetSide } from './verify-target.js';

/** A value that the target holds otherwise than the shard; null is NULL. `expected` has the unknown-value in its place. */
export interface ValueDifference {
  readonly key: string;
  readonly column: string;
  readonly expected: string | null;
  readonly found: string | null;
}

/** What reading one shard's rows back has shown. */
export interface DeepCheck {
  readonly shard: ShardEntry;
  readonly differs: boolean;
  /** Rows that the target lacks, holds without the shard, or holds more than once: how many, and the least keys. */
  readonly faults: Readonly<Record<RowFault, { readonly rows: number; readonly keys: readonly string[] }>>;
  /** Differing values by column, where there are any. */
  readonly columns: readonly { readonly column: string; readonly rows: number }[];
  /** The least keys of each column, as many as are shown. */
  readonly values: readonly ValueDifference[];
}

export interface DeepTools {
  readonly side: TargetSide;
  readonly dataset: JoinedDataset;
  readonly engine: Engine;
  /** Shards of which a reader sees other rows than are stored. */
  readonly hiding: ReadonlySet<string>;
}

/** Rows that one statement at the target reads back: each reads the whole table where its order is not the key's. */
const rowsMax = 4_000_000;
/** Columns that are compared at a time: the join holds no more of a shard than these. */
const columnsMax = 16;
/** Keys and values that are shown of a shard, a column each. */
const shownMax = 20;

/** Neighbouring shards that are read back together. */
function groupsOf(shards: readonly ShardEntry[]): ShardEntry[][] {
  const groups: ShardEntry[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const shard of shards) {
    if (rows + shard.rows > rowsMax) {
      groups.push([]);
      rows = 0;
    }
    groups.at(-1)?.push(shard);
    rows += shard.rows;
  }
  return groups;
}

/**
 * Reads the shards' rows back from the target, as a reader sees them, and compares every value with the shard's file. What
 * was read lies in a file of the data folder while it is compared. Units of the stage are groups of shards.
 */
export async function verifyDeep(
  context: Context,
  tools: DeepTools,
  shards: readonly ShardEntry[],
): Promise<{ checks: DeepCheck[]; result: StageResult }> {
  const checks: DeepCheck[] = [];
  const { columns } = sharedColumns(tools.dataset, tools.side.live);
  const units = groupsOf(shards).map((group): Unit => {
    const [first, last] = [group[0], group.at(-1)];
    const rows = group.reduce((sum, shard) => sum + shard.rows, 0);
    return {
      name: `${first?.first}-${last?.last}`,
      rows,
      run: async (progress) => {
        let done = 0;
        const onRows = (more: number): void => {
          done += more;
          progress({ rows: done, bytes: 0 });
        };
        checks.push(...(await inHalves(group, (some) => readBack(context, tools, columns, some, onRows))));
        return { rows, bytes: 0 };
      },
    };
  });
  const result = await runStage(context, { stage: 'verify', units, alreadyDone: 0, note: 'every value is read back' });
  return { checks: checks.sort((a, b) => (BigInt(a.shard.first) < BigInt(b.shard.first) ? -1 : 1)), result };
}

async function readBack(
  { layout, run, signal }: Context,
  { side: { client, live }, dataset, engine, hiding }: DeepTools,
  columns: readonly CertifiedColumn[],
  group: readonly ShardEntry[],
  onRows: (more: number) => void,
): Promise<DeepCheck[]> {
  const compared = comparedColumns(columns);
  const folder = spillDir(layout);
  const name = `verify-${run}-${group[0]?.first}`;
  const [found, unknown] = [join(folder, `${name}.parquet`), join(folder, `${name}-unknown.parquet`)];
  const final = group.some(({ file }) => hiding.has(file));
  await makeFolder(folder);
  try {
    const settings = { ...readBackSettings, ...finalSettings(live) };
    const rows = readBackSql(live, dataset.key.name, group.map(shardRange), columns, final);
    await client.save(rows, found, settings);
    await client.save(unknownRowSql(columns), unknown, settings);
    const checks: DeepCheck[] = [];
    for (const shard of group) {
      if (signal.aborted) throw signal.reason;
      const files = { found, unknown, shard: shard.rows === 0 ? undefined : inShards(layout, shard.file) };
      const keys = { key: dataset.key.name, first: BigInt(shard.first), last: BigInt(shard.last) };
      checks.push(await compareShard(engine, shard, { ...files, ...keys }, compared));
      onRows(shard.rows);
    }
    return checks;
  } finally {
    await removeFile(found);
    await removeFile(unknown);
  }
}

function comparedColumns(columns: readonly CertifiedColumn[]): ComparedColumn[] {
  return columns.map(({ column, carriedType, carried, live }) => {
    const formed = formOf('c', live, carried);
    if (formed === undefined) throw new Error(`${column.name}: ${carriedType} cannot be compared`);
    return { name: column.name, type: carriedType, form: formed.form };
  });
}

async function compareShard(
  engine: Engine,
  shard: ShardEntry,
  of: Comparison,
  columns: readonly ComparedColumn[],
): Promise<DeepCheck> {
  const faultOf = async (fault: RowFault): Promise<[RowFault, { rows: number; keys: string[] }]> => {
    const rows = await engine.rows(rowFaultSql(of, fault, shownMax));
    return [fault, { rows: Number(rows[0]?.[1] ?? 0), keys: rows.map(([key]) => String(key)) }];
  };
  const faults: [RowFault, { rows: number; keys: string[] }][] = [];
  for (const fault of rowFaults) faults.push(await faultOf(fault));
  const differing: { column: string; rows: number }[] = [];
  const values: ValueDifference[] = [];
  for (let from = 0; from < columns.length; from += columnsMax) {
    const slice = columns.slice(from, from + columnsMax);
    const [counts = []] = await engine.rows(countDifferencesSql(of, slice, from));
    for (const [at, column] of slice.entries()) {
      const rows = Number(counts[at] ?? 0);
      if (rows === 0) continue;
      differing.push({ column: column.name, rows });
      for (const [key, expected, found] of await engine.rows(differencesSql(of, column, from + at, shownMax))) {
        values.push({ key: String(key), column: column.name, expected: textOf(expected), found: textOf(found) });
      }
    }
  }
  const differs = differing.length > 0 || faults.some(([, { rows }]) => rows > 0);
  const byFault = Object.fromEntries(faults) as unknown as DeepCheck['faults'];
  return { shard, differs, faults: byFault, columns: differing, values };
}

const textOf = (value: unknown): string | null => (value === null || value === undefined ? null : String(value));
