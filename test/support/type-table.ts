/** A column of the table with every type: how it is made, its values, where it goes, how both ends are read. */
export interface TypeColumn {
  readonly name: string;
  /** Its definition at the source behind the name; undefined where the target's column is made of another one. */
  readonly mysql: string | undefined;
  readonly kind: string;
  readonly target: string;
  /** SQL literals of the first and the second row; generated columns have none. */
  readonly values: readonly [string, string] | undefined;
  /** SQL at the source and at the target that gives one and the same text, whose bytes are compared. */
  readonly source: string;
  readonly found: string;
  /** What is found in the third row, where everything is NULL; null where the target says NULL too. */
  readonly unknown: string | null;
  /** SQL of the join, where it is not the column as it is. */
  readonly sql?: string;
  readonly declared?: string;
}

type Reading = readonly [source: string, found: string, unknown: string];

/** Texts of a value as both ends write them; `c` stands for the column. The third is that of the unknown-value. */
const readings = {
  number: ['CAST(c + 0 AS CHAR)', 'toString(c)', '0'],
  bit: ['CONV(HEX(c), 16, 10)', 'toString(toUInt64(c))', '0'],
  bool: ['CAST(c + 0 AS CHAR)', 'toString(toUInt8(c))', '0'],
  decimal10: ['CAST(c AS CHAR)', 'toDecimalString(c, 10)', '0.0000000000'],
  decimal30: ['CAST(c AS CHAR)', 'toDecimalString(c, 30)', `0.${'0'.repeat(30)}`],
  float: ['CAST(c * 1e0 AS CHAR(60))', 'toString(toFloat64(c))', '0'],
  double: ['CAST(c AS CHAR(60))', 'toString(c)', '0'],
  text: ['CONVERT(c USING utf8mb4)', 'toString(c)', ''],
  bytes: ['c', 'c', ''],
  date: ["DATE_FORMAT(c, '%Y-%m-%d')", 'toString(c)', '1970-01-01'],
  moment: ["DATE_FORMAT(c, '%Y-%m-%d %H:%i:%s')", "toString(toTimeZone(c, 'UTC'))", '1970-01-01 00:00:00'],
  micros: ["DATE_FORMAT(c, '%Y-%m-%d %H:%i:%s.%f')", "toString(toTimeZone(c, 'UTC'))", '1970-01-01 00:00:00.000000'],
} as const satisfies Record<string, Reading>;

const column = (
  name: string,
  mysql: string,
  target: string,
  reading: keyof typeof readings,
  values: TypeColumn['values'],
  rest: Partial<TypeColumn> = {},
): TypeColumn => {
  const [source, found, unknown] = readings[reading];
  const isNullable = target.includes('Nullable(');
  const [kind = mysql] = mysql.split(/ character set| INVISIBLE| GENERATED/);
  return { name, mysql, kind, target, values, source, found, unknown: isNullable ? null : unknown, ...rest };
};

const integers = [8, 16, 24, 32, 64].flatMap((bits) => {
  const type = { 8: 'tinyint', 16: 'smallint', 24: 'mediumint', 32: 'int', 64: 'bigint' }[bits] ?? '';
  const end = 1n << BigInt(bits);
  const width = bits === 24 ? 32 : bits;
  return [
    column(`i${bits}`, type, `Int${width}`, 'number', [String(-end / 2n), String(end / 2n - 1n)]),
    column(`u${bits}`, `${type} unsigned`, `UInt${width}`, 'number', ['0', String(end - 1n)]),
  ];
});

const nines = (count: number): string => '9'.repeat(count);
const numbers = [
  column('flag', 'tinyint(1)', 'Bool', 'bool', ['0', '1']),
  column('no_flag', 'tinyint(1)', 'Nullable(Int8)', 'number', ['-128', '2']),
  column('d38', 'decimal(38,10)', 'Decimal(38, 10)', 'decimal10', [`-${nines(28)}.${nines(10)}`, '-0.0000000001']),
  column('d65', 'decimal(65,30)', 'Decimal(65, 30)', 'decimal30', [
    `-${nines(35)}.${nines(30)}`,
    `0.${'0'.repeat(29)}1`,
  ]),
  column('f', 'float', 'Float32', 'float', ['-0e0', '1.401298464324817e-45']),
  column('f_max', 'float', 'Float64', 'float', ['-3.4028234663852886e38', '1.1754942106924411e-38']),
  column('d', 'double', 'Float64', 'double', ['-0e0', '5e-324']),
  column('d_max', 'double', 'Nullable(Float64)', 'double', ['1.7976931348623157e308', '2.2250738585072014e-308']),
  column('bit1', 'bit(1)', 'Bool', 'bit', ["b'0'", "b'1'"]),
  column('bit64', 'bit(64)', 'UInt64', 'bit', ["b'1'", `b'${'1'.repeat(64)}'`]),
  column('y', 'year', 'UInt16', 'number', ['1901', '2155']),
  column('y0', 'year', 'Nullable(UInt16)', 'number', ['0', '1970']),
];

const moments = [
  column('day', 'date', 'Date', 'date', ["'1970-01-01'", "'2149-06-06'"]),
  column('day32', 'date', 'Date32', 'date', ["'1900-01-01'", "'2299-12-31'"]),
  column('any_day', 'date', 'String', 'date', ["'0001-01-01'", "'9999-12-31'"], { unknown: '' }),
  column('dt', 'datetime', "DateTime('UTC')", 'moment', ["'1970-01-01 00:00:00'", "'2106-02-07 06:28:15'"]),
  column('dt6', 'datetime(6)', "DateTime64(6, 'UTC')", 'micros', [
    "'1900-01-01 00:00:00.000001'",
    "'2299-12-31 23:59:59.999999'",
  ]),
  column('ts', 'timestamp', 'Nullable(DateTime)', 'moment', ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"]),
  column('ts_zone', 'timestamp', "DateTime('Europe/Berlin')", 'moment', [
    "'2024-03-31 01:30:00'",
    "'2024-10-27 01:30:00'",
  ]),
  column(
    'ts6',
    'timestamp(6)',
    "DateTime64(6, 'Asia/Tokyo')",
    'micros',
    ["'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.999999'"],
    { unknown: '1969-12-31 15:00:00.000000' },
  ),
  column('t', 'time', 'String', 'text', ["'-838:59:59'", "'838:59:59'"]),
  column('t6', 'time(6)', 'LowCardinality(String)', 'text', ["'-00:00:00.000001'", "'838:59:59.000000'"]),
];

const unicode = '0065cc81f09f9880c280205c27e6bca220';
const labels = "'it''s','a,b','漢\ud83d\ude00'";
const texts = [
  column('ch', 'char(9) character set utf8mb4', 'FixedString(36)', 'text', [`_utf8mb4 X'${unicode}'`, "''"], {
    found: "replaceRegexpOne(toString(c), '\\\\x00+$', '')",
  }),
  column('ch_latin1', 'char(3) character set latin1', 'LowCardinality(String)', 'text', [
    "_latin1 X'E980'",
    "_latin1 X'00FF'",
  ]),
  column('vc', 'varchar(20) character set utf8mb4', 'Nullable(String)', 'text', [`_utf8mb4 X'${unicode}'`, "'  '"]),
  column('vc_latin1', 'varchar(20) character set latin1', 'String', 'text', ["_latin1 X'E9'", "_latin1 X'8190'"]),
  column('tx', 'text character set utf8mb4', 'String', 'text', [`_utf8mb4 X'${unicode}'`, "REPEAT('漢', 20000)"]),
  column('tx_latin1', 'text character set latin1', 'String', 'text', ["_latin1 X'E9'", "''"]),
  column('bin', 'binary(4)', 'FixedString(4)', 'bytes', ["X'00FF00'", "X'FFFEFD00'"], { unknown: '\0\0\0\0' }),
  column('vbin', 'varbinary(4)', 'Nullable(FixedString(4))', 'bytes', ["X'00FF0001'", "X'FFFEFD01'"]),
  column('bl', 'blob', 'String', 'bytes', ["X'00FF805C270A'", "REPEAT(X'FF', 60000)"]),
  column('en', `enum(${labels})`, "Enum8('it\\'s' = -128, 'a,b' = 0, '漢\ud83d\ude00' = 127)", 'text', ['1', '3'], {
    ...{ unknown: 'a,b', declared: "'a,b'" },
  }),
  column(
    'en16',
    `enum(${labels})`,
    "Nullable(Enum16('it\\'s' = -32768, 'a,b' = 0, '漢\ud83d\ude00' = 32767))",
    'text',
    ['3', '2'],
  ),
  column('st', "set('it''s','a','漢\ud83d\ude00')", 'String', 'text', ['7', '0']),
  column('js', 'json', 'String', 'text', [`'{"n": [18446744073709551615, -9223372036854775808]}'`, `'"\ud83d\ude00"'`]),
  column(
    'id_text',
    'char(36)',
    'UUID',
    'text',
    ["'01234567-89AB-CDEF-0123-456789ABCDEF'", "'FFFFFFFF-ffff-4fff-bfff-ffffffffffff'"],
    {
      ...{ source: 'LOWER(CONVERT(c USING utf8mb4))', unknown: '00000000-0000-0000-0000-000000000000' },
    },
  ),
];

const madeUp = { values: undefined, mysql: undefined, kind: '' } as const;
/** Columns that the server computes or hides, and target columns that are computed by the join. */
const others: readonly TypeColumn[] = [
  column('g_stored', 'bigint GENERATED ALWAYS AS (i32 * 2) STORED', 'Int64', 'number', undefined),
  column(
    'g_virtual',
    "varchar(20) GENERATED ALWAYS AS (CONCAT(u8, '')) VIRTUAL",
    'Nullable(String)',
    'text',
    undefined,
  ),
  column('hidden', 'int INVISIBLE', 'Nullable(Int32)', 'number', ['-7', '7']),
  { ...column('d65_text', '', 'String', 'text', undefined), ...madeUp, source: 'CAST(d65 AS CHAR)', sql: '"t"."d65"' },
  {
    ...column('list', '', 'Array(Int64)', 'text', undefined),
    ...{ ...madeUp, source: "CONCAT('[', i8, ',', i32, ',', u8, ']')", unknown: '[]' },
    sql: 'CASE WHEN "t"."i8" IS NOT NULL THEN ["t"."i8"::BIGINT, "t"."i32"::BIGINT, "t"."u8"::BIGINT] END',
  },
  {
    ...column('words', '', 'Array(LowCardinality(String))', 'text', undefined),
    ...{ ...madeUp, source: 'REPLACE(t6, ":", ",")', found: "arrayStringConcat(c, ',')", unknown: '' },
    sql: 'string_split("t"."t6", \':\')',
  },
];

/** Every type of MySQL that is carried, at both of its ends, and every type of ClickHouse that can be filled. */
export const typeColumns: readonly TypeColumn[] = [...integers, ...numbers, ...moments, ...texts, ...others];
