import type { MapRow, RangeState, ReportFacts } from '../../../src/report/facts.js';

const keyOf = (at: number): string => String(at * 100_000 + 1);

/** Facts of a migration of so many ranges and sources, ten ranges a shard; all done but what `rest` says. */
export function reportFactsOf(ranges: number, sources: number, rest: Partial<ReportFacts> = {}): ReportFacts {
  const shards = Math.ceil(ranges / 10);
  const all = (state: RangeState): RangeState[] => new Array<RangeState>(ranges).fill(state);
  const names = Array.from({ length: sources }, (_, at) => `source_${at + 1}`);
  const row = (step: MapRow['step'], name: string): MapRow => ({ step, name, states: all('done') });
  const unit = (at: number) => ({
    end: new Date(Date.UTC(2024, 0, 1, 20, 0, at)).toISOString(),
    seconds: 1.5,
    rows: 100_000,
    bytes: 1_000_000,
  });
  return {
    dataset: 'images_analytical',
    key: 'image_id',
    made: '2024-01-02T08:00:00.000Z',
    plan: {
      rangeRows: 100_000,
      shardRows: 1_000_000,
      sample: false,
      generations: [
        {
          generation: 1,
          planned: '2024-01-01T19:59:00.000Z',
          ranges,
          first: '1',
          last: String(BigInt(keyOf(ranges)) - 1n),
          rows: ranges * 100_000,
          estimated: false,
        },
      ],
      absent: [],
    },
    map: {
      ranges: Array.from({ length: ranges }, (_, at) => ({
        first: keyOf(at),
        last: String(BigInt(keyOf(at + 1)) - 1n),
        shard: Math.floor(at / 10),
      })),
      rows: [...names.map((name) => row('export', name)), row('join', ''), row('rejects', ''), row('load', 'box')],
    },
    work: [
      { stage: 'export', target: '', units: Array.from({ length: ranges * sources }, (_, at) => unit(at)) },
      { stage: 'join', target: '', units: Array.from({ length: shards }, (_, at) => unit(at * 10)) },
      { stage: 'load', target: 'box', units: Array.from({ length: shards }, (_, at) => unit(at * 10)) },
    ],
    sources: names.map((name, at) => ({
      ...{ name, engine: 'mysql', table: name.toUpperCase(), role: 'keyed', access: 'range', index: 'PRIMARY' },
      ...{ files: ranges, rows: (at + 1) * 1000, bytes: (at + 1) * 5000, estimate: 1000 },
    })),
    shards: {
      shards,
      rows: ranges * 100_000,
      bytes: 1e9,
      driving: ranges * 100_000,
      columns: Array.from({ length: 68 }, (_, at) => ({
        ...{ name: `column_${at}`, type: 'UInt8', rows: ranges * 100_000, nulls: at * 1000 },
        becomes: (['unknown', 'null', 'absent'] as const)[at % 3] ?? 'unknown',
      })),
    },
    partitions: {
      from: 'target',
      by: 'toYYYYMM(upload_date)',
      note: '',
      groups: Array.from({ length: 240 }, (_, at) => ({
        name: String(200_001 + Math.floor(at / 12) * 100 + (at % 12)),
        rows: 1000 + at,
        parts: 1 + (at % 5),
        bytes: 1e6,
      })),
    },
    rejects: { rows: 0, values: 0, columns: [], kinds: [], note: '' },
    oddities: [
      { name: 'duplicates:imagestopics', what: 'imagestopics: extra rows, one chosen', count: 12, example: '42' },
    ],
    targets: [
      {
        ...{ name: 'box', table: 'db.images_analytical', loaded: shards, shards, rows: ranges * 100_000 },
        ...{ last: '2024-01-01T22:00:00.000Z', version: 1_704_146_400 },
        ...{ verified: null, different: [] },
      },
    ],
    live: {
      ...{ target: 'box', away: null, where: 'http://box:8123', version: '26.7.1.1', table: 'db.images_analytical' },
      ...{ engine: 'ReplacingMergeTree', partitionKey: 'toYYYYMM(upload_date)', sortingKey: 'image_id' },
      stored: { rows: ranges * 100_000, bytes: 1e9, parts: 700 },
    },
    settings: [{ name: 'dataset', text: 'images_analytical, key image_id' }],
    versions: [{ name: 'transload', text: '0.1.0' }],
    ...rest,
  };
}

/** A page's pictures by their names. */
export function pictureNames(page: string): string[] {
  return [...page.matchAll(/<svg role="img" aria-label="([^"]*)"/g)].map((match) => match[1] ?? '');
}
