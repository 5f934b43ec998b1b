import { type ColumnType, parseColumnType } from '../core/column-type.js';
import type { Dataset } from '../dataset/declaration.js';
import type { LiveTable } from './live-table.js';

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

/** True where every value of `declared` fits `live` unchanged: the same type or a wider one. */
export function typeHolds(declared: ColumnType, live: ColumnType): boolean {
  if (declared.base === 'bool') return live.base === 'bool' || live.base === 'int';
  if (declared.base === 'int') {
    if (live.base !== 'int') return false;
    if (live.unsigned === declared.unsigned) return live.bits >= declared.bits;
    return declared.unsigned && live.bits > declared.bits;
  }
  if (declared.base === 'decimal') {
    if (live.base !== 'decimal') return false;
    return live.scale >= declared.scale && live.precision - live.scale >= declared.precision - declared.scale;
  }
  if (declared.base === 'float32') return live.base === 'float32' || live.base === 'float64';
  if (declared.base === 'array') return live.base === 'array' && typeHolds(declared.element, live.element);
  if (declared.base === 'datetime') return daylike.has(live.base);
  if (declared.base === 'date') return daylike.has(live.base) && live.base !== 'datetime';
  return declared.base === live.base;
}

/** Compares the live table with the declaration; an empty list means that the load may start. */
export function compareTable(dataset: Dataset, live: LiveTable): Difference[] {
  const byName = new Map(live.columns.map((column) => [column.name, column]));
  const found: Difference[] = [];
  const stop = (column: string, declared: string, liveType: string, what: string): void => {
    found.push({ column, declared, live: liveType, what, stops: true });
  };
  for (const { name, type, place } of dataset.columns) {
    if (place === 'shard') continue;
    const column = byName.get(name);
    if (column === undefined) {
      const near = live.columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (near) stop(name, type, `${near.name} ${near.type}`, 'the name differs by case only: rename it');
      else if (place !== 'live') stop(name, type, '(missing)', 'add it: its values would be lost');
    } else if (column.defaultKind === 'MATERIALIZED' || column.defaultKind === 'ALIAS') {
      stop(name, type, `${column.type} ${column.defaultKind}`, 'the server computes it: nothing can be inserted');
    } else if (!typeHolds(parseColumnType(type).type, parseColumnType(column.type).type)) {
      stop(name, type, column.type, 'not every value would fit');
    }
  }
  const declared = new Set(dataset.columns.filter((one) => one.place !== 'shard').map((one) => one.name.toLowerCase()));
  for (const { name, type, defaultKind } of live.columns) {
    if (declared.has(name.toLowerCase()) || defaultKind === 'MATERIALIZED' || defaultKind === 'ALIAS') continue;
    const filled = defaultKind !== '' || parseColumnType(type).nullable;
    const what = filled ? 'gets its default' : 'has no default: give it one, or make it Nullable';
    found.push({ column: name, declared: '(none)', live: type, what, stops: !filled });
  }
  return found;
}
