import { parseColumnType } from '../core/column-type.js';
import { usageError } from '../core/errors.js';
import { type Column, type Dataset, shardColumns } from '../dataset/declaration.js';
import { type Conversion, conversionOf, misfitTests } from './conversions.js';
import { parseValueType, type ValueType, type ValueTypes } from './value-types.js';

/** A column of the shard with the way its values take, by the conversion table. */
export interface CheckedColumn {
  readonly column: Column;
  readonly value: ValueType;
  readonly conversion: Conversion;
}

/**
 * Every column's conversion. Throws CONVERSION_MISSING where the declared type cannot hold values of the column's
 * expression exactly, and POLICY_UNKNOWN where a policy has no meaning: both before anything is read.
 */
export function checkedColumns(dataset: Dataset, types: ValueTypes): CheckedColumn[] {
  return shardColumns(dataset).map((column) => {
    const found = types.get(column.name) ?? '';
    const value = parseValueType(found);
    const conversion = conversionOf(value, parseColumnType(column.type).type);
    if (conversion === undefined) {
      throw usageError(
        'CONVERSION_MISSING',
        `${column.name}: a value of type ${found} cannot become ${column.type} unchanged`,
        "declare another type, or convert it in the column's sql (docs/conversions.md)",
      );
    }
    if (column.misfit === 'clamp' && conversion.least === undefined) {
      throw usageError(
        'POLICY_UNKNOWN',
        `${column.name}: ${column.type} from ${found} has no range to clamp to`,
        'take the policy reject or unknown',
      );
    }
    return { column, value, conversion };
  });
}

/** SQL that is true where the value makes its row a reject; undefined where no value can. */
export function rejectTest({ column, conversion }: CheckedColumn, value: string): string | undefined {
  if (column.misfit === 'unknown') return undefined;
  const { inexact } = conversion;
  if (column.misfit === 'reject') return misfitTests(conversion, value).join(' OR ') || undefined;
  return inexact === undefined
    ? undefined
    : `(${inexact(value)}) AND NOT coalesce(${beyond(conversion, value)}, false)`;
}

/** SQL that is true where a policy of the column changes the value: it becomes unknown, or the nearest that fits. */
export function policyTest({ column, conversion }: CheckedColumn, value: string): string | undefined {
  if (column.misfit === 'unknown') return misfitTests(conversion, value).join(' OR ') || undefined;
  return column.misfit === 'clamp' ? beyond(conversion, value) : undefined;
}

function beyond({ below, above }: Conversion, value: string): string {
  return misfitTests({ below, above }, value).join(' OR ') || 'false';
}

/** The value as it stands in the shard, of a row that is no reject. */
export function shownSql(checked: CheckedColumn, value: string): string {
  const { column, conversion } = checked;
  const { shard, least, greatest, below, above } = conversion;
  const cast = conversion.cast(value);
  const test = policyTest(checked, value);
  if (test === undefined) return cast;
  if (column.misfit === 'unknown') return `CASE WHEN ${test} THEN NULL ELSE ${cast} END`;
  const ends = [
    ...(below === undefined ? [] : [`WHEN ${below(value)} THEN CAST(${least} AS ${shard})`]),
    ...(above === undefined ? [] : [`WHEN ${above(value)} THEN CAST(${greatest} AS ${shard})`]),
  ];
  return ends.length === 0 ? cast : `CASE ${ends.join(' ')} ELSE ${cast} END`;
}

/** A rejected value as text; bytes in hex. */
export function textSql({ value }: CheckedColumn, name: string): string {
  return value.family === 'bytes' ? `'0x' || hex(${name})` : `CAST(${name} AS VARCHAR)`;
}

/** A value of a rejected row as JSON: numbers with all their digits; what JSON has no word for (NaN, bytes) as text. */
export function jsonSql(checked: CheckedColumn, name: string): string {
  const { family } = checked.value;
  if (family === 'bytes') return textSql(checked, name);
  if (family !== 'float' && family !== 'double') return name;
  return `CASE WHEN isfinite(${name}) THEN to_json(${name}) ELSE to_json(CAST(${name} AS VARCHAR)) END`;
}
