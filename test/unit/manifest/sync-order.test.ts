import { readFileSync, writeFileSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { inclusiveRange } from '../../../src/core/ranges.js';
import { appendLine, makeFolder, publish, replaceFile } from '../../../src/manifest/atomic-file.js';
import { layoutOf } from '../../../src/manifest/layout.js';
import { ManifestWriter } from '../../../src/manifest/manifest.js';
import { publishExport } from '../../../src/pipeline/export-files.js';
import { plannedSource, scratchFolder, testContext } from '../support.js';

// A kill never shows that an fsync is missing, since the system outlives it: so the calls themselves are looked at.
const calls: string[] = [];
const folder = scratchFolder();
const short = (path: unknown): string => relative(folder, String(path)) || '.';

/** The handle's own methods, each with a note of what was done to which file. */
function watched(handle: FileHandle, path: string): FileHandle {
  const noted = new Set(['write', 'writeFile', 'sync', 'truncate']);
  return new Proxy(handle, {
    get(target, name) {
      const member = Reflect.get(target, name, target) as unknown;
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (noted.has(String(name))) calls.push(`${String(name).replace('writeFile', 'write')} ${short(path)}`);
        return (member as (...all: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const noting =
    <A extends [unknown, ...unknown[]], R>(name: string, work: (...given: A) => R) =>
    (...given: A): R => {
      calls.push(`${name} ${short(given[0])}`);
      return work(...given);
    };
  return {
    ...real,
    open: async (path: string, flags: string) => watched(await real.open(path, flags), path),
    rename: noting('rename', real.rename),
    rm: noting('rm', real.rm),
    mkdir: noting('mkdir', real.mkdir),
  };
});

beforeEach(() => {
  calls.length = 0;
});

test('publish: the file is synced before it gets its name, the folder after', async () => {
  writeFileSync(join(folder, 'f.tmp'), 'whole');
  await publish(join(folder, 'f'));
  expect(calls).toEqual(['sync f.tmp', 'rename f.tmp', 'sync .']);
});

test('replaceFile: written, synced, renamed, folder synced', async () => {
  await replaceFile(join(folder, 'plan.json'), 'text');
  expect(calls).toEqual(['mkdir .', 'write plan.json.tmp', 'sync plan.json.tmp', 'rename plan.json.tmp', 'sync .']);
  expect(readFileSync(join(folder, 'plan.json'), 'utf8')).toBe('text');
});

test('appendLine: the line is synced, and the folder of a new file; a torn line is cut before', async () => {
  const path = join(folder, 'm.jsonl');
  await appendLine(path, '{}');
  expect(calls).toEqual(['mkdir .', 'write m.jsonl', 'sync m.jsonl', 'sync .']);
  calls.length = 0;
  writeFileSync(path, '{}\n{"to');
  await appendLine(path, '{"a":1}');
  expect(calls).toEqual(['mkdir .', 'truncate m.jsonl', 'write m.jsonl', 'sync m.jsonl']);
});

test('makeFolder: every new name is synced in the folder that holds it', async () => {
  await makeFolder(join(folder, 'a', 'b', 'c'));
  expect(calls).toEqual(['mkdir a/b/c', 'sync a/b', 'sync a', 'sync .']);
  calls.length = 0;
  await makeFolder(join(folder, 'a', 'b', 'c'));
  expect(calls).toEqual(['mkdir a/b/c']);
});

describe('an export file is recorded only when it is on disk', () => {
  const context = testContext({ layout: layoutOf(folder, 'd', 10) });
  const range = inclusiveRange(1n, 10n);
  const path = join(folder, 'd', 'export', 'images', '0000000001-0000000010.parquet');
  const parquet = { write: () => Promise.reject(), rows: () => Promise.reject(), check: () => Promise.resolve() };
  const publishRows = async (rows: number): Promise<string[]> => {
    await makeFolder(join(path, '..'));
    writeFileSync(`${path}.tmp`, 'x');
    const manifest = new ManifestWriter(join(folder, 'd', 'export'), 'w');
    calls.length = 0;
    const facts = { columns: [], least: null, greatest: null, snapshot: '', oddities: {}, seconds: 0 };
    await publishExport(context, parquet, manifest, { source: plannedSource('images'), range, rows, ...facts });
    return calls.map((call) => `${call.split(' ')[0]} ${basename(call.split(' ')[1] ?? '')}`);
  };
  const [file, manifest] = [basename(path), 'manifest.w.jsonl'];
  const published = [`sync ${file}.tmp`, `rename ${file}.tmp`, 'sync images'];
  const recorded = ['mkdir export', `write ${manifest}`, `sync ${manifest}`];

  test('synced, renamed, folder synced, then the line written and synced', async () => {
    expect(await publishRows(1)).toEqual([...published, ...recorded, 'sync export']);
  });

  test('over an older file: its record is taken back first', async () => {
    expect(await publishRows(1)).toEqual([...recorded, ...published, ...recorded]);
  });

  test('without rows any more: the older file is gone for good before that is recorded', async () => {
    const removed = [`rm ${file}.tmp`, 'sync images', `rm ${file}`, 'sync images'];
    expect(await publishRows(0)).toEqual([...recorded, ...removed, ...recorded]);
  });
});
