import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readLastRun, writeLastRun } from '../../../src/manifest/last-run.js';
import { layoutOf } from '../../../src/manifest/layout.js';
import { scratchFolder } from '../support.js';

const layout = layoutOf(scratchFolder(), 'd', 10);
const file = join(layout.root, '.last-export.json');
const ended = {
  host: 'h',
  begin: '2024-01-01T00:00:00.000Z',
  end: '2024-01-01T01:00:00.000Z',
  outcome: 'failed',
} as const;
const error = { unit: '1-10', code: 'SOURCE_LOST', message: 'm', hint: 'h' };

test('what was kept is read again: the last run alone, its first errors, how many there were', async () => {
  expect(await readLastRun(layout, 'export')).toBeUndefined();
  mkdirSync(layout.root, { recursive: true });
  await writeLastRun(layout, 'export', { ...ended, outcome: 'done', errors: [], errorCount: 0 });
  const errors = Array.from({ length: 50 }, (_, at) => ({ ...error, unit: at === 0 ? null : `${at}` }));
  await writeLastRun(layout, 'export', { ...ended, errors, errorCount: 50 });
  expect(await readLastRun(layout, 'export')).toEqual({ ...ended, errors: errors.slice(0, 20), errorCount: 50 });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ format: 1 });
  expect(await readLastRun(layout, 'join')).toBeUndefined();
});

test.each(['', '{"format":1', '{"format":1,"outcome":"fine"}'])('%j tells nothing', async (text) => {
  mkdirSync(layout.root, { recursive: true });
  writeFileSync(file, text);
  expect(await readLastRun(layout, 'export')).toBeUndefined();
});

test('where it cannot be written the run goes on', async () => {
  const nowhere = layoutOf('/nowhere/at/all', 'd', 10);
  await writeLastRun(nowhere, 'export', { ...ended, errors: [error], errorCount: 1 });
  expect(await readLastRun(nowhere, 'export')).toBeUndefined();
});
