import { beforeAll, describe, expect, test } from 'vitest';
import type { ReportFacts } from '../../../src/report/facts.js';
import { reportPage } from '../../../src/report/page.js';
import { pictureNames, reportFactsOf } from './facts.js';

/** All that runs, loads or leaves the page. */
const active = /<script|\son\w+\s*=|javascript:|https?:\/\/|<link|<img|<iframe|<object|@import|url\((?!#)/i;

describe('the page', () => {
  const facts = reportFactsOf(3, 2);
  let made = '';
  beforeAll(async () => {
    made = await reportPage(facts);
  });

  test('is one file that needs no other and no script', async () => {
    // The only address in these facts is that of the target, as a text.
    const page = made.replaceAll('http://box:8123', '');
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
    expect(active.exec(page)?.[0]).toBeUndefined();
    expect(page).toContain(`content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;`);
  });

  test('every reference leads to something of the page', async () => {
    const page = await reportPage(reportFactsOf(30, 4));
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1]);
    const wanted = [...page.matchAll(/(?:href="#|url\(#|aria-labelledby=")([\w-]+)/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(wanted.length).toBeGreaterThan(10);
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test('is the same for the same facts, but for its date', async () => {
    expect(await reportPage(reportFactsOf(3, 2))).toBe(made);
    const later = await reportPage({ ...facts, made: '2025-06-07T08:09:10.000Z' });
    expect(later).not.toBe(made);
    expect(
      later.replaceAll('2025-06-07T08:09:10.000Z', facts.made).replaceAll('2025-06-07 08:09:10', '2024-01-02 08:00:00'),
    ).toBe(made);
  });

  test('each picture has a name that says what it shows, and a table behind it', async () => {
    const page = made;
    const names = pictureNames(page);
    expect(names.filter((name) => name.length < 30)).toEqual([]);
    for (const begin of [
      'Map of 3 ranges of keys, from 1 to 300000',
      'export: 600,000 rows',
      'load box: ',
      'Rows by source: ',
      'Bytes of the export files',
      'NULL in the shards',
      'Rows by toYYYYMM',
      'Parts by partition: 720 parts',
    ]) {
      expect(names.filter((name) => name.startsWith(begin)).length, begin).toBeGreaterThan(0);
    }
    // Nothing inside a picture speaks for itself.
    expect(page).not.toMatch(/graphics-(symbol|object|document)|aria-roledescription/);
    expect(page.match(/<figure>/g)?.length).toBe(
      page.match(/<details><summary>The same as a table<\/summary><div[^>]*><table>/g)?.length,
    );
  });

  test('an empty folder’s sections say that they are empty', async () => {
    const nothing: ReportFacts = {
      ...reportFactsOf(0, 0),
      plan: null,
      map: { ranges: [], rows: [] },
      work: [],
      shards: { shards: 0, rows: 0, bytes: 0, driving: 0, columns: [] },
      partitions: { from: 'nowhere', by: '', note: 'No shard is in the folder.', groups: [] },
      oddities: [],
      targets: [],
      live: { target: 'boreal', away: 'ClickHouse at boreal cannot be reached' },
    };
    const page = await reportPage(nothing);
    for (const text of [
      'Nothing is planned or joined',
      'Nothing was loaded',
      'No stage has done',
      'Nothing is joined',
      'No shard is in',
      'no plan here',
      'The target <strong>boreal</strong> was not asked: ClickHouse at boreal cannot be reached',
    ]) {
      expect(page).toContain(text);
    }
    expect(pictureNames(page)).toEqual([]);
  });

  test('what was rejected and what differs is said at the top, and not by colour alone', async () => {
    const page = await reportPage({
      ...facts,
      rejects: {
        ...{ rows: 2, values: 3, columns: [{ name: 'width', values: 3 }], note: '' },
        kinds: [{ column: 'width', reason: 'does not fit UInt16', values: 3, key: '17', value: '70000' }],
      },
      targets: facts.targets.map((one) => ({
        ...one,
        ...{ verified: { time: '2024-01-01T23:00:00.000Z', whole: 0, different: 1, shards: 2 } },
        different: [{ shard: 's.parquet', problems: ['caption: hash differs'] }],
      })),
    });
    const top = page.slice(0, page.indexOf('<nav'));
    expect(top).toContain('<div class="look"><dt>rows rejected</dt><dd><span aria-hidden="true">! </span>2</dd></div>');
    expect(top).toContain('! </span>1 difference');
    expect(page).toContain('caption: hash differs');
    expect(page).toContain('does not fit UInt16');
  });
});

describe('hostile facts', () => {
  const evil = `"><script>alert(1)</script>'\`\${x}&amp;\u202e\u2028</style></svg>\u0007`;
  let text = '';
  beforeAll(async () => {
    const facts = reportFactsOf(3, 2);
    const named = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
      all.map((one) => ({ ...one, name: evil + one.name }));
    text = await reportPage({
      ...facts,
      dataset: evil,
      key: evil,
      plan: facts.plan && { ...facts.plan, absent: [{ name: evil, reason: evil }] },
      map: { ...facts.map, rows: named(facts.map.rows) },
      work: facts.work.map((one) => ({ ...one, target: one.stage === 'load' ? evil : '' })),
      sources: named(facts.sources).map((one) => ({ ...one, table: evil, engine: evil, access: evil })),
      shards: { ...facts.shards, columns: named(facts.shards.columns).map((one) => ({ ...one, type: evil })) },
      partitions: { ...facts.partitions, by: evil, note: evil, groups: named(facts.partitions.groups) },
      rejects: {
        ...{ rows: 1, values: 1, columns: [{ name: evil, values: 1 }], note: evil },
        kinds: [{ column: evil, reason: evil, values: 1, key: evil, value: evil }],
      },
      oddities: [{ name: evil, what: evil, count: 1, example: evil }],
      targets: facts.targets.map((one) => ({
        ...one,
        ...{
          name: evil,
          table: evil,
          verified: { time: evil, whole: 0, different: 1, shards: 1 },
          different: [{ shard: evil, problems: [evil] }],
        },
      })),
      live: { ...facts.live, target: evil, away: evil },
      settings: [{ name: evil, text: evil }],
      versions: [{ name: evil, text: evil }],
    });
  });

  test('are text and nothing else, in the words and in the pictures', () => {
    expect(active.exec(text)?.[0]).toBeUndefined();
    expect(text.match(/<\/style>/g)).toHaveLength(1);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    // Begun and ended as often: nothing broke out of its element.
    for (const tag of ['svg', 'table', 'section', 'figure', 'details', 'td', 'th', 'text', 'g']) {
      const opened = text.match(new RegExp(`<${tag}[\\s>](?![^<>]*/>)`, 'g'))?.length ?? 0;
      expect([tag, text.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0]).toEqual([tag, opened]);
    }
  });

  test('cannot turn the writing round or ring a bell', () => {
    for (const sign of ['\u202e', '\u0007']) expect(text.includes(sign)).toBe(false);
    expect(text).toContain('[U+202E]');
  });
});

describe('a big migration', () => {
  test('1,300 ranges of 18 sources in 130 shards make a page below 1.5 MB', async () => {
    const facts = reportFactsOf(1300, 18);
    // The worst to draw: no two neighbours are alike.
    const states = ['done', 'again', 'open', 'wrong'] as const;
    const rows = facts.map.rows.map((row, at) => ({
      ...row,
      states: row.states.map((_, range) => states[(Math.floor(range / 10) + at) % 4] ?? 'open'),
    }));
    const before = process.memoryUsage().heapUsed;
    const page = await reportPage({ ...facts, map: { ...facts.map, rows } });
    expect(page.length).toBeLessThan(1_500_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(400_000_000);
    expect(pictureNames(page)[0]).toContain('Map of 1,300 ranges of keys, from 1 to 130000000');
  });

  test('partitions by the day make neither a long table nor a wide picture', async () => {
    const facts = reportFactsOf(3, 2);
    const groups = Array.from({ length: 20_000 }, (_, at) => ({ name: `day ${at}`, rows: 1, parts: 1, bytes: 1 }));
    const page = await reportPage({ ...facts, partitions: { ...facts.partitions, groups } });
    expect(page.length).toBeLessThan(500_000);
    expect(pictureNames(page).filter((name) => name.includes('20,000 partitions'))).toHaveLength(2);
    expect(page).toContain('The table has the first 1,000.');
  });

  test('keys of 64 bits stay exact', async () => {
    const facts = reportFactsOf(1, 1);
    const last = '18446744073709551614';
    const page = await reportPage({
      ...facts,
      map: { ...facts.map, ranges: [{ first: '9007199254740993', last, shard: 0 }] },
    });
    expect(pictureNames(page)[0]).toContain(`from 9007199254740993 to ${last}`);
  });
});
