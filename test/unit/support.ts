import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Event } from '../../src/core/events.js';
import { imagesAnalytical } from '../../src/dataset/images-analytical/dataset.js';
import type { ExportEntry, ShardEntry } from '../../src/manifest/entries.js';
import { layoutOf } from '../../src/manifest/layout.js';
import type { LedgerEntry } from '../../src/manifest/ledger.js';
import type { Plan, PlannedSource } from '../../src/manifest/plan-file.js';
import type { Context } from '../../src/pipeline/context.js';

/** A folder that is removed after the test file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'transload-unit-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A context that keeps what is reported. */
export function testContext(rest: Partial<Context> = {}): Context & { readonly events: Event[] } {
  const events: Event[] = [];
  return {
    dataset: imagesAnalytical,
    layout: layoutOf('/nowhere', imagesAnalytical.name, 10),
    report: (event) => events.push(event),
    signal: new AbortController().signal,
    run: 'r1',
    writer: 'test',
    range: undefined,
    part: undefined,
    stop: () => undefined,
    again: false,
    dryRun: false,
    workers: 1,
    ...rest,
    events,
  };
}

export function plannedSource(name: string, rest: Partial<PlannedSource> = {}): PlannedSource {
  const common = { engine: 'mysql', role: 'keyed', table: name, access: 'range', index: 'PRIMARY' } as const;
  return { name, ...common, hash: `${name}-hash`, live: {}, estimate: null, ...rest };
}

/** Four ranges of ten ids in shards of two ranges; a lookup, a source read by range and one read in one pass. */
export function testPlan(rest: Partial<Plan> = {}): Plan {
  return {
    format: 1,
    dataset: 'images_analytical',
    rangeRows: 10,
    shardRows: 20,
    sample: false,
    sources: [
      plannedSource('images', { role: 'driving' }),
      plannedSource('imagestopics', { access: 'one-pass', index: null }),
      plannedSource('site', { role: 'lookup', access: 'lookup' }),
    ],
    absent: [],
    generations: [{ generation: 1, planned: '', bounds: ['1', '11', '21', '31'], end: '41', rows: 40 }],
    ...rest,
  };
}

export function exportEntry(source: string, file: string, rest: Partial<ExportEntry> = {}): ExportEntry {
  const range = { first: '1', last: '10', least: '1', greatest: '10' };
  const common = { format: 1, kind: 'export', run: 'r1', time: '2024-01-01T00:00:00.000Z', seconds: 1 } as const;
  const made = { rows: 10, bytes: 100, sha256: `sha-${file}`, hash: `${source}-hash`, oddities: {} };
  return { ...common, ...range, ...made, source, file, snapshot: '2024-01-01T00:00:00.000Z', ...rest };
}

export function shardEntry(first: number, last: number, rest: Partial<ShardEntry> = {}): ShardEntry {
  const keys = { first: String(first), last: String(last), least: String(first), greatest: String(last) };
  const file = `images_analytical.${String(first).padStart(10, '0')}-${String(last).padStart(10, '0')}.parquet`;
  const common = { format: 1, kind: 'shard', run: 'r1', time: '2024-01-01T00:00:00.000Z', seconds: 1 } as const;
  const made = { rows: 10, driving: 10, bytes: 100, sha256: 'sha-a', hash: 'h', inputs: 'i', oddities: {} };
  const rejects = { rows: 0, values: 0, file: null, sha256: '', columns: {} };
  return { ...common, ...keys, ...made, file, sources: [], rejects, columns: [], ...rest };
}

export function ledgerEntry(
  kind: LedgerEntry['kind'],
  version: number,
  shard?: ShardEntry,
  rest: Partial<LedgerEntry> = {},
): LedgerEntry {
  const where = { database: 'db', table: 't', uuid: 'u1' };
  const of = { shard: shard?.file ?? '', sha256: shard?.sha256 ?? '', rows: shard?.rows ?? 0 };
  return { format: 1, run: 'r1', time: '', kind, version, ...where, ...of, ...rest };
}
