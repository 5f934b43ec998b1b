import { duckdbType, type Kind } from '../core/kinds.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import { identifier, literal } from './relations.js';

/** The table that holds a source's rows as its server wrote them. */
export const rawTable = (source: Source): string => `raw ${source.name}`;

const daylike = new Set<Kind['type']>(['date', 'datetime', 'timestamp']);

/** The kind's value out of the server's text; NULL where it is none. */
function typedSql(kind: Kind, raw: string): string {
  const text = `TRY(decode(${raw}))`;
  switch (kind.type) {
    case 'bytes':
      return raw;
    case 'text':
      return text;
    case 'timestamp':
      // The servers' sessions and the engine's are in UTC.
      return `TRY_CAST(TRY_CAST(${text} AS TIMESTAMP) AS TIMESTAMP WITH TIME ZONE)`;
    default:
      return `TRY_CAST(${text} AS ${duckdbType(kind)})`;
  }
}

/** The rows of the source's raw table, typed as its export files are. Zero and partial dates are NULL. */
export function typedRows(source: Source): string {
  const columns = exportColumns(source).map(({ name, kind }) => {
    return `${typedSql(kind, `t.${identifier(name)}`)} AS ${identifier(name)}`;
  });
  return `SELECT ${columns.join(', ')} FROM ${identifier(rawTable(source))} AS t`;
}

/** Values of the raw table that are not of their declared kind: key, column, the value's bytes in hex. */
export function misreadRows(source: Source): string {
  const columns = exportColumns(source);
  const key = typedSql(columns[0]?.kind ?? { type: 'text' }, `t.${identifier(source.key)}`);
  const parts = columns.map(({ name, kind }) => {
    const raw = `t.${identifier(name)}`;
    // A date that is none is unknown, and no misreading.
    const isDate = daylike.has(kind.type)
      ? ` AND NOT regexp_matches(TRY(decode(${raw})), '^\\d{4}-\\d\\d-\\d\\d')`
      : '';
    return `SELECT CAST(${key} AS VARCHAR), ${literal(name)}, hex(${raw}) FROM ${identifier(rawTable(source))} AS t
      WHERE ${raw} IS NOT NULL AND ${typedSql(kind, raw)} IS NULL${isDate}`;
  });
  return parts.join(' UNION ALL ');
}
