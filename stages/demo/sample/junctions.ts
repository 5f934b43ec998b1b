import { badValueAt } from './bad-values.js';
import { gapMiddle, idOf, orphanAfter } from './ids.js';
import { Random, streams } from './random.js';
import type { Row, Sample } from './sample.js';

/** Number 11 and the last three have no row in Ethnicity; 0 is not a value there. */
const ethnicityIds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 11, 99, 255];

/** The rows of ImagesKeywords for one image: about 10, now and then 400 (more than 1,024 bytes once listed). */
export function keywordRows(sample: Sample, index: number): Row[] {
  const random = new Random(sample.seed, streams.keywords, index);
  const id = idOf(sample, index);
  const rows: Row[] = [];
  const bad = badValueAt(sample, 'ImagesKeywords', index);
  if (bad !== undefined) rows.push([id, bad.value]);
  const many = index % 997 === 40;
  const count = many ? 400 : index % 23 === 4 ? 0 : random.below(22);
  const stride = many ? 60 : 2000;
  let keyword = 0;
  for (let i = 0; i < count; i += 1) {
    keyword += 1 + random.below(stride);
    rows.push([id, keyword]);
  }
  if (index % 1499 === 60) rows.push([id, 2 ** 31 - 1]);
  const orphan = orphanAfter(sample, index, 100, 0);
  if (orphan !== undefined) rows.push([orphan, 1 + random.below(1900)], [orphan, 2000]);
  const inGap = index === 0 ? gapMiddle(sample) : undefined;
  if (inGap !== undefined) rows.push([inGap, 5]);
  // A key no unsigned column holds, of an image that does not exist.
  if (sample.badValues && index === 0) rows.push([-5, 7]);
  return rows;
}

/** The rows of ImagesEthnicity for one image: none for most, up to all of them. */
export function ethnicityRows(sample: Sample, index: number): Row[] {
  const random = new Random(sample.seed, streams.ethnicity, index);
  const id = idOf(sample, index);
  const rows: Row[] = [];
  const bad = badValueAt(sample, 'ImagesEthnicity', index);
  if (bad !== undefined) rows.push([id, bad.value]);
  if (index % 1013 === 12) {
    for (const each of ethnicityIds) rows.push([id, each]);
  } else if (index % 41 === 6) {
    // Each value alone, so that no flag can hide behind another one.
    rows.push([id, ethnicityIds[Math.floor(index / 41) % ethnicityIds.length] ?? 1]);
  } else if (random.chance(28)) {
    const first = random.below(ethnicityIds.length);
    rows.push([id, ethnicityIds[first] ?? 1]);
    const second = random.below(ethnicityIds.length);
    if (random.chance(25) && second !== first) rows.push([id, ethnicityIds[second] ?? 1]);
  }
  const orphan = orphanAfter(sample, index, 250, 3);
  if (orphan !== undefined) rows.push([orphan, 9]);
  return rows;
}
