import { randomInt } from 'node:crypto';
import { usageError } from '../src/core/errors.js';
import type { Event } from '../src/core/events.js';
import type { SampleEvent } from '../src/core/sample-event.js';
import type { ShardEntry } from '../src/manifest/entries.js';
import { readLedger } from '../src/manifest/ledger.js';
import type { Plan } from '../src/manifest/plan-file.js';
import type { Servers } from '../src/pipeline/context.js';
import { keysMax, type LoadedTable } from '../src/pipeline/places.js';
import { serverOf } from '../src/pipeline/resolve-sources.js';
import { sampleKeys } from '../src/pipeline/sample.js';
import type { SampleRequest } from '../src/pipeline/sample-keys.js';
import { positive } from './config.js';
import { openPlaces } from './places.js';
import { cells } from './readable-cell.js';
import { count } from './sentences.js';
import { openServers, type Session, shardsDataset, switchOf } from './session.js';

const seedsBelow = 2 ** 32;
const screen = 80;
/** Columns of the screen for a value, and differences that are drawn; JSON=1 has all. */
const valueWidth = 18;
const shownMax = 20;

export interface Sampling extends SampleRequest {
  readonly servers: Servers;
}

/** What SAMPLE= and SEED= ask for, with the servers that it takes; throws what is wrong with them before anything is done. */
export async function sampleRequest(session: Session, plan: Plan | undefined): Promise<Sampling | undefined> {
  if (!session.env.SAMPLE) return undefined;
  const keys = positive(session.env, 'SAMPLE', 1000);
  if (keys > keysMax) {
    throw usageError('SAMPLE_LARGE', `SAMPLE=${keys} is more than ${keysMax}`, 'SAMPLE=1000 does; DEEP=1 compares all');
  }
  const seed = positive(session.env, 'SEED', randomInt(1, seedsBelow));
  const servers = await openServers(session);
  const dataset = shardsDataset(session);
  const absent = new Set((plan?.absent ?? dataset.without ?? []).map(({ name }) => name));
  for (const source of dataset.sources) if (!absent.has(source.name)) serverOf(servers, source);
  return { keys, seed, servers };
}

/** SAMPLE= of `make verify`: random ids of these shards straight from their sources. Gives how many of them differ. */
export async function sampleIds(
  session: Session,
  shards: readonly ShardEntry[],
  table: Omit<LoadedTable, 'ledger'>,
  { servers, ...request }: Sampling,
): Promise<number> {
  const places = { ...(await openPlaces(session)), shards };
  const ledger = await readLedger(session.layout, session.target);
  const sampled = await sampleKeys(places, servers, { ...table, ledger }, request);
  if (switchOf(session, 'JSON')) session.report(sampled);
  else for (const event of sampleScreen(sampled, places.dataset.sources, session.target)) session.report(event);
  return sampled.different;
}

/** What a person sees of a sample. */
function sampleScreen(sampled: SampleEvent, sources: readonly { readonly engine: string }[], target: string): Event[] {
  const { keys, rejected, different, differences, seed, notes } = sampled;
  const engines = new Set(sources.map(({ engine }) => (engine === 'mysql' ? 'MySQL' : 'MongoDB')));
  const aside = rejected === 0 ? '' : ` (${count(rejected)} of them rejected)`;
  const result = different === 0 ? 'equal' : `${count(different)} DIFFER`;
  const lines = notes.map((text): Event => ({ event: 'note', text }));
  const table: Event = {
    event: 'table',
    title: 'ids that differ',
    head: ['id', 'column', 'expected', 'found', 'where'],
    rows: differences
      .slice(0, shownMax)
      .map(({ key, column, expected, found, where }) => [
        ...[key, column, ...cells([expected], [found], valueWidth)],
        where,
      ]),
    width: screen,
  };
  const more = differences.length - shownMax;
  const words = `${count(keys)} ids${aside} compared with ${[...engines].join(' and ')}: ${result} (SEED=${seed})`;
  return [
    ...lines,
    ...(differences.length === 0 ? [] : [table]),
    ...(more > 0 ? [{ event: 'text', text: `  and ${count(more)} values more: JSON=1 has all` } as const] : []),
    ...(differences[0]
      ? [{ event: 'text', text: `  side by side: ${showCommand(differences[0].key, target)}` } as const]
      : []),
    { event: 'text', text: words },
  ];
}

const showCommand = (key: string, target: string): string =>
  `make show ID=${key}${target === 'embedded' ? '' : ` TARGET=${target}`}`;
