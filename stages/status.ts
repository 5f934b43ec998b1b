import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Exit, exits } from '../src/core/errors.js';
import type { Counted } from '../src/manifest/entries.js';
import { ledgerPath } from '../src/manifest/layout.js';
import { readLedger, shardStates } from '../src/manifest/ledger.js';
import { readExports, readShards } from '../src/manifest/manifest.js';
import { readPlan } from '../src/manifest/plan-file.js';
import { presentExports } from '../src/pipeline/export.js';
import { planExport } from '../src/pipeline/export-plan.js';
import { presentShards } from '../src/pipeline/join.js';
import { optionsInForce, planJoin } from '../src/pipeline/join-plan.js';
import { sayRejects } from './rejects.js';
import { bytes, count, oddityText, shortExample } from './sentences.js';
import { contextOf, type Session, shardsDataset } from './session.js';

/** `make status`: what is done, what is left, what was odd, and the next command. Asks no server. */
export async function statusCommand(session: Session): Promise<Exit> {
  const { layout, report } = session;
  const plan = await readPlan(layout);
  const shards = await readShards(layout);
  const exports = await readExports(layout);
  const context = contextOf(session, 'status');
  let next = plan ? '' : 'make export';
  const rows: string[][] = [];
  if (plan) {
    const work = planExport(context, plan, exports, await presentExports(context), undefined);
    const left = work.lookups.length + work.onePass.length + work.ranges.length;
    const sum = [...exports.values()].reduce(
      (total, one) => ({ rows: total.rows + one.rows, bytes: total.bytes + one.bytes }),
      { rows: 0, bytes: 0 },
    );
    rows.push(['export', count(work.done), count(left), count(sum.rows), bytes(sum.bytes)]);
    if (left > 0) next = 'make export';
    const options = optionsInForce(
      session.dataset,
      plan,
      session.env.HANDS ? { hands: session.env.HANDS } : joinedOptions(session),
    );
    const join = planJoin(context, plan, exports, shards, await presentShards(layout), options);
    const joinLeft = join.shards.length + join.waiting.length;
    const total = [...shards.values()].reduce(
      (all, one) => ({ rows: all.rows + one.rows, bytes: all.bytes + one.bytes }),
      { rows: 0, bytes: 0 },
    );
    rows.push(['join', count(join.done), count(joinLeft), count(total.rows), bytes(total.bytes)]);
    if (next === '' && joinLeft > 0) next = 'make join';
  }
  for (const target of await ledgerTargets(session)) {
    const ledger = await readLedger(layout, target);
    const uuid = ledger.at(-1)?.uuid ?? '';
    const states = [...shardStates(ledger, uuid).values()].filter(({ kind }) => kind !== 'started');
    const current = states.filter(({ shard, sha256 }) => shards.get(shard)?.sha256 === sha256);
    const all = [...shards.values()].filter((shard) => shard.rows > 0).length;
    rows.push([
      `load ${target}`,
      count(current.length),
      count(all - current.length),
      count(current.reduce((sum, one) => sum + one.rows, 0)),
      '',
    ]);
    if (next === '' && current.length < all) next = `make load TARGET=${target}`;
  }
  if (rows.length > 0) report({ event: 'table', title: '', head: ['stage', 'done', 'left', 'rows', 'bytes'], rows });
  sayOddities(
    session,
    [...exports.values(), ...shards.values()].map(({ oddities }) => oddities),
  );
  for (const { name, reason } of plan?.absent ?? []) report({ event: 'text', text: `  without ${name}: ${reason}` });
  const rejected = sayRejects(session, shards.values()).trim();
  if (rejected !== '') report({ event: 'text', text: rejected });
  if (next === '')
    next =
      (await ledgerTargets(session)).length > 0
        ? `make verify TARGET=${session.target}`
        : `make load TARGET=${session.target}`;
  report({ event: 'text', text: `next: ${next}` });
  return exits.done;
}

function joinedOptions(session: Session): Record<string, string> {
  return shardsDataset(session).joined ?? {};
}

async function ledgerTargets({ layout }: Session): Promise<string[]> {
  const names = await readdir(dirname(ledgerPath(layout, 'x'))).catch(() => []);
  return names
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => name.slice(0, -6))
    .sort();
}

function sayOddities({ report, dataset }: Session, all: readonly Readonly<Record<string, Counted>>[]): void {
  const once = new Set(dataset.oddities.filter((oddity) => oddity.once).map(({ name }) => name));
  const sums = new Map<string, Counted>();
  for (const oddities of all) {
    for (const [name, { count: found, example }] of Object.entries(oddities)) {
      const known = sums.get(name);
      const sum = once.has(name) ? found : (known?.count ?? 0) + found;
      sums.set(name, { count: sum, example: known?.example ?? example });
    }
  }
  if (sums.size === 0) return;
  const declared = new Map(dataset.oddities.map(({ name, what }) => [name, what]));
  report({
    event: 'table',
    title: 'worth knowing',
    head: ['count', 'example', 'what'],
    rows: [...sums].map(([name, counted]) => [
      count(counted.count),
      shortExample(counted.example),
      oddityText(name, declared),
    ]),
  });
}
