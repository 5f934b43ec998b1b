import type { Event } from '../src/core/events.js';
import type { Finding } from '../src/pipeline/finding.js';
import { fitTable } from './fit-table.js';

/** Screens have 80 columns: what is longer is broken into lines. */
const width = 80;
const indent = '    ';

/** Findings as a table: what, level, found. */
export function findingTable(findings: readonly Finding[]): Event & { event: 'table' } {
  return {
    event: 'table',
    title: '',
    head: ['what', 'level', 'found'],
    rows: findings.map(({ what, level, found }) => [what, level, found]),
    width,
  };
}

/**
 * What to do about every stop and warning, stops first; what is done in the same words for several is said once. Sentences
 * are broken into lines, statements and commands stand on lines of their own, to be pasted. '' where there is nothing.
 */
export function adviceText(findings: readonly Finding[]): string {
  const groups = new Map<string, { names: string[]; statements: string[] }>();
  for (const level of ['stop', 'warning'] as const) {
    for (const { what, hint } of findings.filter((one) => one.level === level && one.hint !== '')) {
      const [words = '', ...statements] = hint.split('\n');
      const group = groups.get(`${level}\n${words}`) ?? { names: [], statements: [] };
      if (!group.names.includes(what)) group.names.push(what);
      group.statements.push(...statements);
      groups.set(`${level}\n${words}`, group);
    }
  }
  if (groups.size === 0) return '';
  const lines = [...groups].flatMap(([key, { names, statements }]) => {
    const [level, words = ''] = key.split('\n');
    return [
      ...wrapped(`${level}: ${names.join(', ')}`, '  '),
      ...wrapped(words, indent),
      ...statements.map((one) => `${indent}${one}`),
    ];
  });
  return ['', 'what to do', ...lines].join('\n');
}

function wrapped(text: string, before: string): string[] {
  const [[cell = ''] = []] = fitTable([''], [[text]], width - before.length);
  return cell.split('\n').map((line) => `${before}${line}`);
}
