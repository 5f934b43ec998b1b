import { describe, expect, test } from 'vitest';
import { createTableSql } from '../../../src/clickhouse/ddl.js';
import { fileStructure, insertHead } from '../../../src/clickhouse/insert.js';
import { type Dataset, exportColumns, shardColumns, sourceNamed } from '../../../src/dataset/declaration.js';
import { cluster, column, type Declared, gather, lookup, table } from '../../../src/dataset/declare.js';
import { exportSelect } from '../../../src/sources/mysql-sql.js';
import { columnFactsSql } from '../../../src/sql/column-facts.js';
import { buildJoin } from '../../../src/sql/join-query.js';

/** A dataset of another kind: a 64-bit key of another name, and no more than this file says of it. */
function books(...more: readonly Declared[]): Dataset {
  const sources = [
    table(
      'Book',
      'isbn',
      { title: 'varchar', shelf: 'smallint unsigned' },
      {
        role: 'driving',
        reduce: { rows: 'one' },
        columns: { isbn: 'bigint unsigned', title: 'varchar', shelf: 'smallint unsigned' },
      },
    ),
    lookup('Shelf', 'shelf_id', { room: 'varchar' }, 'book.shelf'),
  ];
  return {
    format: 1,
    name: 'books',
    key: { name: 'isbn', digits: 20 },
    ...gather(sources, [
      column('isbn', 'UInt64', 'book.isbn'),
      column('title', 'String', 'book.title'),
      column('room', 'LowCardinality(String)', 'shelf.room'),
      ...more,
      column('loaded', 'DateTime', '', { place: 'version' }),
    ]),
    options: [],
    oddities: [],
    table: {
      name: 'books',
      engine: 'ReplacingMergeTree',
      version: 'loaded',
      partitionBy: '',
      orderBy: ['isbn'],
      settings: {},
    },
  };
}

/** The line that adds a cluster table. */
const added = books(
  cluster('topic_cluster', 'UInt16', 'BookTopics', {
    key: 'isbn',
    columns: { isbn: 'bigint unsigned', cluster_id: 'int', cluster_dist: 'float' },
  }),
);
const plain = books();

const types = new Map([
  ['isbn', 'UBIGINT'],
  ['title', 'VARCHAR'],
  ['room', 'VARCHAR'],
  ['topic_cluster', 'INTEGER'],
]);
const join = (dataset: Dataset): string =>
  buildJoin(dataset, new Map([['book', ['/b.parquet']]]), {}, types, '/out.parquet', '/rejects.parquet').copy;

describe('a new cluster table is one line of the dataset', () => {
  test('its source comes with it', () => {
    expect(added.sources.map(({ name }) => name)).toEqual(['book', 'shelf', 'booktopics']);
    expect(sourceNamed(added, 'booktopics')).toMatchObject({ table: 'BookTopics', role: 'keyed', engine: 'mysql' });
  });

  test('the export SELECT follows', () => {
    const source = sourceNamed(added, 'booktopics');
    const range = { from: 1n, to: 101n };
    expect(exportColumns(source).map(({ name }) => name)).toEqual(['isbn', 'cluster_id', 'cluster_dist']);
    expect(exportSelect({ source, table: 'booktopics', index: 'PRIMARY', range, live: {} })).toBe(
      'SELECT `isbn`, `cluster_id`, `cluster_dist` FROM `booktopics` FORCE INDEX (`PRIMARY`) WHERE `isbn` >= 1 AND `isbn` <= 100 ORDER BY `isbn`',
    );
  });

  test('the join SQL follows', () => {
    expect(join(plain)).not.toContain('booktopics');
    expect(join(added)).toContain('LEFT JOIN "booktopics" ON "booktopics"."isbn" = "book"."isbn"');
    expect(join(added)).toContain('TRY_CAST("topic_cluster" AS USMALLINT)');
    expect(join(added)).toMatch(/PARTITION BY "isbn" ORDER BY cluster_dist ASC NULLS LAST, cluster_id ASC NULLS LAST/);
  });

  test('CREATE TABLE, INSERT and the facts of columns follow', () => {
    expect(createTableSql(added, 'db', 'books')).toBe(
      [
        'CREATE TABLE IF NOT EXISTS `db`.`books` (',
        '  `isbn` UInt64,\n  `title` String,\n  `room` LowCardinality(String),\n  `topic_cluster` UInt16,\n  `loaded` DateTime\n)',
        'ENGINE = ReplacingMergeTree(`loaded`)',
        'ORDER BY (`isbn`)',
      ].join('\n'),
    );
    const columns = added.columns.map(({ name, type }) => ({ name, type, defaultKind: '' }));
    const live = {
      database: 'db',
      table: 'books',
      uuid: 'u',
      engine: '',
      partitionKey: '',
      sortingKey: '',
      zone: 'UTC',
      columns,
    };
    expect(insertHead(added, live, 5)).toContain('(`isbn`, `title`, `room`, `topic_cluster`, `loaded`) SELECT ');
    expect(fileStructure(added, shardColumns(added))).toContain('`topic_cluster` Nullable(UInt16)');
    expect(columnFactsSql(added, types, '/f.parquet')).toContain('"topic_cluster"');
    expect(columnFactsSql(plain, new Map([['isbn', 'UBIGINT']]), '/f.parquet')).not.toContain('"topic_cluster"');
  });
});

test.each([
  ['varchar(9)', 'CAST(`title` AS BINARY)'],
  ['varchar(9) character set latin1', 'CAST(CONVERT(`title` USING utf8mb4) AS BINARY)'],
  [
    'char(9) character set gbk',
    "CASE WHEN `title` IS NULL THEN NULL WHEN CAST(CONVERT(CONVERT(`title` USING utf8mb4) USING gbk) AS BINARY) = CAST(`title` AS BINARY) THEN CAST(CONVERT(`title` USING utf8mb4) AS BINARY) ELSE X'FF' END",
  ],
  ['time(6)', 'CAST(CONVERT(`title` USING utf8mb4) AS BINARY)'],
  ["set('a')", 'CAST(CONVERT(`title` USING utf8mb4) AS BINARY)'],
  ['longtext', "COALESCE(CAST(`title` AS BINARY), IF(`title` IS NULL, NULL, X'FF'))"],
  ['json', "COALESCE(CAST(CONVERT(`title` USING utf8mb4) AS BINARY), IF(`title` IS NULL, NULL, X'FF'))"],
])('a text of type %s is exported as its UTF-8 bytes', (title, expression) => {
  const source = sourceNamed(plain, 'book');
  const request = { source, table: 'Bo`ok', index: undefined, range: undefined, live: { Title: title } };
  expect(exportSelect(request)).toBe(`SELECT \`isbn\`, ${expression}, \`shelf\` FROM \`Bo\`\`ok\``);
});

test('a lookup is read whole, in key order', () => {
  const source = sourceNamed(plain, 'shelf');
  const sql = exportSelect({ source, table: 'Shelf', index: 'PRIMARY', range: undefined, live: {} });
  expect(sql.endsWith('FROM `Shelf` ORDER BY `shelf_id`')).toBe(true);
});

test('a name that the driver refuses in an answer is read under another one', () => {
  const source = table('odd', 'k', { ['__proto__']: 'int', constructor: 'int' }, { reduce: { rows: 'one' } });
  const sql = exportSelect({ source, table: 'odd', index: undefined, range: undefined, live: {} });
  expect(sql).toBe('SELECT `k`, `__proto__` AS renamed, `constructor` FROM `odd`');
});
