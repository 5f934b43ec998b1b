import { TransloadError } from '../core/errors.js';
import type { Dataset, Source } from '../dataset/declaration.js';
import type { SourceServer } from '../sources/source.js';
import type { Servers } from './context.js';
import { type Figures, type Finding, stopped, warning } from './finding.js';
import { columnProblems } from './resolve-sources.js';
import { type NamedClock, type ServerName, serverFindings } from './server-findings.js';
import { charsetFindings, type SourceLook, sourceFindings } from './source-findings.js';

/** What one source server was found to be. */
export interface ServerCheck {
  readonly findings: readonly Finding[];
  readonly clock: NamedClock | undefined;
  readonly looks: readonly SourceLook[];
}

const engines = {
  mysql: { name: 'MySQL', prefix: 'MYSQL' },
  mongo: { name: 'MongoDB', prefix: 'MONGO' },
} as const satisfies Record<Source['engine'], ServerName>;

/**
 * Looks at one source server and at every source that is read from it: by the catalogue, statistics, EXPLAIN and a few
 * hundred index entries, never by a scan. Changes nothing. A server that is not configured is said.
 */
export async function checkServer(
  dataset: Dataset,
  servers: Servers,
  engine: Source['engine'],
  figures: Figures,
): Promise<ServerCheck> {
  const { name, prefix } = engines[engine];
  const sources = dataset.sources.filter((source) => source.engine === engine);
  const server = servers[engine];
  if (sources.length === 0) return { findings: [], clock: undefined, looks: [] };
  if (server === undefined) return { findings: [notConfigured(engine)], clock: undefined, looks: [] };
  try {
    const facts = await server.facts();
    const findings = serverFindings({ name, prefix }, facts);
    const clock = { name, clock: facts.clock };
    const looks: SourceLook[] = [];
    for (const source of sources) {
      try {
        const look = await lookAt(server, source);
        looks.push(look);
        findings.push(...sourceFindings(look, figures));
      } catch (error) {
        findings.push(stopped(source.name, error));
        // What is lost for one is lost for all.
        if (error instanceof TransloadError && error.retryable) break;
      }
    }
    findings.push(...charsetFindings(name, looks));
    return { findings, clock, looks };
  } catch (error) {
    return { findings: [stopped(name, error)], clock: undefined, looks: [] };
  }
}

function notConfigured(engine: Source['engine']): Finding {
  const { name, prefix } = engines[engine];
  return engine === 'mysql'
    ? warning(
        name,
        'MYSQL_URL is not set: nothing can be exported',
        'set it in .env (.env.example shows how), or see:',
        ['make demo'],
      )
    : warning(name, 'MONGO_URL is not set: the migration goes without it', `nothing, or set ${prefix}_URL in .env`);
}

async function lookAt(server: SourceServer, source: Source): Promise<SourceLook> {
  const found = await server.find(source);
  if (found === undefined || columnProblems(source, found).length > 0) {
    return { source, found, spread: undefined, facts: undefined };
  }
  const isChosen = source.role !== 'lookup' && source.access === undefined;
  const spread = isChosen ? await server.spread(source, found) : undefined;
  return { source, found, spread, facts: await server.explain(source, found) };
}
