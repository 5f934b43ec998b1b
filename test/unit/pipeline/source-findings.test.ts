import { describe, expect, test } from 'vitest';
import type { Source } from '../../../src/dataset/declaration.js';
import { collection, lookup, table } from '../../../src/dataset/declare.js';
import { charsetFindings, type SourceLook, sourceFindings } from '../../../src/pipeline/source-findings.js';
import type { SourceFacts } from '../../../src/sources/facts.js';
import type { FoundTable } from '../../../src/sources/source.js';

const figures = { count: (value: number) => String(value), bytes: (value: number) => `${value} B` };
const things = table('Things', 'id', { name: 'varchar' }, { reduce: { rows: 'best', order: 'name' } });
const live = { id: 'int', name: 'varchar(50)' };
const there: FoundTable = { table: 'Things', live, index: 'PRIMARY', unique: true, estimate: 1000 };
const explained: SourceFacts = {
  qualified: '`S`.`Things`',
  plan: { index: 'PRIMARY', word: 'range' },
  rowBytes: 20,
  charsets: {},
  indexStatement: undefined,
  doublesStatement: 'SELECT doubles;',
};

function lookOf(more: Partial<SourceLook> & { found?: FoundTable | undefined } = {}): SourceLook {
  return { source: things, found: there, spread: undefined, facts: explained, ...more };
}
const findings = (look: SourceLook) => sourceFindings(look, figures);
const said = (look: SourceLook): string[] => findings(look).map(({ level, found }) => `${level}: ${found}`);

describe('a source', () => {
  test('is fine where EXPLAIN goes by its index', () => {
    expect(said(lookOf())).toEqual(['fine: about 1000 rows: range by PRIMARY, unique']);
    const spread = { spreadBytes: 0, tableBytes: 7, cacheBytes: 9 };
    const found = { ...there, index: 'image', unique: false };
    const facts = { ...explained, plan: { index: 'image', word: 'range' } };
    expect(said(lookOf({ found, spread, facts }))).toEqual([
      "fine: about 1000 rows: range by image, not unique; its 7 B fit into the server's memory",
    ]);
  });

  test('says how its rows lie where that decides how it is read', () => {
    const spread = { spreadBytes: 8e9, tableBytes: 9e9, cacheBytes: 2e9 };
    const [text] = said(lookOf({ found: { ...there, index: 'image' }, spread }));
    expect(text).toMatch(/^fine: .*one pass.*spread over 8\.0 GB of its 9\.0 GB.* keeps 2\.0 GB in memory/);
  });

  test('is a warning where EXPLAIN says that all of it would be read, whatever the catalogue says', () => {
    const [finding] = findings(lookOf({ facts: { ...explained, plan: { index: undefined, word: 'ALL' } } }));
    expect(finding).toMatchObject({ level: 'warning', found: expect.stringMatching(/all of it.*\(ALL\).*PRIMARY/) });
    expect(finding?.hint).toContain('\nANALYZE TABLE `S`.`Things`;');
  });

  test('without an index is read in one pass, with the statement that would change that', () => {
    const facts = { ...explained, plan: undefined, indexStatement: 'ALTER TABLE x;' };
    const [finding] = findings(lookOf({ found: { ...there, index: undefined, unique: false }, facts }));
    expect(finding).toMatchObject({ level: 'warning', found: expect.stringMatching(/one pass.*no index on id/) });
    expect(finding?.hint.split('\n')[1]).toBe('ALTER TABLE x;');
  });

  test('that is a lookup is read whole, whatever EXPLAIN says', () => {
    const site = lookup('Site', 'id', { name: 'varchar' }, 'things.site');
    expect(said(lookOf({ source: site }))).toEqual(['fine: Things, about 1000 rows, read whole']);
  });

  test('that lacks columns, or has them of other types, is a stop', () => {
    const found = { ...there, live: { ID: 'int', name: 'blob' } };
    const [finding, ...more] = findings(lookOf({ found, facts: undefined }));
    expect(more).toEqual([]);
    expect(finding).toMatchObject({
      level: 'stop',
      found: 'Things.name is blob, which does not fit the declared varchar',
    });
    expect(said(lookOf({ found: { ...there, live: { id: 'int' } }, facts: undefined }))).toEqual([
      'stop: Things.name is missing',
    ]);
  });

  test('that is not there is a stop, an optional one a warning', () => {
    const gone = { found: undefined, facts: undefined };
    expect(said(lookOf(gone))).toEqual(['stop: no Things that this user may read']);
    const optional: Source = { ...collection('marks', 'id', ['a']), aliases: ['signs'] };
    expect(said(lookOf({ ...gone, source: optional }))).toEqual(['warning: no marks or signs: taken as empty']);
  });
});

describe('one row a key', () => {
  const one: Source = { ...things, reduce: { rows: 'one' } };

  test('is believed of a unique index only; else what would happen is said, and how to see it', () => {
    expect(findings(lookOf({ source: one }))).toHaveLength(1);
    const [, finding] = findings(lookOf({ source: one, found: { ...there, unique: false } }));
    expect(finding).toMatchObject({
      level: 'warning',
      found: expect.stringMatching(/no unique index on id.*KEYS_DOUBLED/),
    });
    expect(finding?.hint.split('\n')[1]).toBe('SELECT doubles;');
  });

  test('is not asked of a source that says how several become one', () => {
    expect(findings(lookOf({ found: { ...there, unique: false } }))).toHaveLength(1);
  });
});

describe('character sets', () => {
  const of = (charsets: Record<string, string>) =>
    charsetFindings('MySQL', [lookOf({ facts: { ...explained, charsets } })]);

  test('utf8mb4 is fine, and so are its parts', () => {
    expect(of({})).toEqual([]);
    expect(of({ a: 'utf8mb4' })).toMatchObject([{ level: 'fine', found: 'all utf8mb4, and so is the connection' }]);
    expect(of({ a: 'utf8mb3', b: 'ascii' }).map(({ level, found }) => `${level}: ${found}`)).toEqual([
      'fine: ascii: Things.b; taken as they are, they are UTF-8',
      'fine: utf8mb3: Things.a; taken as they are, they are UTF-8',
    ]);
  });

  test('latin1 is a warning with a statement that shows its letters', () => {
    const [finding] = of({ name: 'latin1', other: 'utf8mb4' });
    expect(finding).toMatchObject({
      level: 'warning',
      found: expect.stringMatching(/^latin1: Things\.name; converted/),
    });
    expect(finding?.hint.split('\n')[1]).toMatch(/^SELECT `id`, `name` FROM `S`\.`Things` WHERE HEX\(`name`\) REGEXP/);
  });

  test('others are a warning that says what stops an export', () => {
    expect(of({ a: 'sjis' })).toMatchObject([
      { level: 'warning', found: expect.stringMatching(/^sjis: .*stops the export/) },
    ]);
  });
});
