import fc from 'fast-check';
import type { ColumnPlan } from './column.js';
import { enumColumn, setColumn } from './label-columns.js';
import { dateColumn, datetimeColumn, timeColumn, timestampColumn } from './moment-columns.js';
import { columnNames, keyName } from './names.js';
import {
  bitColumn,
  boolColumn,
  decimalColumn,
  floatColumn,
  integerColumns,
  numberTextColumn,
  yearColumn,
} from './number-columns.js';
import { integers } from './numbers.js';
import {
  blobColumn,
  inetColumn,
  jsonColumn,
  latin1Text,
  longText,
  otherText,
  shortBytes,
  shortText,
  uuidColumn,
} from './text-columns.js';

/** A column as it is in the schema. */
export interface PlannedColumn extends ColumnPlan {
  readonly name: string;
  readonly notNull: boolean;
  /** The target's type with Nullable and LowCardinality. */
  readonly target: string;
  /** What is found at the target where the source has NULL. */
  readonly forNull: string | null;
}

/** A table with its rows: the key, then SQL literals in the order of the columns. */
export interface Schema {
  readonly key: string;
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly { readonly key: bigint; readonly literals: readonly string[] }[];
}

/** The kinds of column that a server has. */
export function kindsOf(isMariadb: boolean): fc.Arbitrary<ColumnPlan>[] {
  const small = ['tinyint', 'smallint', 'mediumint'];
  const integer = [
    ...[integerColumns(small, false), integerColumns(small, true), integerColumns(['int'], false)],
    ...[integerColumns(['int'], true), integerColumns(['bigint'], false), integerColumns(['bigint'], true)],
    ...[boolColumn, bitColumn, yearColumn],
  ];
  const decimal = [decimalColumn(1, 18), decimalColumn(19, 38), decimalColumn(39, 65), numberTextColumn];
  const texts = [shortText('char'), shortText('varchar'), longText, latin1Text, otherText(isMariadb), jsonColumn];
  const own = isMariadb ? [uuidColumn(['uuid', 'char(36)']), inetColumn] : [uuidColumn(['char(36)'])];
  return [
    ...[...integer, ...decimal, floatColumn('float'), floatColumn('double')],
    ...[dateColumn, datetimeColumn, timestampColumn, timeColumn, ...texts],
    ...[shortBytes('binary'), shortBytes('varbinary'), blobColumn, enumColumn, setColumn, ...own],
  ];
}

function named(name: string, plan: ColumnPlan, notNull: boolean, isNullable: boolean): PlannedColumn {
  const { type, lowCardinality = false, nullableOnly = false, unknown } = plan.way;
  const nullable = isNullable || nullableOnly;
  const inner = nullable ? `Nullable(${type})` : type;
  const target = lowCardinality ? `LowCardinality(${inner})` : inner;
  const literals = notNull
    ? plan.literals
    : fc.oneof({ weight: 9, arbitrary: plan.literals }, { weight: 1, arbitrary: fc.constant('NULL') });
  return { ...plan, name, notNull, target, literals, forNull: nullable ? null : unknown };
}

/** Keys of the whole 64 bits, some of them neighbours that are one and the same as doubles. */
const keysOf64 = fc.oneof(
  integers({ least: 0n, greatest: 2n ** 64n - 1n }),
  fc.bigInt({ min: 2n ** 63n, max: 2n ** 63n + 2000n }),
);

/** A schema of these columns with so many rows. */
export function schemas(plans: readonly fc.Arbitrary<ColumnPlan>[], rows: number): fc.Arbitrary<Schema> {
  const exactly = (length: number) => ({ minLength: length, maxLength: length, size: 'max' as const });
  const flags = fc.array(fc.tuple(fc.boolean(), fc.boolean()), exactly(plans.length));
  return keyName
    .chain((key) => fc.tuple(fc.constant(key), columnNames(plans.length, key), fc.tuple(...plans), flags))
    .chain(([key, names, chosen, nullable]) => {
      const columns = chosen.map((plan, index) => {
        const [notNull = false, isNullable = false] = nullable[index] ?? [];
        return named(names[index] ?? '', plan, notNull, isNullable);
      });
      const keys = fc.uniqueArray(keysOf64, exactly(rows));
      const cells = fc.array(fc.tuple(...columns.map(({ literals }) => literals)), exactly(rows));
      return fc.tuple(keys, cells).map(([allKeys, allCells]) => ({
        ...{ key, columns },
        rows: allKeys.map((one, index) => ({ key: one, literals: allCells[index] ?? [] })),
      }));
    });
}
