import { type ColumnType, isUtc, parseColumnType } from '../core/column-type.js';
import type { Column, Dataset, JoinedDataset } from '../dataset/declaration.js';
import { carriedType } from './carried.js';
import type { LiveColumn, LiveTable } from './live-table.js';
import { keyParts, namesIn } from './sorting-key.js';

/** One difference between the declaration and the live table (target.md, rule 7). */
export interface Difference {
  readonly column: string;
  readonly declared: string;
  readonly live: string;
  /** What is wrong with it, and what would help. */
  readonly what: string;
  /** True where nothing may be loaded because of it. */
  readonly stops: boolean;
}

const daylike = new Set(['date', 'date32', 'datetime', 'datetime64']);

/** A day: Date reaches to 2149, DateTime to 2106, DateTime64 of nine digits from 1900 to 2262 only. */
function dayHolds(declared: ColumnType, live: ColumnType): boolean {
  if (declared.base === 'datetime') return daylike.has(live.base);
  if (declared.base === 'date') return daylike.has(live.base) && live.base !== 'datetime';
  if (live.base === 'date32') return true;
  return live.base === 'datetime64' && (!isShort(live) || isShort(declared));
}

/** A DateTime64 whose nine digits leave 64 bits for less than 600 years. */
const isShort = (type: ColumnType): boolean => type.base === 'datetime64' && type.precision > 8;

/** A moment keeps its digits and, as far as the declared type reaches, its range. */
function momentHolds(declared: ColumnType, live: ColumnType): boolean {
  if (declared.base === 'datetime') return live.base === 'datetime' || live.base === 'datetime64';
  if (declared.base !== 'datetime64' || live.base !== 'datetime64') return false;
  return live.precision === declared.precision || (live.precision > declared.precision && live.precision < 9);
}

/**
 * True where every value of `declared` fits `live` unchanged: the same type or a wider one. `carried` is what the shard
 * holds: a day may go where a moment may not.
 */
export function typeHolds(declared: ColumnType, live: ColumnType, carried = ''): boolean {
  if (daylike.has(declared.base)) {
    return carried.startsWith('TIMESTAMP') ? momentHolds(declared, live) : dayHolds(declared, live);
  }
  switch (declared.base) {
    case 'bool':
      return live.base === 'bool' || live.base === 'int';
    case 'int':
      if (live.base !== 'int') return false;
      if (live.unsigned === declared.unsigned) return live.bits >= declared.bits;
      return declared.unsigned && live.bits > declared.bits;
    case 'decimal':
      if (live.base !== 'decimal') return false;
      return live.scale >= declared.scale && live.precision - live.scale >= declared.precision - declared.scale;
    case 'float32':
      return live.base === 'float32' || live.base === 'float64';
    case 'fixedstring':
      return live.base === 'string' || (live.base === 'fixedstring' && live.bytes === declared.bytes);
    case 'enum':
      if (live.base === 'string') return true;
      return live.base === 'enum' && declared.labels.every((label) => live.labels.includes(label));
    case 'uuid':
      return live.base === 'uuid' || live.base === 'string';
    case 'array':
      if (live.base !== 'array' || (declared.nullableElements && !live.nullableElements)) return false;
      return typeHolds(declared.element, live.element, carried.slice(0, -2));
    default:
      return declared.base !== 'other' && declared.base === live.base;
  }
}

/** Why a column of the declaration cannot go into the live one; undefined where it can. */
function obstacle(column: Column, carried: string, live: LiveColumn, serverZone: string): string | undefined {
  if (isComputed(live)) return 'the server computes it: nothing can be inserted';
  if (live.defaultKind === 'EPHEMERAL') return 'an EPHEMERAL column keeps nothing of what is inserted';
  const [declared, found] = [parseColumnType(column.type), parseColumnType(live.type)];
  if (!typeHolds(declared.type, found.type, carried)) return misfit(declared.type, found.type);
  if (/LowCardinality\((?:Nullable\()?Float/.test(live.type)) return 'LowCardinality would make 0 of -0.0';
  const needsUnknown = declared.nullable || found.type.base === 'enum';
  if (needsUnknown && !found.nullable && column.unknown === undefined) {
    return 'it cannot hold NULL: make it Nullable, or declare what stands for unknown';
  }
  const innermost = found.type.base === 'array' ? found.type.element : found.type;
  const zone = 'zone' in innermost ? (innermost.zone ?? serverZone) : undefined;
  if (/^TIMESTAMP(?:\[\])?$/.test(carried) && !isUtc(zone)) {
    return `its values are clock times without a zone: make it ${column.type} (a reader would see them in ${zone})`;
  }
  return undefined;
}

/** Which values would not fit, where that can be said in a few words. */
function misfit(declared: ColumnType, live: ColumnType): string {
  if (declared.base !== 'enum' || live.base !== 'enum') return 'not every value would fit';
  const lacking = declared.labels.filter((label) => !live.labels.includes(label));
  const more = lacking.length > 1 ? ` and ${lacking.length - 1} more` : '';
  return `not every value would fit: it lacks the label '${lacking[0]}'${more}`;
}

const isComputed = ({ defaultKind }: LiveColumn): boolean => defaultKind === 'MATERIALIZED' || defaultKind === 'ALIAS';

/** Engines that make one row of several by adding or cancelling: an image would not stay what it is. */
const mergingEngines = /(?:Summing|Aggregating|Collapsing|Coalescing|Graphite)/;

/** The table as a whole: what its engine and its sorting key would do to the rows. */
function tableDifferences(dataset: Dataset, live: LiveTable): Difference[] {
  const { engine, version, orderBy } = dataset.table;
  const isReplacing = live.engine.endsWith('ReplacingMergeTree');
  const engineLine = (what: string, stops: boolean): Difference => {
    const [declared, found] = isReplacing
      ? [`${engine}(${version})`, `${live.engine}(${live.versionColumn ?? ''})`]
      : [engine, live.engine];
    return { column: '(engine)', declared, live: found, what, stops };
  };
  const keyLine = (what: string, stops: boolean): Difference => {
    return { column: '(sorting key)', declared: orderBy.join(', '), live: live.sortingKey, what, stops };
  };
  const found: Difference[] = [];
  if (mergingEngines.test(live.engine)) found.push(engineLine('merges rows into one', true));
  else if (!live.engine.endsWith(engine)) {
    found.push(engineLine('old versions stay until transload removes them', false));
  } else if (isReplacing && live.versionColumn === '') {
    found.push(engineLine('of several rows, the one that was inserted last stays', false));
  } else if (isReplacing && live.versionColumn !== undefined && live.versionColumn !== version) {
    found.push(engineLine(`rows of a new load would lose against old ones of a greater ${live.versionColumn}`, true));
  }
  const parts = keyParts(live.sortingKey);
  const names = parts.map((part) => ('name' in part ? part.name : undefined));
  if (isReplacing && !names.includes(dataset.key.name)) {
    const isInside = parts.some((part) => 'expression' in part && namesIn(part.expression).has(dataset.key.name));
    const where = isInside ? 'stands in it inside an expression only' : 'is not in it';
    found.push(keyLine(`${dataset.key.name} ${where}: rows of different keys would replace each other`, true));
  } else if (names.length !== orderBy.length || orderBy.some((name, at) => name !== names[at])) {
    found.push(keyLine('queries that lean on the declared order are slower', false));
  }
  return found;
}

/** Compares the live table with the declaration; an empty list means that the load may start. */
export function compareTable(dataset: JoinedDataset, live: LiveTable): Difference[] {
  const found: Difference[] = tableDifferences(dataset, live);
  const stop = (column: string, declared: string, liveType: string, what: string): void => {
    found.push({ column, declared, live: liveType, what, stops: true });
  };
  const wanted = dataset.columns.filter(({ place }) => place !== 'shard');
  const byName = new Map(live.columns.map((column) => [column.name, column]));
  for (const column of wanted) {
    const { name, type, place } = column;
    const [here, near] = [byName.get(name), nearNames(live, name)];
    if (near !== undefined) {
      const both = here && `${name} and ${near.name} differ by case only: drop or rename one`;
      stop(name, type, `${near.name} ${near.type}`, both ?? 'the name differs by case only: rename it');
    } else if (here === undefined) {
      if (place !== 'live') stop(name, type, '(missing)', 'add it: its values would be lost');
    } else {
      const why = place === 'version' ? undefined : obstacle(column, carriedType(dataset, column), here, live.zone);
      if (why !== undefined) stop(name, type, `${here.type} ${here.defaultKind}`.trim(), why);
      else if (place === 'version') found.push(...versionDifferences(column, here));
    }
  }
  const declared = new Set(wanted.map(({ name }) => name.toLowerCase()));
  for (const { name, type, defaultKind } of live.columns) {
    const needsNothing = ['MATERIALIZED', 'ALIAS', 'EPHEMERAL'].includes(defaultKind);
    if (declared.has(name.toLowerCase()) || needsNothing) continue;
    const filled = defaultKind !== '' || parseColumnType(type).nullable;
    const what = filled ? 'gets its default' : 'has no default: give it one, or make it Nullable';
    found.push({ column: name, declared: '(none)', live: type, what, stops: !filled });
  }
  return found;
}

/** A live column of the same letters in another case: nobody can say which one is meant. */
const nearNames = (live: LiveTable, name: string): LiveColumn | undefined =>
  live.columns.find((one) => one.name !== name && one.name.toLowerCase() === name.toLowerCase());

/** The version is a moment in whole seconds: any DateTime holds it. */
function versionDifferences({ name, type }: Column, live: LiveColumn): Difference[] {
  const { type: found, nullable } = parseColumnType(live.type);
  const isMoment = found.base === 'datetime' || found.base === 'datetime64';
  if (isMoment && !nullable && !isComputed(live) && live.defaultKind !== 'EPHEMERAL') return [];
  return [
    {
      column: name,
      declared: type,
      live: `${live.type} ${live.defaultKind}`.trim(),
      what: 'it must hold the version',
      stops: true,
    },
  ];
}
