/** SQL that writes a value of that type, in the engine's words, as `readable` (core/readable.ts) reads it. */
export function readableSql(type: string, value: string): string {
  if (type.endsWith('[]')) return `list_transform(${value}, lambda one: ${readableSql(type.slice(0, -2), 'one')})`;
  switch (type) {
    case 'VARCHAR':
    case 'BLOB':
      return `hex(${value})`;
    case 'FLOAT':
      return `CAST(CAST(${value} AS DOUBLE) AS VARCHAR)`;
    default:
      return `CAST(${value} AS VARCHAR)`;
  }
}
