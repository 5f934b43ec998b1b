import { badValueAt } from './bad-values.js';
import { idOf, orphanAfter } from './ids.js';
import { Random, streams } from './random.js';
import type { Row, Sample } from './sample.js';

/** The columns of Detections in the order of the rows below. */
export const detectionColumns = [
  'detection_id',
  'image_id',
  'class_id',
  'obj_no',
  'bbox',
  'conf',
  'bbox_norm',
  'hue',
  'sat',
  'lum',
  'val',
  'cluster_id',
  'meta_cluster_id',
  'orientation',
  'exclude',
];

type Found = readonly [classId: number, conf: number];

/** Cases of the rule for the top class, by index modulo 61: ties and near ties that a careless choice gets wrong. */
const ties: Readonly<Record<number, readonly Found[]>> = {
  // Same number, same confidence: the lowest class, which is 0.
  7: [
    [67, 0.75],
    [0, 0.75],
  ],
  // Most rows beats the higher confidence.
  8: [
    [5, 0.875],
    [3, 0.25],
    [3, 0.125],
  ],
  // Same number: the higher confidence beats the lower class.
  9: [
    [2, 0.5],
    [7, 0.8125],
  ],
  // Same number and same greatest confidence, reached by different rows.
  10: [
    [67, 0.625],
    [4, 0.125],
    [67, 0.25],
    [4, 0.625],
  ],
  // Unknown confidences count.
  11: [
    [0, -1],
    [0, -1],
    [67, 0.5],
  ],
  12: [[119, -1]],
  13: [[0, 0]],
};

function found(index: number, random: Random): readonly Found[] {
  const tie = ties[index % 61];
  if (tie !== undefined) return tie;
  if (index % 4999 === 17) return Array.from({ length: 120 }, (_, at) => [119 - at, random.float()] as const);
  if (random.chance(35)) return [];
  return Array.from({ length: 1 + random.below(4) }, () => {
    const draw = random.below(100);
    const classId = draw < 45 ? 0 : draw < 57 ? 67 : random.below(120);
    const conf = random.chance(1) ? -1 : random.chance(12) ? 0.5 : random.float();
    return [classId, conf] as const;
  });
}

function box(random: Random): string {
  const left = random.below(2000);
  const top = random.below(2000);
  return `{"left": ${left}, "right": ${left + random.below(900)}, "top": ${top}, "bottom": ${top + random.below(900)}}`;
}

function row(random: Random, detectionId: number, imageId: number, [classId, conf]: Found, objNo: number): Row {
  const colours = random.chance(30);
  return [
    detectionId,
    imageId,
    classId,
    objNo,
    box(random),
    conf,
    random.chance(3) ? box(random) : null,
    colours ? random.float() : null,
    colours ? random.float() : null,
    colours ? random.float() : null,
    colours ? random.float() : null,
    random.chance(10) ? random.below(64) : null,
    random.chance(5) ? random.below(16) : null,
    random.chance(5) ? random.below(8) : null,
    random.flag(5, 90),
  ];
}

/** The rows of Detections that come with one image; 128 detection ids are set aside for each. */
export function detectionRows(sample: Sample, index: number): Row[] {
  const random = new Random(sample.seed, streams.detections, index);
  const id = idOf(sample, index);
  const firstId = index * 128 + 1;
  const bad = badValueAt(sample, 'Detections', index);
  const list =
    bad === undefined ? found(index, random) : [...found(index, random).slice(0, 3), [bad.value, 0.5] as const];
  const numbers = new Map<number, number>();
  const rows = list.map((each, at) => {
    const objNo = (numbers.get(each[0]) ?? 0) + 1;
    numbers.set(each[0], objNo);
    return row(random, firstId + at, id, each, objNo);
  });
  const orphan = orphanAfter(sample, index, 250, 2);
  if (orphan !== undefined) rows.push(row(random, firstId + 127, orphan, [67, 0.5], 1));
  return rows;
}
