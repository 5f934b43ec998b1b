import { parseColumnType } from '../core/column-type.js';
import { messageOf, usageError } from '../core/errors.js';
import { parseKind } from '../core/kinds.js';
import { type Column, type Dataset, type Source, tableColumns } from './declaration.js';

const policies: readonly Column['misfit'][] = ['reject', 'unknown', 'clamp'];
const accesses: readonly NonNullable<Source['access']>[] = ['range', 'one-pass'];
const places: readonly Column['place'][] = ['target', 'live', 'shard', 'version'];

/**
 * Throws DATASET_INVALID naming everything in the declaration that cannot be right, before any server is asked. Names
 * that differ by case only are refused with both spellings: the joining engine takes them for one, and so do people.
 */
export function checkDataset(dataset: Dataset): void {
  const problems = [
    ...nameProblems(dataset),
    ...dataset.sources.flatMap(sourceProblems),
    ...dataset.sources.flatMap(accessProblems),
    ...dataset.columns.flatMap(columnProblems),
    ...tableProblems(dataset),
    ...conditionProblems(dataset),
  ];
  if (problems.length === 0) return;
  throw usageError('DATASET_INVALID', `dataset ${dataset.name}: ${problems.join('; ')}`, 'change the declaration');
}

/** Pairs of names that are one without regard to case. */
function twins(names: readonly string[], what: string): string[] {
  const seen = new Map<string, string>();
  return names.flatMap((name) => {
    const other = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    if (other === undefined) return [];
    return [other === name ? `${what} "${name}" twice` : `${what} "${other}" and "${name}" differ by case only`];
  });
}

/** A name that becomes a file's or a folder's: it must stay in its folder, and be the same on every file system. */
function fileNameProblems(name: string, what: string): string[] {
  const isSafe = name !== '' && name === name.toLowerCase() && !/[/\\:*?"<>|\p{Cc}]|^\.|[. ]$/u.test(name);
  return isSafe ? [] : [`${what} "${name}" cannot name a file (lower case, no slashes, no dot at its ends)`];
}

function nameProblems({ name, sources, columns }: Dataset): string[] {
  return [
    ...fileNameProblems(name, 'the name'),
    ...sources.flatMap((source) => fileNameProblems(source.name, 'source')),
    ...twins(
      sources.map((source) => source.name),
      'sources',
    ),
    ...twins(
      columns.map((column) => column.name),
      'columns',
    ),
    ...sources.flatMap((source) => twins(Object.keys(source.columns), `${source.name}: columns`)),
  ];
}

function accessProblems({ name, role, access }: Source): string[] {
  if (access === undefined) return [];
  if (!accesses.includes(access)) return [`${name}: there is no access "${access}" (${accesses.join(', ')})`];
  return role === 'lookup' ? [`${name}: a lookup is read whole, and has no access`] : [];
}

function sourceProblems({ name, key, columns, reduce }: Source): string[] {
  const kinds = Object.entries(columns).flatMap(([column, kind]) => {
    try {
      parseKind(kind);
      return [];
    } catch (error) {
      return [`${name}.${column}: ${messageOf(error)}`];
    }
  });
  if (kinds.length > 0) return kinds;
  const keyKind = columns[key] === undefined ? undefined : parseKind(columns[key]);
  const others = Object.entries(columns).filter(([column]) => column !== key);
  const isAny = reduce.rows === 'any' && others.some(([, kind]) => parseKind(kind).type !== 'flag');
  return [
    ...(keyKind?.type === 'int' || keyKind?.type === 'bool' ? [] : [`${name}: its key ${key} is no integer column`]),
    ...(isAny ? [`${name}: rows are OR-ed (any), which is for flags only`] : []),
  ];
}

function columnProblems({ name, type, place, misfit, unknown }: Column): string[] {
  const { type: parsed, nullable } = parseColumnType(type);
  return [
    ...(places.includes(place) ? [] : [`${name}: there is no place "${place}"`]),
    ...(policies.includes(misfit) ? [] : [`${name}: there is no policy "${misfit}" for a misfit`]),
    ...(parsed.base === 'other' ? [`${name}: the type ${type} cannot be filled`] : []),
    ...(parsed.base === 'enum' && !nullable && unknown === undefined
      ? [`${name}: an Enum has no value for unknown: declare one (unknown), or make it Nullable`]
      : []),
    ...(parsed.base === 'array' && nullable ? [`${name}: an Array cannot be Nullable`] : []),
  ];
}

function tableProblems(dataset: Dataset): string[] {
  const { key, table, columns, sources } = dataset;
  const driving = sources.filter((source) => source.role === 'driving');
  const names = new Set(tableColumns(dataset).map((column) => column.name));
  const keyType = parseColumnType(columns.find(({ name }) => name === key.name)?.type ?? '').type;
  const digits = keyType.base === 'int' && keyType.bits <= 32 ? 10 : 20;
  return [
    ...(driving.length === 1 ? [] : [`it needs one driving source, and has ${driving.length}`]),
    ...(keyType.base === 'int' ? [] : [`its key ${key.name} is no integer column`]),
    ...(keyType.base !== 'int' || key.digits === digits ? [] : [`names of its key's type have ${digits} digits`]),
    ...(columns.some(({ name, place }) => name === table.version && place === 'version')
      ? []
      : [`its version ${table.version} is no column of the place "version"`]),
    ...table.orderBy.filter((name) => !names.has(name)).map((name) => `its order names ${name}, which is no column`),
    ...(table.orderBy.includes(key.name) ? [] : [`its order lacks the key ${key.name}: rows would replace each other`]),
  ];
}

/** A declaration may come from a file: what is optional may be there in another shape. */
function conditionProblems({ sentinels = [], queries = [] }: Dataset): string[] {
  return Object.entries({ sentinels, queries }).flatMap(([what, conditions]) => {
    const whole = Array.isArray(conditions) && conditions.every(({ name, sql }) => name && sql);
    return whole ? [] : [`its ${what} are no list of names, each with its sql`];
  });
}
