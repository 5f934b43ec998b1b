import { resolve } from 'node:path';
import type { Layout } from '../manifest/layout.js';
import { readExports, readShards } from '../manifest/manifest.js';
import { freeBytes } from './disk-space.js';
import { type Figures, type Finding, fine, warning } from './finding.js';
import type { SourceLook } from './source-findings.js';

/** Bytes of export files, and of shards, for a byte of exported columns before compression (docs/check.md has the measurement). */
const exportShare = 0.4;
const shardShare = 0.35;

/** What the columns to be exported take before compression, by the servers' statistics. */
export interface SourceSize {
  readonly rows: number;
  readonly bytes: number;
  readonly tables: number;
  /** Sources of which the server has no statistics. */
  readonly unknown: readonly string[];
}

/** Adds up rows and bytes of the sources that are there. Pure. */
export function sourceSize(looks: readonly SourceLook[]): SourceSize {
  const there = looks.filter(({ found }) => found !== undefined);
  const known = there.flatMap(({ found, facts }) => {
    const [rows, rowBytes] = [found?.estimate, facts?.rowBytes];
    return rows === undefined || rowBytes === undefined ? [] : [{ rows, bytes: rows * rowBytes }];
  });
  const isKnown = ({ found, facts }: SourceLook): boolean =>
    found?.estimate !== undefined && facts?.rowBytes !== undefined;
  return {
    rows: known.reduce((sum, { rows }) => sum + rows, 0),
    bytes: known.reduce((sum, { bytes }) => sum + bytes, 0),
    tables: known.length,
    unknown: there.filter((look) => !isKnown(look)).map(({ source }) => source.name),
  };
}

/** Bytes that the shards of all rows take, roughly. */
export const shardBytes = ({ bytes }: SourceSize): number => bytes * shardShare;

/**
 * Free space of the disk that has, or will have, the data folder against what export and join have still to write.
 * `driving`: rows that will be joined; `more`: bytes that an embedded target will take in the same folder.
 */
export async function checkDisk(
  layout: Layout,
  size: SourceSize,
  driving: number,
  more: number,
  figures: Figures,
): Promise<Finding> {
  const rowsOf = (entries: ReadonlyMap<string, { readonly rows: number }>): number =>
    [...entries.values()].reduce((sum, { rows }) => sum + rows, 0);
  const left = (done: number, all: number): number => (all > 0 ? Math.max(0, 1 - done / all) : 0);
  const [exportsLeft, shardsLeft] = [
    left(rowsOf(await readExports(layout)), size.rows),
    left(rowsOf(await readShards(layout)), driving),
  ];
  const needed = size.bytes * exportShare * whole(exportsLeft) + shardBytes(size) * whole(shardsLeft) + more;
  return diskFinding({ folder: resolve(layout.dataDir), free: await freeBytes(layout.dataDir), size, needed, figures });
}

/** Statistics are not exact: the last few percent are none. */
const whole = (share: number): number => (share < 0.1 ? 0 : share);

interface Disk {
  readonly folder: string;
  readonly free: number;
  readonly size: SourceSize;
  /** Bytes that are still to be written. */
  readonly needed: number;
  readonly figures: Figures;
}

/** The judgement of `checkDisk`, with its basis. Pure. */
export function diskFinding({ folder, free, size, needed, figures }: Disk): Finding {
  const { count, bytes } = figures;
  const room = `${bytes(free)} free for ${folder}`;
  if (size.rows === 0) return fine('disk', room);
  if (needed === 0) return fine('disk', `${room}; what is to be exported and joined is there`);
  const unknown = size.unknown.length > 0 ? `; nothing is known of ${size.unknown.join(', ')}` : '';
  const basis = `${count(size.rows)} rows of ${size.tables} tables × ${bytes(size.bytes / size.rows)} in the exported columns, by the servers' statistics; compressed, exported and joined`;
  const text = `${room}, about ${bytes(needed)} to be written (${basis}${unknown})`;
  if (free >= needed) return fine('disk', text);
  return warning('disk', text, 'make room, or work in a folder on a larger disk:', [
    'make export DATA_DIR=/mnt/large/data',
  ]);
}
