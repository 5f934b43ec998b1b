import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { exits, TransloadError } from '../../../src/core/errors.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';
import { type CommandName, commands, flagsOf, variableOf } from '../../../stages/flags.js';
import { jsonScreen, plainScreen, textOf } from '../../../stages/plain.js';
import { errorLines, firstLine, oddityText } from '../../../stages/sentences.js';

const names = Object.keys(commands) as CommandName[];

describe('flags and variables have the same words', () => {
  test('data-dir is DATA_DIR', () => {
    const all = new Map(names.flatMap((name) => flagsOf(name).map((flag) => [flag.name, variableOf(flag)])));
    expect(all.get('data-dir')).toBe('DATA_DIR');
    for (const [flag, variable] of all) {
      expect(flag).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(variable.toLowerCase().replaceAll('_', '-')).toBe(flag);
    }
  });

  test('every command has the common ones, and none twice', () => {
    for (const name of names) {
      const flags = flagsOf(name).map((flag) => flag.name);
      expect(flags.slice(-3)).toEqual(['dataset', 'data-dir', 'json']);
      expect(new Set(flags).size).toBe(flags.length);
    }
  });

  test('every command is a target of make', () => {
    const makefile = readFileSync(join(import.meta.dirname, '../../../Makefile'), 'utf8');
    const targets = new Set([...makefile.matchAll(/^([a-z][a-z -]*):/gm)].flatMap(([, line = '']) => line.split(' ')));
    expect(names.filter((name) => !targets.has(name))).toEqual([]);
  });
});

describe('an error', () => {
  const error = new TransloadError(exits.unreachable, 'SOURCE_LOST', 'cannot export encodings 1-10', 'run it again');

  test('is three lines: what, what to do, and a word for scripts', () => {
    expect(errorLines(error)).toBe('error: cannot export encodings 1-10\n  hint: run it again\n  code: SOURCE_LOST');
  });

  test('of a unit says which one it was', () => {
    const lost = new TransloadError(exits.unreachable, 'SOURCE_LOST', 'cannot read Images: read ECONNRESET', 'again');
    expect(textOf({ event: 'unit-failed', stage: 'export', unit: '1-10', error: lost })).toBe(
      'error: cannot export 1-10: cannot read Images: read ECONNRESET\n  hint: again\n  code: SOURCE_LOST',
    );
  });

  test('is one JSON object without a stack', () => {
    const lines: string[] = [];
    jsonScreen((text) => lines.push(text)).show({ event: 'unit-failed', stage: 'export', unit: '1-10', error });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      event: 'unit-failed',
      stage: 'export',
      unit: '1-10',
      error: { message: error.message, hint: 'run it again', code: 'SOURCE_LOST', exit: 12 },
    });
  });
});

test('docs/events.md has every event', () => {
  const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8');
  const kinds = ['events.ts', 'show-event.ts', 'sample-event.ts'].map((name) => read(`src/core/${name}`)).join('\n');
  const events = [...kinds.matchAll(/\bevent: '([a-z-]+)'/g)].map(([, name]) => name);
  expect(events.length).toBeGreaterThan(15);
  const docs = read('docs/events.md');
  expect(events.filter((name) => !docs.includes(`\`${name}\``))).toEqual([]);
});

test('the first line says dataset, data folder, target and range', () => {
  const run = { stage: 'load', dataset: 'images_analytical', dataDir: 'data', target: 'local', range: '1-10' };
  expect(firstLine(run)).toBe('load images_analytical · data data · target local · range 1-10');
});

test('oddities are sentences', () => {
  const declared = new Map(imagesAnalytical.oddities.map(({ name, what }) => [name, what]));
  expect(oddityText('duplicates:imagestopics', declared)).toBe('imagestopics: extra rows, one chosen');
  expect(oddityText('no_row_in_images:detections', declared)).toBe('detections: not in images');
  expect(oddityText('hands_disagree', declared)).toContain('MySQL and MongoDB');
});

describe('plain lines', () => {
  test('one a finished unit, warnings as they come, nothing for a begin', () => {
    const lines: string[] = [];
    const screen = plainScreen((text) => lines.push(text));
    screen.show({ event: 'unit-start', stage: 'join', unit: '1-10', rows: 1 });
    screen.show({ event: 'unit-done', stage: 'join', unit: '1-10', rows: 1234, bytes: 5000, seconds: 2 });
    screen.show({ event: 'warning', text: 'w' });
    expect(lines).toEqual(['  join 1-10: 1,234 rows, 5 kB, 2s\n', 'warning: w\n']);
  });

  test('a stage whose units say nothing for long is told of every ten seconds', () => {
    vi.useFakeTimers();
    const lines: string[] = [];
    const screen = plainScreen((text) => lines.push(text));
    screen.show({ event: 'stage', stage: 'join', units: 2, alreadyDone: 0, rows: 20, note: '' });
    screen.show({ event: 'unit-start', stage: 'join', unit: '1-10', rows: 10 });
    screen.show({ event: 'unit-progress', stage: 'join', unit: '1-10', rows: 0, bytes: 0, phase: 'joining' });
    vi.advanceTimersByTime(25_000);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe('  join 0 of 2 · 0% · 1-10 joining\n');
    screen.show({ event: 'stage-done', stage: 'join', seconds: 25, text: 'over' });
    vi.advanceTimersByTime(60_000);
    expect(lines.slice(2)).toEqual(['join: over\n']);
    vi.useRealTimers();
  });

  test('the answer of a query stands alone', () => {
    const [out, aside]: [string[], string[]] = [[], []];
    const screen = plainScreen(
      (text) => out.push(text),
      (text) => aside.push(text),
    );
    screen.show({ event: 'run', stage: 'query', dataset: 'd', dataDir: 'data', target: 't', range: 'all' });
    screen.show({ event: 'text', text: '1' });
    expect([out, aside.length]).toEqual([['1\n'], 1]);
  });

  test('a table has its head and no trailing blanks', () => {
    const text =
      textOf({
        event: 'table',
        title: 'T',
        head: ['a', 'b'],
        rows: [
          ['1', ''],
          ['22', 'x'],
        ],
      }) ?? '';
    expect(text.split('\n')[0]).toBe('T');
    expect(text).not.toMatch(/[ \t]$/m);
  });
});
