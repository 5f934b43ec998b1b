import type { Dataset } from '../dataset/declaration.js';
import { checkedColumns, shownSql } from './column-checks.js';
import { rejectsSql, rejectTests } from './join-query.js';
import { readableSql } from './readable-sql.js';
import { type Inputs, identifier, type OptionValues, wideSql } from './relations.js';
import type { ValueTypes } from './value-types.js';

export interface ExpectedQueries {
  /** Column → its type in the shards; the order of `rows` behind the key. */
  readonly shard: ReadonlyMap<string, string>;
  /** Key as text, then each column's value as `readable` takes it, of the rows that fit. */
  readonly rows: string;
  /** One row a misfit: key, column, value, reason, the whole row as JSON. */
  readonly rejects: string;
}

/**
 * What the declared join makes of some keys: `only` is a relation of them, `inputs` tells where each source's rows are.
 * No survey and no row group are in it: every row is looked at.
 */
export function expectedQueries(
  dataset: Dataset,
  inputs: Inputs,
  options: OptionValues,
  types: ValueTypes,
  only: string,
): ExpectedQueries {
  const columns = checkedColumns(dataset, types);
  const wide = `WITH wide AS (${wideSql(dataset, inputs, options, new Set(), only)})`;
  const found = rejectTests(columns, new Set());
  const key = identifier(dataset.key.name);
  const shown = columns.map((checked) => {
    return readableSql(checked.conversion.shard, `(${shownSql(checked, identifier(checked.column.name))})`);
  });
  return {
    shard: new Map(columns.map(({ column, conversion }) => [column.name, conversion.shard])),
    rows: `${wide} SELECT CAST(${key} AS VARCHAR), ${shown.join(', ')} FROM wide WHERE NOT ${found.bad}`,
    rejects: rejectsSql(columns, found, wide, key),
  };
}
