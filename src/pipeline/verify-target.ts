import {
  type Certificate,
  type CertificateRequest,
  readCertificates,
  unknownValues,
} from '../clickhouse/certificate.js';
import { certifiedColumns, type Uncompared } from '../clickhouse/certified-columns.js';
import type { ClickHouse } from '../clickhouse/client.js';
import { countFinal, countRanges } from '../clickhouse/counts.js';
import type { LiveTable } from '../clickhouse/live-table.js';
import { rowsOutside } from '../clickhouse/swap-tables.js';
import { lastKey, mergeNeighbours } from '../core/ranges.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import type { ShardEntry } from '../manifest/entries.js';
import { type CertificateFinding, checkCertificate } from './certificate-check.js';
import { inHalves } from './halves.js';
import { shardRange } from './load-plan.js';

export interface TargetSide {
  readonly client: ClickHouse;
  readonly live: LiveTable;
  /** The versions that this data folder has loaded; empty where it has loaded nothing. */
  readonly own: ReadonlySet<number>;
}

/** Rows that this data folder did not load, with the least key of some of them. */
export interface ForeignRows {
  readonly rows: number;
  readonly example: string;
}

/** Stored rows whose keys lie in none of the shards, or undefined where there are none. `shards` are all that there are. */
export async function rowsBeyond(
  { client, live }: TargetSide,
  { key }: JoinedDataset,
  shards: readonly ShardEntry[],
): Promise<ForeignRows | undefined> {
  const ranges = mergeNeighbours(shards.map(shardRange)).map((range) => ({ first: range.from, last: lastKey(range) }));
  const { outside, example } = await rowsOutside(client, live, key.name, ranges);
  return outside === 0 ? undefined : { rows: outside, example };
}

/** What the target holds of one shard. */
export interface TargetCheck extends CertificateFinding {
  /** Rows that are stored, old ones that no merge has removed yet among them. */
  readonly stored: number;
  /** Rows that a reader sees with FINAL. */
  readonly read: number;
  /** Looked for where something differs. */
  readonly foreign?: ForeignRows;
}

export interface TargetChecks {
  /** In the order of the shards. */
  readonly shards: readonly TargetCheck[];
  /** Columns that were compared. */
  readonly columns: number;
  readonly uncompared: readonly Uncompared[];
}

/**
 * Compares each shard's certificate with the target's own figures, without the source: all shards in one scan of what is
 * stored and one count with FINAL. Where both agree a reader sees what is stored; the other shards are read with FINAL.
 */
export async function verifyTarget(
  side: TargetSide,
  dataset: JoinedDataset,
  shards: readonly ShardEntry[],
): Promise<TargetChecks> {
  const { client, live } = side;
  const key = dataset.key.name;
  const { columns, uncompared } = certifiedColumns(dataset, live);
  const unknowns = await unknownValues(client, columns);
  const certificates = (some: readonly ShardEntry[], final: boolean): Promise<Certificate[]> => {
    const request: CertificateRequest = { live, key, ranges: some.map(shardRange), columns, unknowns, final };
    return readCertificates(client, request);
  };
  const stored = await inHalves(shards, (some) => certificates(some, false));
  const read = await inHalves(shards, (some) => countFinal(client, live, key, some.map(shardRange)));
  const hiding = shards.filter((_, index) => stored[index]?.rows !== read[index]);
  const seen = hiding.length === 0 ? [] : await inHalves(hiding, (some) => certificates(some, true));
  const final = new Map(hiding.map((shard, index) => [shard, seen[index]]));
  const checks = shards.map((shard, index): TargetCheck => {
    const [there, rows] = [stored[index], read[index] ?? 0];
    const certificate = final.get(shard) ?? there ?? { rows: 0, columns: [] };
    return { ...checkCertificate(shard, certificate, columns, unknowns, key), stored: there?.rows ?? 0, read: rows };
  });
  const wrong = checks.flatMap(({ otherKeys, columns: found, stored: there, read: seen }, index) => {
    return otherKeys || there !== seen || found.some(({ kind }) => kind === 'differs') ? [index] : [];
  });
  const foreign = await foreignRows(
    side,
    dataset,
    wrong.map((index) => shards[index] as ShardEntry),
  );
  for (const [place, index] of wrong.entries()) {
    const [check, rows] = [checks[index], foreign[place]];
    if (check !== undefined && rows !== undefined) checks[index] = { ...check, foreign: rows };
  }
  return { shards: checks, columns: columns.length, uncompared };
}

/** Rows of other versions than this data folder's, by shard; where it has loaded nothing, none is anybody else's. */
async function foreignRows(
  { client, live, own }: TargetSide,
  { key, table }: JoinedDataset,
  shards: readonly ShardEntry[],
): Promise<(ForeignRows | undefined)[]> {
  if (own.size === 0 || !live.columns.some(({ name }) => name === table.version)) return [];
  const counts = await countRanges(client, live, key.name, table.version, shards.map(shardRange));
  return counts.map((count) => {
    const others = [...count].filter(([version]) => !own.has(version)).map(([, found]) => found);
    const [least] = others.map(({ example }) => example).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
    if (least === undefined) return undefined;
    return { rows: others.reduce((sum, { rows }) => sum + rows, 0), example: least };
  });
}
