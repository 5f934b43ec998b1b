import { badValueAt } from './bad-values.js';
import { idOf, orphanAfter } from './ids.js';
import { Random, streams } from './random.js';
import type { Row, Sample } from './sample.js';

/** A cluster table: its clusters are numbered from 0, `percent` of the images have a row. */
export interface ClusterTable {
  readonly name: string;
  readonly clusters: number;
  readonly percent: number;
}

/** The cluster tables of every sample. */
export const clusterTables: readonly ClusterTable[] = [
  { name: 'ImagesBodyPoses3D256', clusters: 256, percent: 50 },
  { name: 'ImagesBodyPoses3D512', clusters: 512, percent: 51 },
  { name: 'ImagesBodyPoses3D768', clusters: 768, percent: 49 },
  { name: 'ImagesHandsGestures32', clusters: 32, percent: 38 },
  { name: 'ImagesHandsGestures64', clusters: 64, percent: 37 },
  { name: 'ImagesHandsPositions128', clusters: 128, percent: 40 },
  { name: 'ImagesHSV', clusters: 23, percent: 97 },
];

/** The optional table, whose key nobody knows: several rows an image occur. */
const faceClusterTable: ClusterTable = { name: 'ImagesClusters', clusters: 4096, percent: 45 };

/** The row of a cluster table for one image, and rows of images that do not exist. */
export function clusterRows(sample: Sample, table: ClusterTable, place: number, index: number): Row[] {
  const random = new Random(sample.seed, streams.clusters + place, index);
  const rows: Row[] = [];
  const bad = badValueAt(sample, table.name, index);
  if (random.chance(table.percent) || bad !== undefined) {
    const clusterId = random.chance(6) ? 0 : random.below(table.clusters);
    const distance = random.chance(2) ? null : Math.fround(random.float() * 12);
    const unknown = bad === undefined && random.chance(1);
    rows.push([idOf(sample, index), bad?.value ?? (unknown ? null : clusterId), distance]);
  }
  const orphan = orphanAfter(sample, index, 500, 5);
  if (orphan !== undefined) rows.push([orphan, random.below(table.clusters), 0.5]);
  return rows;
}

/** Rows of the optional table: the least distance wins, NULL last, then the lowest cluster. */
export function faceClusterRows(sample: Sample, index: number): Row[] {
  const rows = clusterRows(sample, faceClusterTable, clusterTables.length, index);
  const id = idOf(sample, index);
  switch (index % 37) {
    case 3:
      return [
        [id, 900, 0.5],
        [id, 12, 0.75],
        [id, 400, 0.25],
      ];
    case 4:
      return [
        [id, 7, 0.5],
        [id, 0, 0.5],
        [id, 3, null],
      ];
    case 5:
      return [
        [id, 2, null],
        [id, 4095, 11.5],
      ];
    case 6:
      return [
        [id, 9, null],
        [id, 8, null],
      ];
    default:
      return rows;
  }
}
