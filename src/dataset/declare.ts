import type { Column, Source } from './declaration.js';

/** A target column, together with the source it brings along, if any: this is what makes a cluster table one line. */
export interface Declared {
  readonly column: Column;
  readonly source?: Source;
}

/** A column of the target table computed from the sources by `sql`. */
export function column(name: string, type: string, sql: string, rest: Partial<Column> = {}): Declared {
  return { column: { name, type, sql, place: 'target', misfit: 'reject', ...rest } };
}

/** A MySQL table; its source name is the table's in lower case. */
export function table(
  name: string,
  key: string,
  columns: Record<string, string>,
  rest: Partial<Source> & Pick<Source, 'reduce'>,
): Source {
  return {
    name: name.toLowerCase(),
    engine: 'mysql',
    role: 'keyed',
    table: name,
    aliases: [],
    optional: false,
    key,
    columns: { [key]: 'int', ...columns },
    ...rest,
  };
}

/** A small MySQL table read once, joined where `on` (`source.column`) holds its key. */
export function lookup(name: string, key: string, columns: Record<string, string>, on: string): Source {
  return table(name, key, columns, { role: 'lookup', reduce: { rows: 'one' }, on });
}

/**
 * A MongoDB collection; its source name is `mongo_` and the collection's. `fields` is a list of fields of which only the
 * presence is exported (documents of one key are OR-ed), or a record of field → kind of which the values are (one document
 * a key, if `rest` says nothing else). A dot in a field's name is a path into a document, as in MongoDB: `landmarks.left`
 * is the field `left` of the document `landmarks`, NULL where either is missing or `landmarks` is no document; where it is
 * an array the read stops. Values are not OR-ed: `checkDataset` refuses `any` of them.
 */
export function collection(
  name: string,
  key: string,
  fields: readonly string[] | Readonly<Record<string, string>>,
  rest: Partial<Source> = {},
): Source {
  const isList = Array.isArray(fields);
  const columns = isList ? Object.fromEntries(fields.map((field) => [field, 'flag'])) : { ...fields };
  return {
    name: `mongo_${name}`,
    engine: 'mongo',
    role: 'keyed',
    table: name,
    aliases: [],
    optional: true,
    key,
    columns: { [key]: 'bigint', ...columns },
    reduce: { rows: isList ? 'any' : 'one' },
    ...rest,
  };
}

/**
 * A cluster table (image_id, cluster_id, cluster_dist) and its target column: one line in the dataset. Of several rows
 * the one with the smallest distance counts (NULL last), then the lowest id (target.md, rule 2).
 */
export function cluster(name: string, type: string, tableName: string, rest: Partial<Source> = {}): Declared {
  const source = table(
    tableName,
    'image_id',
    { cluster_id: 'int', cluster_dist: 'float' },
    { reduce: { rows: 'best', order: 'cluster_dist ASC NULLS LAST, cluster_id ASC NULLS LAST' }, ...rest },
  );
  return { ...column(name, type, `"${source.name}".cluster_id`), source };
}

/** Puts declared columns and sources together; a source that several columns bring counts once. */
export function gather(
  sources: readonly Source[],
  declared: readonly Declared[],
): { sources: Source[]; columns: Column[] } {
  const all = new Map(sources.map((source) => [source.name, source]));
  for (const { source } of declared) if (source) all.set(source.name, source);
  return { sources: [...all.values()], columns: declared.map((one) => one.column) };
}
