import { type ColumnType, parseColumnType } from '../core/column-type.js';
import type { Column } from '../dataset/declaration.js';
import { fileType } from './carried.js';
import { quoteName, quoteText } from './client.js';

/**
 * The day of a Date32 as a reader of the live column sees it: midnight in the column's own zone. DateTime goes by way
 * of seconds: toDateTime(Date32, zone) wraps to 2106 in silence where midnight of 1970-01-01 is before the epoch. That
 * one day becomes the epoch itself, which every such zone shows as the same day; what is past 2106 throws.
 */
export function daySql(value: string, live: ColumnType): string {
  const zone = zoneArgument(live);
  switch (live.base) {
    case 'date':
      return `accurateCast(${value}, 'Date')`;
    case 'datetime': {
      const seconds = `greatest(toInt64(toDateTime64(${value}, 0${zone})), 0)`;
      return `toDateTime(accurateCast(${seconds}, 'UInt32')${zone})`;
    }
    case 'datetime64':
      return `toDateTime64(${value}, ${live.precision}${zone})`;
    default:
      return value;
  }
}

const zoneArgument = (live: ColumnType): string =>
  'zone' in live && live.zone !== undefined ? `, ${quoteText(live.zone)}` : '';

/** An instant (DateTime64 of six digits): DateTime goes by way of whole seconds, which throws instead of wrapping. */
function momentSql(value: string, live: ColumnType): string {
  if (live.base !== 'datetime') return value;
  const seconds = `intDiv(toUnixTimestamp64Micro(${value}), 1000000)`;
  return `toDateTime(accurateCast(${seconds}, 'UInt32')${zoneArgument(live)})`;
}

/** What stands for an unknown value in a column that is not Nullable (target.md's third column). */
function unknownSql(live: ColumnType, carried: string): string {
  switch (live.base) {
    case 'decimal':
      return carried === 'VARCHAR' ? "'0'" : '0';
    case 'string':
    case 'fixedstring':
      return "''";
    case 'bool':
      return 'false';
    case 'uuid':
      return "'00000000-0000-0000-0000-000000000000'";
    case 'date':
    case 'date32':
    case 'datetime':
    case 'datetime64':
      return daySql("toDate32('1970-01-01')", live);
    default:
      return '0';
  }
}

/**
 * A declared unknown-value as one of the live type: a text that says a day or a moment is read as a reader of the
 * column sees it. An integer that the type cannot hold throws: CAST would wrap it.
 */
function declaredUnknown(unknown: string, live: ColumnType, bareType: string, carried: string): string {
  if (carried === 'DATE') return daySql(`toDate32(${unknown})`, live);
  if (live.base === 'int') return `accurateCast(${unknown}, ${quoteText(bareType)})`;
  return `CAST(${unknown} AS ${bareType})`;
}

/** The type inside Nullable and LowCardinality. */
export const bareOf = (type: string): string =>
  type.replace(/^LowCardinality\((.*)\)$/s, '$1').replace(/^Nullable\((.*)\)$/s, '$1');

const moments = new Set(['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE']);

function placeSql(carried: string): typeof daySql | undefined {
  if (carried === 'DATE') return daySql;
  return moments.has(carried) ? momentSql : undefined;
}

/**
 * The expression that puts a shard's value into the live column: the live table's type decides (target.md, rule 1).
 * `carried` is the column's type in the shard.
 */
export function valueSql(column: Column, liveType: string, carried: string): string {
  const name = quoteName(column.name);
  const { type, nullable } = parseColumnType(liveType);
  if (type.base === 'array') return `CAST(${elementsSql(name, type, carried.slice(0, -2))} AS ${liveType})`;
  const place = placeSql(carried);
  if (nullable) {
    const placed = place && `if(isNull(${name}), NULL, ${place(`assumeNotNull(${name})`, type)})`;
    return `CAST(${placed ?? name} AS ${liveType})`;
  }
  const bare = bareOf(liveType);
  const declared = column.unknown === undefined ? undefined : declaredUnknown(column.unknown, type, bare, carried);
  const unknown = declared ?? unknownSql(type, carried);
  // greatest() passes over NULL: an unknown day must not reach it.
  if (place) return `CAST(if(isNull(${name}), ${unknown}, ${place(`assumeNotNull(${name})`, type)}) AS ${liveType})`;
  // A declared value meets the column's own in the live type: the types of text and number have nothing in common.
  const value = declared === undefined ? name : `CAST(${name} AS Nullable(${bare}))`;
  return `CAST(ifNull(${value}, ${unknown}) AS ${liveType})`;
}

/** A list, each day or moment in it put as one outside of a list is. A NULL where the live one holds none throws. */
function elementsSql(
  name: string,
  { element, nullableElements }: ColumnType & { base: 'array' },
  carried: string,
): string {
  const place = placeSql(carried);
  if (place === undefined) return name;
  const value = nullableElements ? 'assumeNotNull(x)' : `CAST(x AS ${bareOf(fileType(carried))})`;
  const placed = place(value, element);
  return `arrayMap(x -> ${nullableElements ? `if(isNull(x), NULL, ${placed})` : placed}, ${name})`;
}
