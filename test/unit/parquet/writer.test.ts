import { createHash } from 'node:crypto';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, BatchBuilder, type NamedKind } from '../../../src/core/batch.js';
import { type Cell, daysOf } from '../../../src/core/cells.js';
import { duckdbType, parseKind } from '../../../src/core/kinds.js';
import { checkFooter, readFooter } from '../../../src/parquet/footer.js';
import { type WrittenFile, writeParquetFile } from '../../../src/parquet/writer.js';
import { type Engine, openEngine } from '../../../src/sql/engine.js';
import { literal } from '../../../src/sql/relations.js';
import { scratchFolder } from '../support.js';

const folder = scratchFolder();
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ memoryMb: 512, threads: 1, spillDir: join(folder, 'tmp') });
});
afterAll(() => engine.close());

const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

/** A kind, cells as the drivers give them, and what the file holds as DuckDB says it. */
const kinds: readonly (readonly [string, readonly Cell[], readonly (string | null)[]])[] = [
  ['tinyint', [-128, 127, null], ['-128', '127', null]],
  ['tinyint unsigned', [0, 255, null], ['0', '255', null]],
  ['smallint', [-32768, 32767, null], ['-32768', '32767', null]],
  ['smallint unsigned', [65535, null, 0], ['65535', null, '0']],
  ['int', [-2147483648, 2147483647, null], ['-2147483648', '2147483647', null]],
  ['int unsigned', [4294967295, 0, null], ['4294967295', '0', null]],
  ['bigint', ['9007199254740993', '-9223372036854775808', null], ['9007199254740993', '-9223372036854775808', null]],
  ['bigint unsigned', ['18446744073709551615', null, 0n], ['18446744073709551615', null, '0']],
  ['tinyint(1)', [1, 2, -1, null], ['1', '2', '-1', null]],
  ['decimal(6,3)', ['2.034', '-999.999', null, '0'], ['2.034', '-999.999', null, '0.000']],
  [
    'decimal(38,10)',
    ['-1234567890123456789012345678.0123456789', null],
    ['-1234567890123456789012345678.0123456789', null],
  ],
  ['decimal(18,0)', ['-999999999999999999', '1'], ['-999999999999999999', '1']],
  ['float', [0.671873927116394, -0, null], ['0.6718739', '-0.0', null]],
  ['double', [0.1, 1e300, null], ['0.1', '1e+300', null]],
  ['date', [daysOf('0001-01-01') ?? 0, daysOf('9999-12-31') ?? 0, null], ['0001-01-01', '9999-12-31', null]],
  ['varchar', ['', 'a\0b', '😀', null, Buffer.from('漢字')], ['', 'a\0b', '😀', null, '漢字']],
  ['blob', [bytesOf(), bytesOf(0x80, 0x00, 0xff), null], ['', '\\x80\\x00\\xFF', null]],
  ['flag', [true, false, null], ['true', 'false', null]],
];

async function* batchesOf(
  columns: readonly NamedKind[],
  ...groups: readonly (readonly Cell[][])[]
): AsyncGenerator<Batch> {
  for (const rows of groups) {
    const builder = new BatchBuilder(columns);
    for (const row of rows) builder.append(row);
    yield builder.take();
  }
}

const columnsOf = (...names: readonly string[]): NamedKind[] =>
  names.map((kind, index) => ({ name: `c${index}`, kind: parseKind(kind) }));

describe('every kind makes the round trip', () => {
  test.each(kinds)('%s', async (kind, cells, expected) => {
    const path = join(folder, 'kind.parquet');
    const columns = columnsOf(kind);
    const written = await writeParquetFile(
      path,
      columns,
      batchesOf(
        columns,
        cells.map((cell) => [cell]),
      ),
    );
    expect(written.rows).toBe(cells.length);
    const from = `SELECT * FROM read_parquet(${literal(path)})`;
    expect(await engine.describe(from)).toEqual([{ name: 'c0', type: duckdbType(parseKind(kind)) }]);
    expect((await engine.rows(`SELECT CAST(c0 AS VARCHAR) FROM (${from})`)).flat()).toEqual(expected);
  });

  test.each(kinds)('%s: nothing but NULL, and batches that differ in having NULLs', async (kind, cells) => {
    const path = join(folder, 'nulls.parquet');
    const columns = columnsOf(kind, 'int');
    const some = cells.filter((cell) => cell !== null).map((cell, index) => [cell, index]);
    const none = [
      [null, 100],
      [null, null],
    ];
    await writeParquetFile(path, columns, batchesOf(columns, some, none, some));
    const [row] = await engine.rows(`SELECT count(*), count(c0), count(c1) FROM read_parquet(${literal(path)})`);
    expect(row?.map(Number)).toEqual([some.length * 2 + 2, some.length * 2, some.length * 2 + 1]);
  });
});

test.each(Array.from({ length: 33 }, (_, bits) => bits))(
  'keys whose differences take %i bits come back',
  async (bits) => {
    const path = join(folder, `delta${bits}.parquet`);
    const columns = columnsOf('int');
    // Steps over the whole width, forth and back; 300 rows are two blocks and a part of one.
    const keys = Array.from(
      { length: 300 },
      (_, row) => ((row * 2_654_435_761) % 2 ** bits) - 2 ** Math.max(0, bits - 1),
    );
    const cells = keys.map((key) => [bits === 32 ? key | 0 : key]);
    await writeParquetFile(path, columns, batchesOf(columns, cells));
    const found = await engine.rows(`SELECT c0 FROM read_parquet(${literal(path)})`);
    expect(found).toEqual(cells);
  },
);

describe('the file', () => {
  const columns = columnsOf('int', 'varchar', 'decimal(6,3)');
  const rows = Array.from({ length: 1000 }, (_, index): Cell[] => [index, `text ${index}`, '1.5']);
  const write = (path: string): Promise<WrittenFile> =>
    writeParquetFile(path, columns, batchesOf(columns, rows.slice(0, 400), rows.slice(400)));

  test('is ZSTD, which the footer says, also for the second file of a process', async () => {
    for (const name of ['one.parquet', 'two.parquet']) {
      await write(join(folder, name));
      const path = join(folder, name);
      expect(await readFooter(path)).toEqual({ rows: 1000, columns: ['c0', 'c1', 'c2'], zstd: true });
      const codecs = await engine.rows(`SELECT DISTINCT compression FROM parquet_metadata(${literal(path)})`);
      expect(codecs).toEqual([['ZSTD']]);
    }
  });

  test('holds no time: the same batches give the same bytes; size and sha256 are the file’s', async () => {
    const [one, two] = [await write(join(folder, 'a.parquet')), await write(join(folder, 'b.parquet'))];
    const bytes = readFileSync(join(folder, 'a.parquet'));
    expect(two).toEqual(one);
    expect(one).toEqual({ rows: 1000, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  });

  test('is written over what a killed run left', async () => {
    const path = join(folder, 'left.parquet');
    writeFileSync(path, Buffer.alloc(1 << 20));
    const { bytes } = await write(path);
    expect(statSync(path).size).toBe(bytes);
  });

  test('of a range without rows is none: no row, no error (fault 33)', async () => {
    const path = join(folder, 'none.parquet');
    expect(await writeParquetFile(path, columns, batchesOf(columns))).toMatchObject({ rows: 0 });
  });

  test('one large value among small ones arrives whole', async () => {
    const path = join(folder, 'large.parquet');
    const large = 'é'.repeat(5 << 20);
    await writeParquetFile(path, columnsOf('varchar'), batchesOf(columnsOf('varchar'), [['a'], [large], ['b']]));
    const lengths = await engine.rows(`SELECT length(c0), md5(c0) FROM read_parquet(${literal(path)})`);
    expect(lengths.map(([length]) => Number(length))).toEqual([1, 5 << 20, 1]);
    expect(lengths[1]?.[1]).toBe(createHash('md5').update(large).digest('hex'));
  });
});

describe('a reader that fails', () => {
  const columns = columnsOf('int', 'varchar');
  async function* failing(after: number): AsyncGenerator<Batch> {
    for (let batch = 0; batch < after; batch++) yield* batchesOf(columns, [[batch, 'x']]);
    throw new Error('connection lost in the middle');
  }

  test.each([0, 1, 3])(
    'after %i batches: the promise is rejected with its reason, and does not hang',
    async (after) => {
      const writing = writeParquetFile(join(folder, 'failed.parquet'), columns, failing(after));
      await expect(writing).rejects.toThrow('connection lost in the middle');
    },
    5000,
  );

  test('a file that cannot be opened: the reader is not even begun', async () => {
    let begun = false;
    async function* reader(): AsyncGenerator<Batch> {
      begun = true;
      yield* batchesOf(columns, [[1, 'x']]);
    }
    const writing = writeParquetFile(join(folder, 'no', 'such', 'folder', 'x.parquet'), columns, reader());
    await expect(writing).rejects.toThrow('ENOENT');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(begun).toBe(false);
  }, 5000);
});

describe('the footer is checked', () => {
  const columns = columnsOf('int', 'varchar');
  const path = join(folder, 'checked.parquet');
  beforeAll(async () => {
    await writeParquetFile(
      path,
      columns,
      batchesOf(columns, [
        [1, 'x'],
        [2, 'y'],
      ]),
    );
  });

  test('a whole file passes', async () => expect(await checkFooter(path, ['c0', 'c1'], 2)).toBeUndefined());

  test.each([
    ['rows', ['c0', 'c1'], 3],
    ['columns', ['c0'], 2],
    ['order', ['c1', 'c0'], 2],
    ['case', ['C0', 'c1'], 2],
  ])('%s that differ are damage', async (_, names, rows) => {
    await expect(checkFooter(path, names, rows)).rejects.toMatchObject({ code: 'FILE_DAMAGED', exit: 13 });
  });

  test('a file of another codec is no shard', async () => {
    const snappy = join(folder, 'snappy.parquet');
    await engine.run(`COPY (SELECT 1 AS c0) TO ${literal(snappy)} (FORMAT parquet, COMPRESSION snappy)`);
    await expect(checkFooter(snappy, ['c0'], 1)).rejects.toThrow('not compressed with ZSTD');
  });

  test('names of nested columns are those of the top', async () => {
    const nested = join(folder, 'nested.parquet');
    await engine.run(
      `COPY (SELECT [1, 2] AS ids, 1 AS c, {'a': [1]} AS s, 2 AS d) TO ${literal(nested)} (FORMAT parquet, COMPRESSION zstd)`,
    );
    expect((await readFooter(nested)).columns).toEqual(['ids', 'c', 's', 'd']);
  });

  test.each([
    ['cut by a byte', (file: string) => truncateSync(file, statSync(file).size - 1)],
    ['empty', (file: string) => truncateSync(file, 0)],
    ['something else', (file: string) => writeFileSync(file, 'PAR1 no parquet at all')],
  ])('a file that is %s names its path', async (_, damage) => {
    const damaged = join(folder, 'damaged.parquet');
    writeFileSync(damaged, readFileSync(path));
    damage(damaged);
    await expect(readFooter(damaged)).rejects.toMatchObject({ code: 'FILE_DAMAGED', exit: 13 });
    await expect(readFooter(damaged)).rejects.toThrow(damaged);
  });

  test('so does one that is not there', async () => {
    await expect(readFooter(join(folder, 'nothing.parquet'))).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });
});
