import { type ColumnType, parseColumnType } from '../core/column-type.js';
import { formOf, type Readable, readable } from '../core/readable.js';
import type { Column, JoinedDataset } from '../dataset/declaration.js';
import { carriedType, fileType } from './carried.js';
import { figureSettings } from './certificate.js';
import { type ClickHouse, quoteName } from './client.js';
import { tableName } from './ddl.js';
import { insertedColumns } from './insert.js';
import { valueSql } from './insert-values.js';
import { finalSettings, finalSql } from './key-ranges.js';
import { countSettings, type LiveTable } from './live-table.js';
import { keyParts } from './sorting-key.js';

/** A row of the target as a reader sees it. */
export interface TargetRow {
  readonly key: string;
  /** The version in seconds since 1970. */
  readonly version: number;
  readonly values: ReadonlyMap<string, Readable>;
}

interface Read {
  readonly column: Column;
  readonly carried: string;
  readonly liveType: string;
}

/** Columns of the declaration that the live table has. */
function readColumns(dataset: JoinedDataset, live: LiveTable): Read[] {
  const types = new Map(live.columns.map(({ name, type }) => [name, type]));
  return insertedColumns(dataset, live).flatMap((column) => {
    const liveType = types.get(column.name);
    return liveType === undefined ? [] : [{ column, carried: carriedType(dataset, column), liveType }];
  });
}

/** A value as `readable` takes it; what the shard carries decides, not what the server makes of it. */
function bareSql(value: string, { base }: ColumnType, carried: string): string {
  if (carried === 'VARCHAR' || carried === 'BLOB') return `hex(toString(${value}))`;
  if (carried === 'BOOLEAN') return `multiIf(${value} = 0, 'false', ${value} = 1, 'true', toString(${value}))`;
  if (carried === 'FLOAT' || carried === 'DOUBLE') return `toString(toFloat64(${value}))`;
  const isMoment = carried.startsWith('TIMESTAMP') && base.startsWith('datetime');
  return isMoment ? `toString(toTimeZone(${value}, 'UTC'))` : `toString(${value})`;
}

function readableSql(value: string, liveType: string, carried: string): string {
  const { type, nullable } = parseColumnType(liveType);
  if (type.base === 'array') {
    const element = (one: string): string => bareSql(one, type.element, carried.slice(0, -2));
    const shown = type.nullableElements ? `if(isNull(x), NULL, ${element('assumeNotNull(x)')})` : element('x');
    return `arrayMap(x -> ${shown}, ${value})`;
  }
  return nullable
    ? `if(isNull(${value}), NULL, ${bareSql(`assumeNotNull(${value})`, type, carried)})`
    : bareSql(value, type, carried);
}

/**
 * `FINAL` where the engine has it, and the condition: the key stands last in the sorting key, so this is a scan of its
 * column. As a PREWHERE it comes before the rest of the columns is read, which changes no answer while the key is a part
 * of the sorting key: versions of a row have it in common.
 */
function fromSql(live: LiveTable, key: string, keys: readonly bigint[], final: boolean): string {
  const isKey = keyParts(live.sortingKey).some((part) => 'name' in part && part.name === key);
  const where = live.engine.endsWith('MergeTree') && isKey ? 'PREWHERE' : 'WHERE';
  const from = `FROM ${tableName(live.database, live.table)}${final ? finalSql(live) : ''}`;
  return `${from} ${where} ${quoteName(key)} IN (${keys.join(', ')})`;
}

/** Keys of one statement: as few as every server's limits of a statement's text and tree let through. */
const keysAtOnce = 2000;

/** The rows of some keys as a reader sees them (FINAL): the newest first where a key has several. */
export async function rowsByKey(
  client: ClickHouse,
  live: LiveTable,
  dataset: JoinedDataset,
  keys: readonly bigint[],
): Promise<TargetRow[]> {
  if (keys.length === 0) return [];
  const { key, table } = dataset;
  const columns = readColumns(dataset, live);
  const select = [
    `toString(${quoteName(key.name)})`,
    `toString(toUnixTimestamp(${quoteName(table.version)}))`,
    ...columns.map(({ column, liveType, carried }) => readableSql(quoteName(column.name), liveType, carried)),
  ];
  const settings = { ...figureSettings, ...finalSettings(live) };
  const rows: unknown[][] = [];
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    const from = fromSql(live, key.name, keys.slice(at, at + keysAtOnce), true);
    rows.push(...(await client.rows(`SELECT ${select.join(', ')} ${from}`, settings)));
  }
  const found = rows.map(([text, version, ...values]) => ({
    key: String(text),
    version: Number(version),
    values: new Map(columns.map(({ column, carried }, at) => [column.name, read(values[at], column, carried)])),
  }));
  return found.sort((a, b) => b.version - a.version);
}

const read = (raw: unknown, column: Column, carried: string): Readable => readable(raw, formOf(carried, column.type));

/** Rows of one key that are stored, by their version (seconds since 1970), merged or not. */
export async function storedVersions(
  client: ClickHouse,
  live: LiveTable,
  dataset: JoinedDataset,
  key: bigint,
): Promise<{ version: number; rows: number }[]> {
  const version = `toUnixTimestamp(${quoteName(dataset.table.version)})`;
  const from = fromSql(live, dataset.key.name, [key], false);
  const rows = await client.rows(
    `SELECT toString(${version}), count() ${from} GROUP BY ${version} ORDER BY ${version}`,
    { ...figureSettings, ...countSettings(live) },
  );
  return rows.map(([found, count]) => ({ version: Number(found), rows: Number(count) }));
}

/** What stands for NULL at the target, by column: of those that cannot be NULL there. */
export async function unknownValues(
  client: ClickHouse,
  live: LiveTable,
  dataset: JoinedDataset,
): Promise<Map<string, Readable>> {
  const all = readColumns(dataset, live);
  const isList = ({ carried }: Read): boolean => carried.endsWith('[]');
  const columns = all.filter((one) => !isList(one) && !parseColumnType(one.liveType).nullable);
  const values = columns.map(({ column, liveType, carried }) =>
    readableSql(`(${valueSql(column, liveType, carried)})`, liveType, carried),
  );
  const nulls = columns.map(({ column, carried }) => `CAST(NULL AS ${fileType(carried)}) AS ${quoteName(column.name)}`);
  const [row = []] =
    columns.length === 0
      ? []
      : await client.rows(`SELECT ${values.join(', ')} FROM (SELECT ${nulls.join(', ')})`, figureSettings);
  const lists = all.filter(isList).map(({ column }) => [column.name, []] as [string, Readable]);
  return new Map([
    ...lists,
    ...columns.map(({ column, carried }, at) => [column.name, read(row[at], column, carried)] as const),
  ]);
}
