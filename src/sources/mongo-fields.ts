import { usageError } from '../core/errors.js';
import { typeName } from '../core/kinds.js';
import { exportColumns, type Source } from '../dataset/declaration.js';
import { bsonReader } from './bson-values.js';

const hint =
  'declare it int, bigint, double, float, decimal(p,s), varchar, blob, boolean, timestamp, objectid, json or flag';

/** True where a source carries more than its key and flags. */
export function hasValues(source: Source): boolean {
  return Object.entries(source.columns).some(([name, type]) => name !== source.key && typeName(type) !== 'flag');
}

/**
 * Checks a MongoDB source before anything is read: throws KIND_UNKNOWN naming source and field where a declared type is
 * none of MongoDB's, and FIELD_NAME where a name is no path.
 */
export function checkFields(source: Source): void {
  for (const [name, declared] of Object.entries(source.columns)) {
    const field = `${source.name}.${name}`;
    if (bsonReader(declared) === undefined) {
      throw usageError('KIND_UNKNOWN', `${field}: no field of MongoDB is carried as ${declared}`, hint);
    }
    if (name.split('.').some((step) => step === '' || step.startsWith('$'))) {
      throw usageError('FIELD_NAME', `${field} is no path to a field`, 'write field, or field.inner for one inside it');
    }
  }
}

/**
 * The fields to ask for: those declared, without those inside another one. A dot is a path into a document, and the
 * documents around a field come along, so that an array on the path is seen: `$a.b` would make of [{b: 1}, {b: 2}] the
 * same [1, 2] as of {b: [1, 2]}, and of [] no less.
 */
export function projectedPaths(source: Source): string[] {
  const paths = exportColumns(source).flatMap(({ name, kind }) => (kind.type === 'flag' ? [] : [name]));
  return paths.filter((path) => !paths.some((outer) => path.startsWith(`${outer}.`)));
}

/** The name under which the flag of column `index` travels beside values: no declared field begins so. */
export function flagField(source: Source, index: number): string {
  let prefix = 'f';
  while (Object.keys(source.columns).some((name) => name.startsWith(prefix))) prefix += '_';
  return `${prefix}${index}`;
}
