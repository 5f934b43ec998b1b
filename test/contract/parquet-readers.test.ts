import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEmbedded } from '../../src/clickhouse/embedded.js';
import { type Batch, BatchBuilder } from '../../src/core/batch.js';
import type { Cell } from '../../src/core/cells.js';
import { parseKind } from '../../src/core/kinds.js';
import { readFooter } from '../../src/parquet/footer.js';
import { writeParquetFile } from '../../src/parquet/writer.js';
import { openEngine } from '../../src/sql/engine.js';
import { literal } from '../../src/sql/relations.js';
import { preparePythonTool } from '../../stages/demo/python-tool.js';
import { cacheDir, freshDataDir, installEnv, searchPath } from '../support/servers.js';

const folder = freshDataDir('parquet-readers');
const file = join(folder, 'all.parquet');

/** A kind, and the value of a row as the drivers give it; each row's value is another one. */
const kinds: readonly (readonly [name: string, value: (row: number) => Cell])[] = [
  ['int', (row) => row * 3],
  ['tinyint', (row) => (row % 256) - 128],
  ['smallint unsigned', (row) => (row * 7) % 65_536],
  ['int unsigned', (row) => 4_294_967_295 - row],
  ['bigint', (row) => -9_223_372_036_854_775_808n + BigInt(row)],
  ['bigint unsigned', (row) => 18_446_744_073_709_551_615n - BigInt(row)],
  ['tinyint(1)', (row) => (row % 4) - 1],
  ['decimal(6,3)', (row) => `${row % 2 === 0 ? '-' : ''}${row % 1000}.${String(row % 997).padStart(3, '0')}`],
  ['decimal(18,2)', (row) => `-${row + 1}000000000.25`],
  ['decimal(38,10)', (row) => `${row % 2 === 0 ? '-' : ''}1234567890123456789${row % 10}.0123456789`],
  ['float', (row) => Math.fround(row / 7)],
  ['double', (row) => row / 7],
  ['date', (row) => row - 1000],
  ['datetime', (row) => BigInt(row) * 1_000_003n - 10n ** 15n],
  ['timestamp', (row) => BigInt(row) * 1_000_003n],
  ['varchar', (row) => (row % 5 === 0 ? '' : `Größe ${'x'.repeat(row % 300)} ${row} 漢字`)],
  ['blob', (row) => Uint8Array.of(row & 255, 0, 255, row >> 8)],
  ['flag', (row) => row % 3 === 0],
];
/** No NULL, some here and there, long runs of them, none in one batch and all in another. */
const isNull: readonly ((row: number) => boolean)[] = [
  () => false,
  (row) => row % 7 === 3,
  (row) => row % 1000 < 400,
  (row) => row < 3000,
];
/** Every kind with every pattern; the key comes first and has no NULL. */
const columns = kinds.flatMap(([name, value]) =>
  isNull.map((test, pattern) => ({ name: `${name} ${pattern}`, kind: parseKind(name), value, test })),
);
/** Sizes of batches: one page a batch, and few rows, one and 8 among them. */
const sizes = [3000, 1, 8, 4096, 129, 2500];
const rows = sizes.reduce((sum, size) => sum + size, 0);
const cell = (column: (typeof columns)[number], row: number): Cell => (column.test(row) ? null : column.value(row));

async function* batches(): AsyncGenerator<Batch> {
  const builder = new BatchBuilder(columns);
  let row = 0;
  for (const size of sizes) {
    for (const end = row + size; row < end; row++) builder.append(columns.map((column) => cell(column, row)));
    yield builder.take();
  }
}

beforeAll(async () => {
  await writeParquetFile(file, columns, batches());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quoted = (name: string): string => `"${name}"`;

/** The text of a value on which readers agree: days and moments as numbers, decimals with all their digits. */
function shown(type: string, value: Exclude<Cell, null>): string {
  if (type === 'blob') return Buffer.from(value as Uint8Array).toString('hex');
  if (type === 'float' || type === 'double') return String(value);
  if (type === 'flag') return value === true ? '1' : '0';
  return String(value).replace(/^-(0\.0+)$/, '$1');
}
const expected = columns.map((column) => {
  const type = column.name.replace(/ \d$/, '');
  const values = Array.from({ length: rows }, (_, row) => cell(column, row));
  return values.map((value) => (value === null ? null : shown(type, value)));
});

/** The rows that a reader found, all values as text, against those that were written. */
function compare(found: readonly (readonly unknown[])[]): void {
  expect(found.length).toBe(rows);
  for (const [index, { name }] of columns.entries()) {
    const column = found.map((row) => (row[index] === null ? null : decimalText(name, String(row[index]))));
    expect([name, column]).toEqual([name, expected[index]?.map((one) => one && decimalText(name, one))]);
  }
}

/** Readers write 1.500 or 1.5: digits that say nothing are left out. */
function decimalText(name: string, text: string): string {
  if (name.startsWith('decimal'))
    return text
      .replace(/\.?0+$/, '')
      .replace(/^-?$/, '0')
      .replace(/^-0$/, '0');
  return name.startsWith('float') || name.startsWith('double') ? String(Math.fround(Number(text))) : text;
}

describe('an export file of every kind, with every pattern of NULLs, is read alike by', () => {
  it('DuckDB', async () => {
    const engine = await openEngine({ memoryMb: 512, threads: 2, spillDir: join(folder, 'tmp') });
    const select = columns.map(({ name }) => {
      const c = quoted(name);
      if (name.startsWith('blob')) return `lower(hex(${c}))`;
      if (name.startsWith('flag')) return `${c}::TINYINT`;
      if (name.startsWith('date ')) return `date_diff('day', DATE '1970-01-01', ${c})`;
      return /^(datetime|timestamp)/.test(name) ? `epoch_us(${c})` : c;
    });
    const list = select.map((one) => `CAST(${one} AS VARCHAR)`).join(', ');
    try {
      compare(
        await engine.rows(
          `SELECT ${list} FROM read_parquet(${literal(file)}, file_row_number=true) ORDER BY file_row_number`,
        ),
      );
    } finally {
      engine.close();
    }
  });

  it('ClickHouse', async () => {
    const target = await openEmbedded(join(folder, 'clickhouse'));
    const select = columns.map(({ name }) => {
      const c = quoted(name);
      if (name.startsWith('blob')) return `lower(hex(assumeNotNull(${c})))`;
      if (name.startsWith('flag')) return `toUInt8(assumeNotNull(${c}))`;
      if (name.startsWith('date ')) return `toInt32(assumeNotNull(${c}))`;
      return /^(datetime|timestamp)/.test(name) ? `toUnixTimestamp64Micro(assumeNotNull(${c}))` : `assumeNotNull(${c})`;
    });
    const list = columns.map(({ name }, index) => `if(isNull(${quoted(name)}), NULL, toString(${select[index]}))`);
    try {
      const sql = `SELECT ${list.join(', ')} FROM file(${literal(file)}, Parquet)`;
      compare(await target.rows(sql));
    } finally {
      await target.close();
    }
  });

  it('pyarrow', async () => {
    const { python, env } = await preparePythonTool({
      ...{ requirement: 'pyarrow==21.0.0', cacheDir, path: searchPath, env: installEnv },
    });
    mkdirSync(folder, { recursive: true });
    const script = `
import json, sys, decimal, datetime
import pyarrow.parquet as pq
epoch = datetime.datetime(1970, 1, 1)
def text(v):
    if v is None: return None
    if isinstance(v, bool): return '1' if v else '0'
    if isinstance(v, bytes): return v.hex()
    if isinstance(v, decimal.Decimal): return format(v, 'f')
    if isinstance(v, datetime.datetime):
        return str((v.replace(tzinfo=None) - epoch) // datetime.timedelta(microseconds=1))
    if isinstance(v, datetime.date): return str((v - epoch.date()).days)
    return repr(v) if isinstance(v, float) else str(v)
table = pq.read_table(sys.argv[1])
json.dump([[text(v) for v in column.to_pylist()] for column in table.columns], sys.stdout)
`;
    const said = execFileSync(python, ['-c', script, file], { env, maxBuffer: 1 << 30 });
    const found = JSON.parse(said.toString()) as (string | null)[][];
    compare(Array.from({ length: rows }, (_, row) => found.map((column) => column[row] ?? null)));
  });

  it('parquetjs-lite, as far as its footer goes', async () => {
    expect(await readFooter(file)).toEqual({ rows, columns: columns.map(({ name }) => name), zstd: true });
  });
});
