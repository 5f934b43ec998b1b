import type { Dataset, JoinedDataset } from '../dataset/declaration.js';
import type { Engine } from '../sql/engine.js';
import { shardTypes } from '../sql/join-query.js';
import { valueTypes } from '../sql/value-types.js';
import { type Finding, stopped } from './finding.js';

/**
 * What the shards of the declaration will carry, which decides what a live column must hold: no file is read. A column
 * whose values have no way into its declared type is a finding.
 */
export async function checkConversions(
  dataset: Dataset,
  engine: Pick<Engine, 'describe'>,
): Promise<{ joined: JoinedDataset; findings: Finding[] }> {
  const options = Object.fromEntries(dataset.options.map(({ name, values }) => [name, values[0] ?? '']));
  try {
    const carried = shardTypes(dataset, await valueTypes(engine, dataset, options));
    return { joined: { ...dataset, carried: Object.fromEntries(carried) }, findings: [] };
  } catch (error) {
    return { joined: dataset, findings: [stopped('dataset', error)] };
  }
}
