import { damagedError } from '../core/errors.js';
import type { Dataset, JoinedDataset } from './declaration.js';

/** Reads a resolved declaration (dataset.json); throws DATASET_DAMAGED naming the file. */
export function datasetFromJson(text: string, path: string): JoinedDataset {
  const problem = ((): string | undefined => {
    try {
      const parsed = JSON.parse(text) as Partial<Dataset>;
      if (parsed.format !== 1) return 'its format is not 1: it was written by another version of transload';
      const whole =
        parsed.name && parsed.key && parsed.table && Array.isArray(parsed.columns) && Array.isArray(parsed.sources);
      return whole ? undefined : 'it is no dataset declaration';
    } catch {
      return 'it is no JSON';
    }
  })();
  if (problem)
    throw damagedError('DATASET_DAMAGED', `${path}: ${problem}`, 'restore it from a copy, or run `make join` again');
  return JSON.parse(text) as JoinedDataset;
}
