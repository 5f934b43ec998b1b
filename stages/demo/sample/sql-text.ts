import type { Row, Value } from './sample.js';

const tsvEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
};
const sqlEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "''", '\n': '\\n', '\r': '\\r', '\0': '\\0' };

const tsvSpecial = /[\\\t\n\r\0]/g;
const sqlSpecial = /[\\'\n\r\0]/g;

function tsvValue(value: Value): string {
  if (value === null) return '\\N';
  if (typeof value === 'number') return String(value);
  return value.replace(tsvSpecial, (found) => tsvEscapes[found] ?? found);
}

function sqlValue(value: Value): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  return `'${value.replace(sqlSpecial, (found) => sqlEscapes[found] ?? found)}'`;
}

/** A row as LOAD DATA reads it with its default separators. */
export function tsvRow(row: Row): string {
  let line = tsvValue(row[0] ?? null);
  for (let at = 1; at < row.length; at += 1) line += `\t${tsvValue(row[at] ?? null)}`;
  return `${line}\n`;
}

/** A row as it stands behind VALUES; backslash escapes must be in force (no NO_BACKSLASH_ESCAPES in sql_mode). */
export function sqlRow(row: Row): string {
  return `(${row.map(sqlValue).join(',')})`;
}

/** A name in backticks. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
