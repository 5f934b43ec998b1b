import { exits, TransloadError, usageError } from '../core/errors.js';
import { kindHolds, parseKind } from '../core/kinds.js';
import type { Dataset, Source } from '../dataset/declaration.js';
import { hashOf } from '../manifest/atomic-file.js';
import type { PlannedSource } from '../manifest/plan-file.js';
import type { FoundTable, SourceServer } from '../sources/source.js';
import { chooseAccess } from './choose-access.js';
import type { Servers } from './context.js';

/** Counts up when export files of the same declaration would hold something else than before. */
const exportFormat = 1;

export interface ResolvedSources {
  readonly sources: readonly PlannedSource[];
  readonly absent: readonly { name: string; reason: string }[];
}

/** The server that a source is read from; throws NOT_CONFIGURED where its URL is missing. */
export function serverOf(servers: Servers, source: Pick<Source, 'engine' | 'name'>): SourceServer {
  const server = servers[source.engine];
  if (server) return server;
  const variable = source.engine === 'mysql' ? 'MYSQL_URL' : 'MONGO_URL';
  throw usageError(
    'NOT_CONFIGURED',
    `${source.name} is read from ${source.engine === 'mysql' ? 'MySQL' : 'MongoDB'}, but ${variable} is not set`,
    `set ${variable} in .env (see .env.example), or try \`make demo\` first`,
  );
}

/** Decides about a source's export files: files of another hash are made again. */
function sourceHash(source: Source, table: string): string {
  const { engine, role, key, columns } = source;
  return hashOf({ exportFormat, engine, role, key, columns, table: table.toLowerCase() });
}

/** Columns of the declaration that the table lacks, or has of a type that does not fit, in words. */
export function columnProblems(source: Source, found: FoundTable): string[] {
  const live = new Map(Object.entries(found.live).map(([name, type]) => [name.toLowerCase(), type]));
  return Object.entries(source.columns).flatMap(([name, declared]) => {
    const type = live.get(name.toLowerCase());
    if (type === undefined) return [`${found.table}.${name} is missing`];
    if (source.engine === 'mongo') return [];
    return holds(declared, type)
      ? []
      : [`${found.table}.${name} is ${type}, which does not fit the declared ${declared}`];
  });
}

function checkColumns(source: Source, found: FoundTable): void {
  const problems = columnProblems(source, found);
  if (problems.length > 0) {
    throw usageError('SOURCE_SCHEMA', problems.join('; '), 'change the columns of the source in the dataset');
  }
}

function holds(declared: string, live: string): boolean {
  try {
    return kindHolds(parseKind(declared), parseKind(live));
  } catch {
    return false;
  }
}

/** What the plan says already stays, while the table has the index: half a source is not read in another way. */
async function accessOf(
  server: SourceServer,
  source: Source,
  found: FoundTable,
  known: PlannedSource | undefined,
): Promise<PlannedSource['access']> {
  const asked = source.access === undefined && source.role !== 'lookup' && found.index !== undefined;
  if (asked && known?.access === 'one-pass' && known.index === found.index) return known.access;
  if (asked && known?.access === 'range') return known.access;
  return chooseAccess(source, found, asked ? await server.spread(source, found) : undefined).access;
}

async function resolve(
  server: SourceServer,
  source: Source,
  known: PlannedSource | undefined,
): Promise<PlannedSource | undefined> {
  const found = await server.find(source);
  if (found === undefined) return undefined;
  checkColumns(source, found);
  const hash = sourceHash(source, found.table);
  const names = new Map(Object.keys(found.live).map((name) => [name.toLowerCase(), name]));
  return {
    name: source.name,
    engine: source.engine,
    role: source.role,
    table: found.table,
    hash,
    access: await accessOf(server, source, found, known?.hash === hash ? known : undefined),
    index: found.index ?? null,
    live: Object.fromEntries(
      Object.keys(source.columns).map((name) => [name, found.live[names.get(name.toLowerCase()) ?? ''] ?? '']),
    ),
    estimate: found.estimate ?? null,
  };
}

/**
 * Looks every source of the dataset up at its server. A missing mandatory table stops; a missing optional one is said.
 * `known`: the sources of the plan, whose way of being read was chosen before.
 */
export async function resolveSources(
  dataset: Dataset,
  servers: Servers,
  known: readonly PlannedSource[] = [],
): Promise<ResolvedSources> {
  const sources: PlannedSource[] = [];
  const absent: { name: string; reason: string }[] = [];
  for (const source of dataset.sources) {
    if (source.engine === 'mongo' && servers.mongo === undefined && source.optional) {
      absent.push({ name: source.name, reason: 'MONGO_URL is not set' });
      continue;
    }
    const before = known.find(({ name }) => name === source.name);
    const planned = await resolve(serverOf(servers, source), source, before);
    if (planned) {
      sources.push(planned);
      continue;
    }
    const names = [source.table, ...source.aliases].join(' or ');
    const reason = `no ${source.engine === 'mysql' ? 'table' : 'collection'} ${names} at the source`;
    if (!source.optional) {
      throw new TransloadError(
        exits.usage,
        'SOURCE_MISSING',
        `${source.name}: ${reason}`,
        "if it was renamed, add its new name to the source's aliases in the dataset",
      );
    }
    absent.push({ name: source.name, reason });
  }
  return { sources, absent };
}
