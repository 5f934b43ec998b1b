import { type ColumnType, isUtc, parseColumnType } from '../core/column-type.js';
import type { Column, Dataset, JoinedDataset } from '../dataset/declaration.js';
import { carriedType } from './carried.js';
import type { LiveColumn, LiveTable } from './live-table.js';

/** One difference between the declaration and the live table (target.md, rule 7). */
export interface Difference {
  readonly column: string;
  readonly declared: string;
  readonly live: string;
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
      return typeHolds(declared.element, live.element);
    default:
      return declared.base !== 'other' && declared.base === live.base;
  }
}

/** Why a column of the declaration cannot go into the live one; undefined where it can. */
function obstacle(column: Column, carried: string, live: LiveColumn, serverZone: string): string | undefined {
  if (live.defaultKind === 'MATERIALIZED' || live.defaultKind === 'ALIAS') {
    return 'the server computes it: nothing can be inserted';
  }
  if (live.defaultKind === 'EPHEMERAL') return 'an EPHEMERAL column keeps nothing of what is inserted';
  const [declared, found] = [parseColumnType(column.type), parseColumnType(live.type)];
  if (!typeHolds(declared.type, found.type, carried)) return 'not every value would fit';
  const needsUnknown = declared.nullable || found.type.base === 'enum';
  if (needsUnknown && !found.nullable && column.unknown === undefined) {
    return 'it cannot hold NULL: make it Nullable, or declare what stands for unknown';
  }
  const zone = 'zone' in found.type ? (found.type.zone ?? serverZone) : undefined;
  if (carried === 'TIMESTAMP' && !isUtc(zone)) {
    return `its values are clock times without a zone: make it ${column.type} (a reader would see them in ${zone})`;
  }
  return undefined;
}

/** Engines that make one row of several by adding or cancelling: an image would not stay what it is. */
const mergingEngines = /(?:Summing|Aggregating|Collapsing|Coalescing|Graphite)/;

/** The table as a whole: what its engine and its sorting key would do to the rows. */
function tableDifferences(dataset: Dataset, live: LiveTable): Difference[] {
  const found: Difference[] = [];
  const { engine, orderBy } = dataset.table;
  if (mergingEngines.test(live.engine)) {
    found.push({ column: '(engine)', declared: engine, live: live.engine, what: 'merges rows into one', stops: true });
  } else if (!live.engine.endsWith(engine)) {
    const what = 'old versions stay until transload removes them';
    found.push({ column: '(engine)', declared: engine, live: live.engine, what, stops: false });
  }
  const isReplacing = live.engine.endsWith('ReplacingMergeTree');
  const names = new Set(identifiersIn(live.sortingKey));
  if (isReplacing && !names.has(dataset.key.name)) {
    const what = `${dataset.key.name} is not in it: rows of different keys would replace each other`;
    found.push({ column: '(sorting key)', declared: orderBy.join(', '), live: live.sortingKey, what, stops: true });
  } else if (identifiersIn(live.sortingKey).join() !== orderBy.join()) {
    const what = 'queries that lean on the declared order are slower';
    found.push({ column: '(sorting key)', declared: orderBy.join(', '), live: live.sortingKey, what, stops: false });
  }
  return found;
}

/** The names in a sorting key, as they are without quotes. */
function identifiersIn(key: string): string[] {
  const names = key.matchAll(/`((?:[^`\\]|\\.)*)`|([A-Za-z_]\w*)/g);
  return [...names].map(([, quoted, bare]) => quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
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
      stop(name, type, `${near.name} ${near.type}`, 'the name differs by case only: rename it');
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
    if (declared.has(name.toLowerCase()) || defaultKind === 'MATERIALIZED' || defaultKind === 'ALIAS') continue;
    const filled = defaultKind !== '' || parseColumnType(type).nullable;
    const what = filled ? 'gets its default' : 'has no default: give it one, or make it Nullable';
    found.push({ column: name, declared: '(none)', live: type, what, stops: !filled });
  }
  return found;
}

/** A live column of the same letters in another case: nobody can say which one is meant. */
const nearNames = (live: LiveTable, name: string): LiveColumn | undefined =>
  live.columns.find((one) => one.name !== name && one.name.toLowerCase() === name.toLowerCase());

/** The version is a moment in whole seconds: any DateTime holds it, and integers of 32 bits and more. */
function versionDifferences({ name, type }: Column, live: LiveColumn): Difference[] {
  const { type: found, nullable } = parseColumnType(live.type);
  const isMoment = found.base === 'datetime' || found.base === 'datetime64';
  const isComputed = live.defaultKind === 'MATERIALIZED' || live.defaultKind === 'ALIAS';
  if (isMoment && !nullable && !isComputed) return [];
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
