import { badValueAt } from './bad-values.js';
import { idOf, orphanAfter } from './ids.js';
import { Random, streams } from './random.js';
import type { Row, Sample, Value } from './sample.js';

/** The columns of ImagesTopics in the order of the rows below. */
export const topicColumns = [
  'image_id',
  'topic_id',
  'topic_score',
  'topic_id2',
  'topic_score2',
  'topic_id3',
  'topic_score3',
];

function topicId(random: Random): number {
  return random.chance(12) ? 0 : random.below(64);
}

/** A score of 0.35 up to 0.95 with as many digits as a FLOAT has: six digits are not enough to tell it. */
function score(random: Random): number {
  return Math.fround(0.35 + random.float() * 0.6);
}

/** A row of a first run of the topic model; the shapes of NULL take their turns. */
function firstRow(sample: Sample, index: number): Value[] {
  const random = new Random(sample.seed, streams.topics, index);
  const id = idOf(sample, index);
  const second = random.chance(70) ? topicId(random) : null;
  const third = second !== null && random.chance(60) ? topicId(random) : null;
  const row: Value[] = [
    id,
    topicId(random),
    score(random),
    second,
    second === null ? null : Math.fround(random.float() * 0.35),
    third,
    third === null ? null : Math.fround(random.float() * 0.2),
  ];
  // Each of these stands alone: an id without a score, scores without ids, nothing at all, a score of 0.
  if (index % 97 === 1) row.splice(1, 2, 1 + random.below(63), null);
  if (index % 97 === 2) row[1] = null;
  if (index % 97 === 3) row.splice(3, 2, null, 0.25);
  if (index % 97 === 4) row.splice(1, 6, null, null, null, null, null, null);
  if (index % 97 === 5) row.splice(5, 2, null, 0.125);
  if (index % 97 === 6) row[2] = 0;
  return row;
}

/**
 * What later runs of the model added for the image. Two rows of an image never agree in topic and score and differ
 * in the rest, and a score whose topic is NULL is always lower than the image's best: target.md settles neither.
 */
function laterRows(sample: Sample, index: number, first: readonly Value[]): Row[] {
  const random = new Random(sample.seed, streams.topics + 1000, index);
  const id = idOf(sample, index);
  const best = typeof first[2] === 'number' ? first[2] : 0.5;
  const topic = typeof first[1] === 'number' ? first[1] : 5;
  const other = (topic + 1 + random.below(62)) % 64;
  const rest: Value[] = [topicId(random), Math.fround(random.float() * 0.1), null, null];
  switch (index % 29) {
    case 7: // An exact copy.
      return [[...first]];
    case 8: // A tie in score: the lowest topic wins, whichever came first.
      return [
        [id, other, best, ...rest],
        [id, (other + 1) % 64, best, 9, Math.fround(0.01), 0, 0.0078125],
      ];
    case 9: // A better one, which lacks what the older row has.
      return [[id, other, Math.fround(0.95 + random.float() * 0.04), null, null, null, null]];
    case 10: // A worse one with higher values beside it: MAX by column would mix them.
      return [[id, 63, Math.fround(random.float() * 0.3), 63, 0.25, 63, 0.25]];
    case 11: // Without a score: last, although it came later and has a lower topic.
      return [[id, 0, null, 1, 0.25, null, null]];
    case 12: // Scores without topics.
      return [[id, null, Math.fround(random.float() * 0.3), null, 0.25, null, 0.125]];
    default:
      return [];
  }
}

const shapesOfNull = 7;

/** The row of ImagesTopics that a first run of the topic model gave the image, if any, and rows of no image. */
export function topicRows(sample: Sample, index: number): Row[] {
  const random = new Random(sample.seed, streams.topics + 2000, index);
  const rows: Row[] = [];
  const first = firstRow(sample, index);
  const bad = badValueAt(sample, 'ImagesTopics', index);
  if (bad !== undefined) first[topicColumns.indexOf(bad.column)] = bad.value;
  if (random.chance(78) || isPlanned(index) || bad !== undefined) rows.push(first);
  // Two unscored rows and nothing else: the lowest topic, 0, which stands second.
  if (index % 97 === 1) rows.push([idOf(sample, index), 0, null, 2, 0.25, null, null]);
  const orphan = orphanAfter(sample, index, 500, 4);
  if (orphan !== undefined) rows.push([orphan, 3, 0.5, null, null, null, null]);
  if (index % 2500 === 800) rows.push([null, 3, 0.5, null, null, null, null]);
  return rows;
}

function isPlanned(index: number): boolean {
  return index % 97 < shapesOfNull || (index % 29 >= 7 && index % 29 <= 12);
}

/** The rows that re-runs appended to the end of the table. */
export function topicRerunRows(sample: Sample, index: number): Row[] {
  if (index % 97 < shapesOfNull || badValueAt(sample, 'ImagesTopics', index) !== undefined) return [];
  return laterRows(sample, index, firstRow(sample, index));
}
