import { readExports, readShards } from '../src/manifest/manifest.js';
import { readPlan } from '../src/manifest/plan-file.js';
import { optionsInForce } from '../src/pipeline/join-plan.js';
import type { Places } from '../src/pipeline/places.js';
import { valueTypes } from '../src/sql/value-types.js';
import { openSqlEngine, type Session, shardsDataset } from './session.js';

/** The files of the data folder and the engine that reads them. The engine is closed with the session. */
export async function openPlaces(session: Session): Promise<Places> {
  const { layout } = session;
  const dataset = shardsDataset(session);
  const plan = await readPlan(layout);
  const exports = [...(await readExports(layout)).values()];
  const shards = [...(await readShards(layout)).values()];
  const engine = await openSqlEngine(session);
  session.closing.push(() => engine.close());
  const usual = Object.fromEntries(dataset.options.map(({ name, values }) => [name, values[0] ?? '']));
  const options = plan ? optionsInForce(dataset, plan, dataset.joined ?? {}) : { ...usual, ...dataset.joined };
  return { dataset, layout, plan, exports, shards, engine, options, types: await valueTypes(engine, dataset, options) };
}
