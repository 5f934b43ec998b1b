import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTableSql } from '../../src/clickhouse/ddl.js';
import type { Dataset } from '../../src/dataset/declaration.js';
import { column, gather, table } from '../../src/dataset/declare.js';
import { identifier } from '../../src/sql/relations.js';
import { mustRun, runCli } from '../support/cli.js';
import { boxEnv, dataFolder, type Env, onServer } from '../support/migration.js';
import { atDatabase } from '../support/read-source.js';
import { cacheDir } from '../support/servers.js';

const labels = Array.from({ length: 60 }, (_, index) => `label ${index}`);
const enumType = `Enum16(${labels.map((label, index) => `'${label}' = ${index}`).join(', ')})`;

/** Name, MySQL type, declared kind, ClickHouse type, and the values of two rows in SQL. */
const odd: readonly (readonly [string, string, string, string, readonly [string, string]])[] = [
  ['select', 'INT', 'int', 'UInt16', ['65535', 'NULL']],
  ['order by', 'VARCHAR(20)', 'varchar', 'LowCardinality(String)', ["'a''b'", 'NULL']],
  ["it's", 'VARCHAR(20)', 'varchar', 'String', ["'\\\\ \\\" `'", "''"]],
  ['back`tick', 'VARCHAR(20)', 'varchar', 'String', ["'x'", "'y'"]],
  ['back\\slash', 'TINYINT', 'tinyint', 'Bool', ['1', '0']],
  ['qu"ote', 'FLOAT', 'float', 'Float32', ['0.5', 'NULL']],
  ['dot.ted', 'VARCHAR(20)', 'varchar', 'String', ["'d'", "'e'"]],
  ['das-h', 'DECIMAL(6,3)', 'decimal(6,3)', 'Decimal(6, 3)', ['-999.999', 'NULL']],
  ['größe', 'INT', 'int', 'UInt8', ['255', '0']],
  ['列', 'DATE', 'date', "DateTime('UTC')", ["'2024-02-29'", 'NULL']],
  ['clock', 'DATETIME', 'datetime', "DateTime('UTC')", ["'2024-02-29 12:34:56'", 'NULL']],
  ['kind', 'VARCHAR(20)', 'varchar', `Nullable(${enumType})`, ["'label 7'", 'NULL']],
];

const source = table(
  'Odd',
  'id',
  { id: 'int', ...Object.fromEntries(odd.map(([name, , kind]) => [name, kind])) },
  { role: 'driving', reduce: { rows: 'one' } },
);
const dataset: Dataset = {
  format: 1,
  name: 'odd',
  key: { name: 'id', digits: 10 },
  ...gather(
    [source],
    [
      column('id', 'UInt32', 'odd.id'),
      ...odd.map(([name, , , type]) => column(name, type, `odd.${identifier(name)}`)),
      column('a.list', 'Array(UInt8)', '[odd.id, 7]'),
      column('loaded at', "DateTime('UTC')", '', { place: 'version' }),
    ],
  ),
  options: [],
  oddities: [],
  table: {
    ...{ name: "odd `table` it's", engine: 'ReplacingMergeTree', version: 'loaded at', partitionBy: '' },
    ...{ orderBy: ['select', 'id'], settings: {} },
  },
};

const database = 'live_table';
const name = "`live_table`.`odd \\`table\\` it's`";
let admin: Connection;
let env: Env;

beforeAll(async () => {
  const { mysqlUrl } = inject('servers');
  admin = await mysql.createConnection({ uri: mysqlUrl, multipleStatements: true });
  const quoted = (one: string): string => `\`${one.replaceAll('`', '``')}\``;
  const values = [0, 1].map((row) => `(${row + 1}, ${odd.map((one) => one[4][row as 0 | 1]).join(', ')})`);
  await admin.query(`DROP DATABASE IF EXISTS ${database}; CREATE DATABASE ${database} CHARACTER SET utf8mb4; USE ${database};
    CREATE TABLE Odd (id INT PRIMARY KEY, ${odd.map(([one, type]) => `${quoted(one)} ${type}`).join(', ')});
    INSERT INTO Odd VALUES ${values.join(', ')}`);
  const path = join(cacheDir, 'test', 'live-table.json');
  const folder = dataFolder('live-table');
  writeFileSync(path, JSON.stringify(dataset));
  env = { MYSQL_URL: atDatabase(mysqlUrl, database), DATASET: path, DATA_DIR: folder, ...boxEnv('26.7', database) };
  for (const command of ['export', 'join']) await mustRun(command, env);
});
afterAll(() => admin.end());

/** A query of both rows as JSON, with the columns in their order. */
const both = `SELECT * EXCEPT \`loaded at\` FROM ${name} ORDER BY id`;

describe('names that need quotes everywhere', () => {
  it.each(['26.7', '25.8', 'embedded'] as const)('are loaded, counted and read back: %s', async (where) => {
    const target = where === 'embedded' ? { TARGET: 'embedded' } : boxEnv(where, database);
    if (where !== 'embedded') await onServer(where, `DROP DATABASE IF EXISTS ${database} SYNC`);
    const here = { ...env, ...target };
    expect(await mustRun('load', { ...here, CREATE: '1' })).toContain('made table');
    expect(await mustRun('verify', here)).toContain('2 rows in 1 shards, no difference');
    expect(await mustRun('check', here)).toContain('as declared');
    const sql = where === 'embedded' ? both.replace('`live_table`.', '') : both;
    const answer = await mustRun('query', { ...here, SQL: sql, FORMAT: 'JSONCompact' });
    expect(JSON.parse(answer)).toMatchObject({
      meta: ['id', ...odd.map(([one]) => one), 'a.list'].map((one) => ({ name: one })),
      data: [
        [
          1,
          65535,
          "a'b",
          '\\ " `',
          'x',
          true,
          0.5,
          'd',
          -999.999,
          255,
          '2024-02-29 00:00:00',
          '2024-02-29 12:34:56',
          'label 7',
          [1, 7],
        ],
        [2, 0, '', '', 'y', false, 0, 'e', 0, 0, '1970-01-01 00:00:00', '1970-01-01 00:00:00', null, [2, 7]],
      ],
    });
    expect(await mustRun('load', here)).toContain('nothing to do');
  });
});

/** The table of differences in what a command printed: its lines below the title. */
function differencesIn(output: string): string[] {
  const lines = output.split('\n');
  const begin = lines.indexOf('the live table and the declaration differ');
  const end = lines.findIndex((line, at) => at > begin && /^(error|load|check):/.test(line));
  return begin < 0 ? [] : lines.slice(begin + 1, end < 0 ? undefined : end).filter((line) => line !== '');
}

/** What is changed in the table → the lines that a person sees. */
type Change = readonly [what: string, change: (ddl: string) => string, lines: readonly RegExp[]];
const replaceLine = (one: string, by: string) => (ddl: string) =>
  ddl.replace(new RegExp(`^ {2}\`${one}\` .*?(,?)$`, 'm'), by === '' ? '' : `  ${by}$1`);

const changes: readonly Change[] = [
  ['a missing column', replaceLine('order by', ''), [/^order by +LowCardinality\(String\) +\(missing\) +stop: /]],
  ['a narrower type', replaceLine('select', '`select` UInt8'), [/^select +UInt16 +UInt8 +stop: not every value/]],
  ['another case', replaceLine('größe', '`Größe` UInt8'), [/^größe +UInt8 +Größe UInt8 +stop: the name differs/]],
  [
    'clock times into another zone',
    replaceLine('clock', "`clock` DateTime('Asia/Tokyo')"),
    [/^clock +DateTime\('UTC'\) +DateTime\('Asia\/Tokyo'\) +stop: its values are clock/, /Asia\/Tokyo\)$/],
  ],
  [
    'a computed column',
    replaceLine("it's", "`it's` String MATERIALIZED 'x'"),
    [/^it's +String +String MATERIALIZED +stop: the server/],
  ],
  [
    'a column without a default',
    replaceLine('das-h', '`das-h` Decimal(6, 3), `more` UInt8'),
    [/^more +\(none\) +UInt8 +stop: has/],
  ],
  [
    'a sorting key without the key',
    (ddl) => ddl.replace(/^ORDER BY .*$/m, 'ORDER BY (`select`, intDiv(id, 10))'),
    [/^\(sorting key\) +select, id +`select`, intDiv\(id, 10\) +stop: id stands in it/],
  ],
  [
    'another version column',
    (ddl) => ddl.replace('ReplacingMergeTree(`loaded at`)', 'ReplacingMergeTree(`select`)'),
    [/^\(engine\) .*stop: rows of a new/],
  ],
  [
    'fewer labels',
    (ddl) => ddl.replace(", 'label 59' = 59", ''),
    [/^kind +Nullable\(Enum16\('label +Nullable.*stop: not every value$/, /…/, /label 59/],
  ],
];

describe('a table that is not as declared (fault 8)', () => {
  const live = { TARGET: 'box', BOX_DATABASE: 'live_differs' };

  it.each(changes)('%s: shown, and nothing is loaded', async (what, change, lines) => {
    await onServer('26.7', 'DROP DATABASE IF EXISTS live_differs SYNC');
    await onServer('26.7', 'CREATE DATABASE live_differs');
    const ddl = createTableSql(dataset, 'live_differs', dataset.table.name);
    expect(change(ddl), what).not.toBe(ddl);
    await onServer('26.7', change(ddl));
    const [loaded, checked] = [await runCli('load', { ...env, ...live }), await runCli('check', { ...env, ...live })];
    const shown = differencesIn(loaded.stdout);
    expect([loaded.exit, checked.exit]).toEqual([2, 2]);
    expect(shown[0]).toMatch(/^column +declared +live +what would happen$/);
    for (const line of lines) expect(shown).toContainEqual(expect.stringMatching(line));
    for (const line of shown) expect([...line].length).toBeLessThanOrEqual(80);
    expect(loaded.stderr).toContain('code: TARGET_SCHEMA');
    expect(differencesIn(checked.stdout)).toEqual(shown);
    expect(await onServer('26.7', `SELECT count() FROM ${name.replace(database, 'live_differs')}`)).toBe('0');
  });

  it('all types are whole for a program', async () => {
    const { stdout } = await runCli('load', { ...env, ...live, JSON: '1' });
    const events = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
    expect(events.find(({ event }) => event === 'table')?.rows).toContainEqual([
      ...['kind', `Nullable(${enumType})`, `Nullable(${enumType.replace(", 'label 59' = 59", '')})`],
      expect.stringContaining("it lacks the label 'label 59'"),
    ]);
  });
});
