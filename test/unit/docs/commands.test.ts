import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CommandName, commands, flagsOf, variableOf } from '../../../stages/flags.js';

/** What the pages tell people to type exists: make's targets, the knobs of each, and the pages that they link to. */
const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'data/README.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Typed {
  readonly page: string;
  readonly target: string;
  readonly knobs: readonly string[];
}

/** `make …` in fenced blocks and in code spans: in a sentence it is an ordinary word. */
const typed: Typed[] = pages.flatMap((page) => {
  const codes = [...read(page).matchAll(/^```\w*[^\n]*\n([\s\S]*?)^```|`([^`\n]+)`/gm)].map(
    ([, block, span]) => block ?? span ?? '',
  );
  return codes.flatMap((code) =>
    [...code.matchAll(/(?:^|&& |; |')make ([a-z-]+)((?: [A-Z_]+=(?:"(?:[^"\\]|\\.)*"|[^\s"]*))*)/gm)].map(
      ([, target = '', words = '']) => ({
        ...{ page, target },
        knobs: [...words.matchAll(/ ([A-Z_]+)=/g)].map(([, name = '']) => name),
      }),
    ),
  );
});

/** Knobs of targets that are no commands. */
const others: Readonly<Record<string, readonly string[]>> = {
  test: [],
  'test-all': [],
  'test-crash': ['CRASH_STEP'],
  bench: ['IMAGES', 'RUNS', 'ONLY'],
  lint: [],
};

test('targets and knobs that the pages name exist', () => {
  expect(typed.length).toBeGreaterThan(80);
  const wrong = typed.flatMap(({ page, target, knobs }) => {
    const known =
      target in commands ? flagsOf(target as CommandName).map(variableOf) : (others[target] ?? ['no such target']);
    const unknown = knobs.filter((name) => !known.includes(name));
    return target in commands || target in others
      ? unknown.map((name) => `${page}: make ${target} ${name}=`)
      : [`${page}: make ${target}`];
  });
  expect(wrong).toEqual([]);
});

test('links lead to files of the project', () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, to = '']) => [page, to] as const),
  );
  expect(links.length).toBeGreaterThan(15);
  const broken = links.filter(([page, to]) => {
    try {
      return readFileSync(join(root, page, '..', to)).length === 0;
    } catch {
      return true;
    }
  });
  expect(broken).toEqual([]);
});
