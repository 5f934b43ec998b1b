import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layoutOf, spillDir } from '../../../src/manifest/layout.js';
import { ownSpillDir, sweepSpills } from '../../../src/manifest/spill.js';
import { openEngine } from '../../../src/sql/engine.js';

let folder: string;
const layout = () => layoutOf(folder, 'd', 10);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spill-'));
  mkdirSync(layout().root, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('two engines of one data folder spill apart: the end of one leaves what the other needs', async () => {
  const sql = 'CREATE TABLE t AS SELECT range AS k, md5(range::VARCHAR) AS v FROM range(1500000)';
  const open = () => openEngine({ memoryMb: 60, threads: 1, spillDir: ownSpillDir(layout()) });
  const [first, second] = [await open(), await open()];
  expect(readdirSync(layout().root)).toEqual([]);
  await first.run(sql);
  await second.run(sql);
  expect(readdirSync(layout().root).filter((name) => name.startsWith('.spill-'))).toHaveLength(2);
  first.close();
  expect(await second.rows('SELECT count(DISTINCT v) FROM t')).toEqual([['1500000']]);
  second.close();
  expect(readdirSync(layout().root)).toEqual([]);
});

test('what killed runs of this machine left is swept; living ones, other machines and other names stay', async () => {
  const { pid: dead } = spawnSync(process.execPath, ['-e', '']);
  const own = basename(ownSpillDir(layout()));
  const ofDead = own.replace(`-${process.pid}-`, `-${dead}-`);
  const elsewhere = `.spill-00000000-${dead}-00000000`;
  const old = `.spill-00000001-${dead}-00000000`;
  for (const name of [own, ofDead, elsewhere, old, '.spill-mine', 'shards']) mkdirSync(join(layout().root, name));
  mkdirSync(spillDir(layout()));
  const fetched = ['verify-new.parquet', 'verify-old.parquet', 'spool-old.parquet'].map((name) =>
    join(spillDir(layout()), name),
  );
  for (const path of fetched) writeFileSync(path, '');
  const longAgo = new Date(Date.now() - 8 * 24 * 3600 * 1000);
  for (const path of [join(layout().root, old), ...fetched.slice(1)]) utimesSync(path, longAgo, longAgo);
  await sweepSpills(layout());
  expect(readdirSync(layout().root).sort()).toEqual([own, elsewhere, '.spill-mine', 'shards', 'tmp'].sort());
  expect(fetched.map((path) => existsSync(path))).toEqual([true, false, true]);
});

test('there is nothing to sweep where there is no data folder, and none is made', async () => {
  rmSync(layout().root, { recursive: true });
  await sweepSpills(layout());
  expect(existsSync(layout().root)).toBe(false);
});
