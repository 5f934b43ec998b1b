import type { Source } from '../dataset/declaration.js';
import type { SourceFacts } from '../sources/facts.js';
import type { FoundTable, KeySpread } from '../sources/source.js';
import { chooseAccess } from './choose-access.js';
import { type Figures, type Finding, fine, warning } from './finding.js';
import { columnProblems } from './resolve-sources.js';

/** What was learned about one source; `facts` are left out where its columns are not as declared. */
export interface SourceLook {
  readonly source: Source;
  readonly found: FoundTable | undefined;
  readonly spread: KeySpread | undefined;
  readonly facts: SourceFacts | undefined;
}

/** How one source is there, and how it will be read. Pure. */
export function sourceFindings(look: SourceLook, figures: Figures): Finding[] {
  const { source, found, facts } = look;
  if (found === undefined) return [missing(source)];
  const problems = columnProblems(source, found);
  if (problems.length > 0 || facts === undefined) {
    const hint = `change the columns of ${source.name} in the dataset, or the table; a column that this user may not SELECT looks missing too`;
    return [{ what: source.name, level: 'stop', found: problems.join('; '), hint }];
  }
  return [accessFinding(look, found, facts, figures), ...doubledKeys(source, found, facts)];
}

function missing(source: Source): Finding {
  const names = [source.table, ...source.aliases].join(' or ');
  const text = `no ${names}${source.engine === 'mysql' ? ' that this user may read' : ''}`;
  const hint = `where it has another name, add that to the aliases of ${source.name} in the dataset`;
  if (source.optional) return warning(source.name, `${text}: taken as empty`, `nothing, where there is none; ${hint}`);
  return { what: source.name, level: 'stop', found: text, hint };
}

/** By what the rows of a range are found; a table that has to be read whole for it is a warning. */
function accessFinding(
  { source, spread }: SourceLook,
  found: FoundTable,
  facts: SourceFacts,
  { count, bytes }: Figures,
): Finding {
  const { plan } = facts;
  const rows = found.estimate === undefined ? [] : [`about ${count(found.estimate)} rows`];
  // Its own name is known from the line's beginning.
  const isAlias = found.table.toLowerCase() !== source.table.toLowerCase();
  const table = [...(isAlias || rows.length === 0 ? [found.table] : []), ...rows].join(', ');
  const { access, why } = chooseAccess(source, found, spread);
  if (access === 'lookup') return fine(source.name, `${table}, read whole`);
  const how = access === 'one-pass' ? 'read in one pass, not range by range' : 'read range by range';
  if (found.index === undefined) {
    const hint = 'it works as it is; an index lets it go on range by range:';
    return warning(source.name, `${table}: ${how} (${why})`, hint, [facts.indexStatement ?? '']);
  }
  if (access === 'range' && plan !== undefined && plan.index === undefined) {
    const text = `${table}: the server would read all of it for every range (${plan.word}), in spite of the index ${found.index}`;
    const hint = "new statistics may help; else say access: 'one-pass' for it in the dataset";
    return warning(source.name, text, hint, source.engine === 'mysql' ? [`ANALYZE TABLE ${facts.qualified};`] : []);
  }
  if (why !== '') return fine(source.name, `${table}: ${how} (${why})`);
  const unique = found.unique ? 'unique' : 'not unique';
  const size = spread === undefined ? '' : `; its ${bytes(spread.tableBytes)} fit into the server's memory`;
  const word = plan === undefined ? '' : `${plan.word} `;
  return fine(source.name, `${table}: ${word}by ${plan?.index ?? found.index}, ${unique}${size}`);
}

/** A source that is declared to have one row a key, where nothing at its server sees to that. */
function doubledKeys(source: Source, found: FoundTable, { doublesStatement }: SourceFacts): Finding[] {
  if (source.reduce.rows !== 'one' || found.unique) return [];
  const text = `${found.table}: no unique index on ${source.key}, and the dataset expects one row a key: a shard that meets a key twice is not made (KEYS_DOUBLED)`;
  const hint = 'where this finds any, declare how they become one (reduce in the dataset), or remove them:';
  return [warning(source.name, text, hint, [doublesStatement])];
}

/** Bytes of these are UTF-8 already. */
const asTheyAre = new Set(['utf8mb3', 'utf8', 'ascii']);
const statementsMax = 3;

/** In which character sets the texts are, and what becomes of those that are no UTF-8. Pure. */
export function charsetFindings(name: string, looks: readonly SourceLook[]): Finding[] {
  const what = `${name} texts`;
  const columns = looks.flatMap(({ source, found, facts }) =>
    Object.entries(facts?.charsets ?? {}).map(([column, charset]) => ({
      ...{ source, table: found?.table, column, charset, qualified: facts?.qualified },
    })),
  );
  if (columns.length === 0) return [];
  const others = [...new Set(columns.map(({ charset }) => charset))].filter((charset) => charset !== 'utf8mb4');
  if (others.length === 0) return [fine(what, 'all utf8mb4, and so is the connection')];
  return others.sort().map((charset) => {
    const those = columns.filter((one) => one.charset === charset);
    const list = those.map(({ table, column }) => `${table}.${column}`).join(', ');
    if (asTheyAre.has(charset)) return fine(what, `${charset}: ${list}; taken as they are, they are UTF-8`);
    if (charset !== 'latin1') {
      const text = `${charset}: ${list}; converted to UTF-8. A text that does not survive the way back stops the export with its key`;
      return warning(what, text, 'nothing, until an export stops: then repair that row at the source');
    }
    const text = `latin1: ${list}; converted to UTF-8. UTF-8 that a program put there as it was would arrive doubled (Ã© for é)`;
    const statements = those.slice(0, statementsMax).map(({ source, qualified, column }) => {
      return `SELECT \`${source.key}\`, \`${column}\` FROM ${qualified} WHERE HEX(\`${column}\`) REGEXP '^(..)*[89A-F]' LIMIT 5;`;
    });
    return warning(what, text, 'see whether the letters are right:', statements);
  });
}
