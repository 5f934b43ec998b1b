import { idOf } from './ids.js';
import type { Sample } from './sample.js';

/** A value that does not fit its column at the target. */
export interface BadValue {
  readonly imageId: number;
  readonly table: string;
  readonly column: string;
  readonly value: number;
}

/** Table, column at the source, value. One of them an image, from `firstIndex` on in steps of `step`. */
const plans: readonly (readonly [table: string, column: string, value: number])[] = [
  ['Images', 'site_name_id', 256],
  ['Images', 'site_name_id', -1],
  ['Images', 'gender_id', 300],
  ['Images', 'age_id', -3],
  ['Images', 'age_detail_id', 256],
  ['Images', 'location_id', 65_536],
  ['Images', 'location_id', -1],
  ['Images', 'h', 70_000],
  ['Images', 'w', -1],
  ['Encodings', 'is_dupe_of', -1],
  ['ImagesBodyPoses3D256', 'cluster_id', -1],
  ['ImagesBodyPoses3D512', 'cluster_id', 65_536],
  ['ImagesBodyPoses3D768', 'cluster_id', -32_768],
  ['ImagesHandsGestures32', 'cluster_id', 256],
  ['ImagesHandsGestures64', 'cluster_id', -1],
  ['ImagesHandsPositions128', 'cluster_id', 1000],
  ['ImagesHSV', 'cluster_id', -1],
  ['ImagesTopics', 'topic_id', -1],
  ['ImagesTopics', 'topic_id2', 65_536],
  ['ImagesTopics', 'topic_id3', 2 ** 31 - 1],
  ['ImagesKeywords', 'keyword_id', -1],
  ['ImagesEthnicity', 'ethnicity_id', 256],
  ['ImagesEthnicity', 'ethnicity_id', -1],
  ['Detections', 'class_id', 256],
  ['Detections', 'class_id', -1],
];

const firstIndex = 40;
const step = 10;

/** The bad value of an image in one table, or undefined. */
export function badValueAt(sample: Sample, table: string, index: number): BadValue | undefined {
  if (!sample.badValues || (index - firstIndex) % step !== 0) return undefined;
  const plan = plans[(index - firstIndex) / step];
  if (plan === undefined || plan[0] !== table) return undefined;
  return { imageId: idOf(sample, index), table, column: plan[1], value: plan[2] };
}

/** Every image that must be rejected, in image_id order; empty unless the sample has bad values. */
export function badValues(sample: Sample): readonly BadValue[] {
  if (!sample.badValues) return [];
  return plans.flatMap(([table, column, value], at) => {
    const index = firstIndex + at * step;
    return index < sample.images ? [{ imageId: idOf(sample, index), table, column, value }] : [];
  });
}

/**
 * Upload dates at and beyond the end of what a DateTime can hold, which the upload_date column turns into its
 * unknown-value instead of rejecting them (the first one fits).
 */
export function lateDateAt(sample: Sample, index: number): string | undefined {
  if (!sample.badValues) return undefined;
  return { 45: '2106-02-07', 55: '2106-02-08', 65: '9999-12-31' }[index];
}
