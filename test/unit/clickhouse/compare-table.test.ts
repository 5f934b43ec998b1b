import { describe, expect, test } from 'vitest';
import { compareTable } from '../../../src/clickhouse/compare.js';
import type { LiveColumn, LiveTable } from '../../../src/clickhouse/live-table.js';
import type { Column, JoinedDataset } from '../../../src/dataset/declaration.js';
import { column } from '../../../src/dataset/declare.js';
import { imagesAnalytical } from '../../../src/dataset/images-analytical/dataset.js';

/** A dataset of a key, one column and the version, and what the shards carry for the column. */
function datasetOf(type: string, carried = 'VARCHAR', rest: Partial<Column> = {}): JoinedDataset {
  return {
    ...imagesAnalytical,
    columns: [
      column('image_id', 'UInt32', '').column,
      column('c', type, '', rest).column,
      column('updated_at', "DateTime('UTC')", '', { place: 'version' }).column,
    ],
    carried: { image_id: 'UINTEGER', c: carried },
    table: { ...imagesAnalytical.table, orderBy: ['c', 'image_id'] },
  };
}

const key: LiveColumn = { name: 'image_id', type: 'UInt32', defaultKind: '' };
const version: LiveColumn = { name: 'updated_at', type: "DateTime('UTC')", defaultKind: '' };

function liveOf(columns: readonly LiveColumn[], rest: Partial<LiveTable> = {}): LiveTable {
  const engine = { engine: 'ReplacingMergeTree', versionColumn: 'updated_at', partitionKey: '' };
  const names = { database: 'd', table: 't', uuid: 'u', sortingKey: 'c, image_id', zone: 'UTC' };
  return { ...names, ...engine, columns: [key, ...columns, version], ...rest };
}

const live = (type: string, defaultKind = '', rest: Partial<LiveTable> = {}): LiveTable =>
  liveOf([{ name: 'c', type, defaultKind }], rest);

/** `stop: what`, or `warning: what`, of each difference. */
const said = (dataset: JoinedDataset, table: LiveTable): string[] =>
  compareTable(dataset, table).map(({ what, stops }) => `${stops ? 'stop' : 'warning'}: ${what}`);

const stop = (text: string): string => expect.stringMatching(new RegExp(`^stop: .*${text}`)) as string;
const warning = (text: string): string => expect.stringMatching(new RegExp(`^warning: .*${text}`)) as string;

describe('clock times without a zone', () => {
  const clocks = datasetOf("DateTime('UTC')", 'TIMESTAMP');

  test.each(['DateTime', 'Nullable(DateTime)', 'DateTime64(3)'])(
    'into %s: on a server in UTC they go in, on one elsewhere they stop and its zone is named',
    (type) => {
      for (const zone of ['UTC', 'Etc/UTC']) expect(said(clocks, live(type, '', { zone }))).toEqual([]);
      expect(said(clocks, live(type, '', { zone: 'Europe/Berlin' }))).toEqual([
        stop("make it DateTime\\('UTC'\\).*Europe/Berlin"),
      ]);
    },
  );

  test('into a column of another zone they stop, whatever the server is in', () => {
    expect(said(clocks, live("DateTime('Asia/Tokyo')"))).toEqual([stop('Asia/Tokyo')]);
    expect(said(clocks, live("DateTime('UTC')", '', { zone: 'Asia/Tokyo' }))).toEqual([]);
  });

  test('in a list it is the same', () => {
    const list = datasetOf("Array(DateTime('UTC'))", 'TIMESTAMP[]');
    expect(said(list, live('Array(DateTime)', '', { zone: 'Asia/Tokyo' }))).toEqual([stop('Asia/Tokyo')]);
    expect(said(list, live("Array(DateTime('Asia/Tokyo'))"))).toEqual([stop('Asia/Tokyo')]);
    expect(said(list, live("Array(DateTime64(3, 'UTC'))", '', { zone: 'Asia/Tokyo' }))).toEqual([]);
    expect(said(list, live('Array(Date)'))).toEqual([stop('not every value')]);
  });

  test('instants and days go into any zone', () => {
    for (const carried of ['DATE', 'TIMESTAMP WITH TIME ZONE']) {
      expect(said(datasetOf('DateTime', carried), live("DateTime('Asia/Tokyo')", '', { zone: 'X/Y' }))).toEqual([]);
    }
  });
});

describe('NULL', () => {
  test('declared Nullable needs a live one that is Nullable, or an unknown-value', () => {
    expect(said(datasetOf('Nullable(UInt8)', 'UTINYINT'), live('UInt8'))).toEqual([stop('cannot hold NULL')]);
    expect(said(datasetOf('Nullable(UInt8)', 'UTINYINT'), live('Nullable(UInt16)'))).toEqual([]);
    expect(said(datasetOf('Nullable(UInt8)', 'UTINYINT', { unknown: '255' }), live('UInt8'))).toEqual([]);
    expect(said(datasetOf('LowCardinality(Nullable(String))'), live('LowCardinality(String)'))).toEqual([
      stop('cannot hold NULL'),
    ]);
    expect(said(datasetOf('UInt8', 'UTINYINT'), live('Nullable(UInt8)'))).toEqual([]);
  });

  test('an Enum has no value for unknown of its own', () => {
    expect(said(datasetOf("Nullable(Enum8('a' = 1))"), live("Enum8('a' = 1)"))).toEqual([stop('cannot hold NULL')]);
    expect(said(datasetOf("Enum8('a' = 1)", 'VARCHAR', { unknown: "'a'" }), live("Enum8('a' = 1)"))).toEqual([]);
    expect(said(datasetOf("Nullable(Enum8('a' = 1))"), live("Nullable(Enum8('a' = 1))"))).toEqual([]);
  });

  test('a list with NULL elements needs a live one that takes them', () => {
    expect(said(datasetOf('Array(Nullable(UInt8))', 'UTINYINT[]'), live('Array(UInt8)'))).toEqual([stop('fit')]);
    expect(said(datasetOf('Array(UInt8)', 'UTINYINT[]'), live('Array(Nullable(UInt8))'))).toEqual([]);
  });
});

describe('labels of an Enum', () => {
  const declared = datasetOf("Nullable(Enum8('a' = 1, 'it\\'s' = 2, 'c' = 3))");

  test('more of them, in another order, under other numbers: fine', () => {
    expect(said(declared, live("Nullable(Enum16('c' = 1, 'a' = 1000, 'it\\'s' = -5, 'd' = 4))"))).toEqual([]);
  });

  test('one that is missing is named, and how many more', () => {
    expect(said(declared, live("Nullable(Enum8('a' = 1, 'c' = 3))"))).toEqual([stop("lacks the label 'it's'$")]);
    expect(said(declared, live("Nullable(Enum8('b' = 1))"))).toEqual([stop("lacks the label 'a' and 2 more$")]);
  });
});

test('LowCardinality of floating point would make one of 0 and -0.0', () => {
  for (const type of ['LowCardinality(Float32)', 'LowCardinality(Nullable(Float64))']) {
    expect(said(datasetOf('Float32', 'FLOAT'), live(type))).toEqual([stop('-0\\.0')]);
  }
  expect(said(datasetOf('UInt8', 'UTINYINT'), live('LowCardinality(UInt8)'))).toEqual([]);
});

describe('what the server does with a column', () => {
  const text = datasetOf('String');

  test.each([
    ['DEFAULT', []],
    ['MATERIALIZED', [stop('the server computes it')]],
    ['ALIAS', [stop('the server computes it')]],
    ['EPHEMERAL', [stop('keeps nothing')]],
  ])('%s', (kind, expected) => {
    expect(said(text, live('String', kind))).toEqual(expected);
    const more = liveOf([
      { name: 'c', type: 'String', defaultKind: '' },
      { name: 'more', type: 'UInt8', defaultKind: kind },
    ]);
    expect(said(text, more)).toEqual(kind === 'DEFAULT' ? [warning('gets its default')] : []);
  });

  test.each(['MATERIALIZED', 'ALIAS', 'EPHEMERAL'])('the version must be kept: not %s', (defaultKind) => {
    const columns = [key, { name: 'c', type: 'String', defaultKind: '' }, { ...version, defaultKind }];
    expect(said(text, liveOf([], { columns }))).toEqual([stop('must hold the version')]);
  });

  test.each(['UInt32', "Nullable(DateTime('UTC'))", 'Date', 'String'])('the version does not go into %s', (type) => {
    const columns = [key, { name: 'c', type: 'String', defaultKind: '' }, { ...version, type }];
    expect(said(text, liveOf([], { columns }))).toEqual([stop('must hold the version')]);
  });
});

describe('names that differ by case only', () => {
  test('another spelling: it is shown, with the advice to rename it', () => {
    const table = liveOf([{ name: 'C', type: 'String', defaultKind: '' }]);
    expect(compareTable(datasetOf('String'), table)).toMatchObject([{ column: 'c', live: 'C String', stops: true }]);
    expect(said(datasetOf('String'), table)).toEqual([stop('rename it')]);
  });

  test('both spellings at once: both are shown, once', () => {
    const table = liveOf([
      { name: 'C', type: 'String', defaultKind: '' },
      { name: 'c', type: 'UInt8', defaultKind: '' },
    ]);
    expect(said(datasetOf('String'), table)).toEqual([stop('c and C differ by case only')]);
  });

  test('letters beyond ASCII count too', () => {
    const declared = { ...datasetOf('String'), columns: datasetOf('String').columns.map((one) => one) };
    const renamed = declared.columns.map((one) => (one.name === 'c' ? { ...one, name: 'größe' } : one));
    const table = liveOf([{ name: 'GRÖßE', type: 'String', defaultKind: '' }]);
    expect(said({ ...declared, columns: renamed }, table)).toEqual([stop('rename it')]);
  });
});

describe('engines', () => {
  const text = datasetOf('String');
  const of = (engine: string, versionColumn?: string): string[] =>
    said(text, live('String', '', { engine, ...(versionColumn === undefined ? {} : { versionColumn }) }));

  test.each(['ReplacingMergeTree', 'ReplicatedReplacingMergeTree', 'SharedReplacingMergeTree'])('%s: fine', (engine) =>
    expect(of(engine)).toEqual([]),
  );

  test.each([
    ...['SummingMergeTree', 'AggregatingMergeTree', 'CollapsingMergeTree', 'VersionedCollapsingMergeTree'],
    ...['GraphiteMergeTree', 'CoalescingMergeTree', 'ReplicatedSummingMergeTree', 'SharedAggregatingMergeTree'],
  ])('%s makes one row of several: stops', (engine) => expect(of(engine, '')).toEqual([stop('merges rows')]));

  test.each(['MergeTree', 'ReplicatedMergeTree', 'SharedMergeTree'])('%s keeps old versions: said', (engine) =>
    expect(of(engine, '')).toEqual([warning('old versions stay')]),
  );

  test('a ReplacingMergeTree of another version column would keep old rows', () => {
    expect(of('ReplacingMergeTree', 'loaded')).toEqual([stop('greater loaded')]);
    expect(of('SharedReplacingMergeTree', '')).toEqual([warning('inserted last')]);
  });
});

describe('sorting keys', () => {
  const of = (sortingKey: string, engine = 'ReplacingMergeTree'): string[] =>
    said(datasetOf('String'), live('String', '', { sortingKey, engine }));

  test.each(['c, image_id', '(c, image_id)', 'c, (image_id)', '`c`, image_id DESC'])('%s: as declared', (sortingKey) =>
    expect(of(sortingKey)).toEqual([]),
  );

  test.each(['image_id, c', 'image_id', 'c, lower(c), image_id', 'toDate(updated_at), image_id'])(
    '%s: another order, which is said',
    (sortingKey) => expect(of(sortingKey)).toEqual([warning('slower')]),
  );

  test.each(['', 'c', 'lower(c), c'])('"%s": without the key, rows would replace each other', (sortingKey) =>
    expect(of(sortingKey)).toEqual([stop('image_id is not in it')]),
  );

  test.each(['c, intDiv(image_id, 1000)', '(c, image_id % 7)', 'tuple(c, toUInt8(`image_id`))'])(
    '%s: several keys have one value there',
    (sortingKey) => expect(of(sortingKey)).toEqual([stop('inside an expression only')]),
  );

  test('under a plain MergeTree nothing is replaced', () => {
    expect(of('c', 'MergeTree')).toEqual([warning('old versions'), warning('slower')]);
  });
});
