import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { exits } from '../../../src/core/errors.js';

/** docs/troubleshooting.md has every code that the program can end with, each with its exit codes, and no others. */
const root = join(import.meta.dirname, '../../..');

/** Where code and exit stand among the arguments; an exit may be fixed. */
const raisers: Readonly<Record<string, { code: number; exit: number | keyof typeof exits }>> = {
  TransloadError: { exit: 0, code: 1 },
  usageError: { exit: 'usage', code: 0 },
  damagedError: { exit: 'damaged', code: 0 },
  ClickHouseError: { exit: 1, code: 2 },
  // Of clickhouse/errors.ts: an error of the server, with a hint.
  make: { exit: 0, code: 1 },
};

type Values = (node: ts.Expression) => string[];

/** What an expression may be: a literal, either side of a condition, or a const of the file that is one of these. */
function valuesIn(file: ts.SourceFile): Values {
  const consts = new Map<string, ts.Expression>();
  const gather = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined)
      consts.set(node.name.text, node.initializer);
    ts.forEachChild(node, gather);
  };
  gather(file);
  const values: Values = (node) => {
    if (ts.isStringLiteral(node)) return [node.text];
    if (ts.isConditionalExpression(node)) return [...values(node.whenTrue), ...values(node.whenFalse)];
    if (ts.isPropertyAccessExpression(node) && node.expression.getText(file) === 'exits') return [node.name.text];
    const known = ts.isIdentifier(node) ? consts.get(node.text) : undefined;
    return known === undefined ? [] : values(known);
  };
  return values;
}

/** Codes with their exits; and the files in which a code is passed on that cannot be read off the text. */
function raised(): { found: Map<string, Set<number>>; passedOn: string[] } {
  const found = new Map<string, Set<number>>();
  const passedOn: string[] = [];
  for (const folder of ['src', 'stages']) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const text = readFileSync(join(root, folder, name), 'utf8');
      const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
      const values = valuesIn(file);
      const visit = (node: ts.Node): void => {
        if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
          const callee = node.expression.getText(file);
          const raiser = callee === 'make' && !text.includes('class ClickHouseError') ? undefined : raisers[callee];
          const argument = (at: number | keyof typeof exits): string[] =>
            typeof at === 'string' ? [at] : values(node.arguments?.[at] ?? ts.factory.createNull());
          if (raiser !== undefined) {
            const codes = argument(raiser.code);
            if (codes.length === 0) passedOn.push(join(folder, name));
            for (const code of codes) {
              const known = found.get(code) ?? new Set();
              for (const exit of argument(raiser.exit)) known.add(exits[exit as keyof typeof exits]);
              found.set(code, known);
            }
          }
        }
        ts.forEachChild(node, visit);
      };
      visit(file);
    }
  }
  return { found, passedOn };
}

function documented(): Map<string, Set<number>> {
  const page = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8');
  const found = new Map<string, Set<number>>();
  for (const [, codes = '', numbers = ''] of page.matchAll(
    /^- (`[A-Z][A-Z0-9_]+`(?:, `[A-Z][A-Z0-9_]+`)*) \(([\d, ]+)\):/gm,
  )) {
    for (const code of codes.split(', ')) {
      expect([code, found.has(code.slice(1, -1))]).toEqual([code, false]);
      found.set(code.slice(1, -1), new Set(numbers.split(', ').map(Number)));
    }
  }
  return found;
}

const sorted = (map: ReadonlyMap<string, ReadonlySet<number>>): string[] =>
  [...map].map(([code, numbers]) => `${code} (${[...numbers].sort((a, b) => a - b).join(', ')})`).sort();

test('every code of the source stands in docs/troubleshooting.md with its exit code, and the reverse', () => {
  const { found: source, passedOn } = raised();
  // The helpers themselves.
  expect(passedOn.sort()).toEqual(['src/clickhouse/errors.ts', 'src/core/errors.ts', 'src/core/errors.ts']);
  expect(source.size).toBeGreaterThan(90);
  for (const code of ['SOURCE_LOST', 'NEXT_EXISTS', 'PREVIOUS_EXISTS', 'SHIP_REFUSED', 'TARGET_PARTS'])
    expect([...source.keys()]).toContain(code);
  expect(sorted(documented())).toEqual(sorted(source));
});
