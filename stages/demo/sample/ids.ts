import type { Sample } from './sample.js';

const blockSize = 50;

/** The first image after the one large gap. */
function gapIndex(sample: Sample): number {
  return Math.max(1, Math.floor(sample.images * 0.6));
}

/**
 * The image_id of the image with this index (0 to images - 1), ascending from 1: two ids are missing after every 50
 * images, 37 after every 1,009, `gap` in one place, and the last image stands 500 ids apart.
 */
export function idOf(sample: Sample, index: number): number {
  const small = 2 * Math.floor(index / blockSize) + 37 * Math.floor(index / 1009);
  const large = index >= gapIndex(sample) ? sample.gap : 0;
  const tail = index > 0 && index === sample.images - 1 ? 500 : 0;
  return 1 + index + small + large + tail;
}

/** The greatest image_id. */
export function lastId(sample: Sample): number {
  return idOf(sample, sample.images - 1);
}

/** An id right after the image's that no image has, or undefined: once every 50 images, and beyond the last image. */
function missingIdAfter(sample: Sample, index: number): number | undefined {
  if (index === sample.images - 1) return idOf(sample, index) + 7;
  return index % blockSize === blockSize - 1 ? idOf(sample, index) + 1 : undefined;
}

/**
 * An id without an image for about every `period`th image (a multiple of 50), `phase` blocks apart, and always one
 * beyond the last image.
 */
export function orphanAfter(sample: Sample, index: number, period: number, phase: number): number | undefined {
  const due = index === sample.images - 1 || Math.floor(index / blockSize) % (period / blockSize) === phase;
  return due ? missingIdAfter(sample, index) : undefined;
}

/** An id in the middle of the one large gap, or undefined where the sample has none. */
export function gapMiddle(sample: Sample): number | undefined {
  if (sample.gap < 100 || sample.images < 2) return undefined;
  return idOf(sample, gapIndex(sample)) - Math.floor(sample.gap / 2);
}
