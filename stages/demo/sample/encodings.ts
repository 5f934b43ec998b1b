import { badValueAt } from './bad-values.js';
import { factsOf } from './facts.js';
import { idOf, orphanAfter } from './ids.js';
import { Random, streams } from './random.js';
import type { Row, Sample, Value } from './sample.js';

/** The columns of Encodings that are filled; the BLOB and JSON columns stay NULL to keep the sample light. */
export const encodingColumns = [
  'encoding_id',
  'image_id',
  'is_face',
  'is_body',
  'is_face_distant',
  'face_x',
  'face_y',
  'face_z',
  'mouth_gap',
  'mongo_encodings',
  'mongo_body_landmarks',
  'mongo_face_landmarks',
  'is_small',
  'mongo_body_landmarks_norm',
  'two_noses',
  'is_dupe_of',
  'mongo_hand_landmarks',
  'mongo_hand_landmarks_norm',
  'is_face_no_lms',
  'is_feet',
  'mongo_body_landmarks_3D',
  'is_hand_left',
  'is_hand_right',
  'pitch',
  'yaw',
  'roll',
];

/** Values that a double, truncated to three digits, gets wrong, and the ends of DECIMAL(6,3). */
const edges = ['2.034', '-2.034', '0.000', '-0.001', '0.001', '180.000', '-180.000', '999.999', '-999.999', '4.035'];

/** A DECIMAL(6,3) between -limit and +limit thousandths, made of integers only. */
function decimal(random: Random, limit: number): string {
  const thousandths = random.below(2 * limit + 1) - limit;
  const digits = Math.abs(thousandths).toString().padStart(4, '0');
  return `${thousandths < 0 ? '-' : ''}${digits.slice(0, -3)}.${digits.slice(-3)}`;
}

function decimalOrNull(random: Random, limit: number, percentNull: number): string | null {
  const value = decimal(random, limit);
  if (random.chance(percentNull)) return null;
  return random.chance(2) ? random.pick(edges) : value;
}

/** The primary key of an image's k-th row: its order inside a block of 4,096 images has nothing to do with image_id. */
function encodingId(index: number, k: number): number {
  const block = index - (index % 4096);
  return (block + (((index % 4096) * 1597 + 911) % 4096)) * 4 + k + 1;
}

/** What the source says of a fact: mostly the truth, at times nothing, at times the opposite (a stale mark). */
function told(random: Random, truth: boolean, percentNull: number, percentStale: number): 0 | 1 | null {
  const stale = random.chance(percentStale);
  if (random.chance(percentNull)) return null;
  return truth === stale ? 0 : 1;
}

function dupeOf(random: Random, id: number): number | null {
  const earlier = 1 + random.below(Math.min(id, 2_000_000));
  if (!random.chance(5)) return random.chance(2) ? 0 : null;
  return random.chance(40) ? 1 : earlier;
}

function row(sample: Sample, index: number, k: number, imageId: number | null): Value[] {
  const random = new Random(sample.seed, streams.encodings + k * 1000, index);
  const facts = factsOf(sample, index);
  const face = told(random, facts.face, 12, k === 0 ? 0 : 50);
  const percentNull = face === 1 ? 5 : 90;
  return [
    encodingId(index, k),
    imageId,
    face,
    told(random, facts.body, 15, 0),
    random.flag(10, 50),
    decimalOrNull(random, 45_000, percentNull),
    decimalOrNull(random, 60_000, percentNull),
    decimalOrNull(random, 180_000, percentNull),
    decimalOrNull(random, 30_000, percentNull),
    random.flag(60, 10),
    random.flag(60, 10),
    random.flag(50, 20),
    random.flag(8, 40),
    random.flag(40, 30),
    random.flag(1, 80),
    dupeOf(random, imageId ?? 1),
    random.flag(40, 30),
    random.flag(40, 40),
    random.flag(6, 50),
    random.flag(20, 45),
    random.flag(40, 45),
    told(random, facts.leftHand, 25, 8),
    told(random, facts.rightHand, 25, 8),
    decimalOrNull(random, 90_000, 70),
    decimalOrNull(random, 180_000, 70),
    decimalOrNull(random, 180_000, 70),
  ];
}

/** The rows of Encodings that come with one image: usually 0 or 1, more where the sample is an older copy. */
export function encodingRows(sample: Sample, index: number): Row[] {
  const random = new Random(sample.seed, streams.encodings - 1000, index);
  const bad = badValueAt(sample, 'Encodings', index);
  const rows: Value[][] = [];
  if (random.chance(77) || bad !== undefined) rows.push(row(sample, index, 0, idOf(sample, index)));
  if (sample.oldEncodings && index % 9 === 3) {
    const more = 1 + random.below(2);
    for (let k = 1; k <= more; k += 1) rows.push(row(sample, index, k, idOf(sample, index)));
  }
  if (bad !== undefined) {
    for (const each of rows) each[encodingColumns.indexOf(bad.column)] = bad.value;
  }
  if (index % 1500 === 700) rows.push(row(sample, index, 3, null));
  const orphan = orphanAfter(sample, index, 500, 1);
  if (orphan !== undefined) rows.push(row(sample, index, 3, orphan));
  return rows;
}
