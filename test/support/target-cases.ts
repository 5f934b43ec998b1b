/** What becomes of values of one declared type in live columns of every type that it may go into. */
export interface TypeCase {
  readonly declared: string;
  /** The type in the shard, in the joining engine's words. */
  readonly carried: string;
  /** What the column declares to stand for unknown, if it does. */
  readonly unknown?: string;
  /** The values, as literals of the joining engine. */
  readonly literals: readonly string[];
  readonly targets: readonly Target[];
}

export interface Target {
  readonly types: readonly string[];
  /** An expression over `c` that shows what is stored. */
  readonly read: string;
  /** What stands for NULL where the column is not Nullable, as `read` shows it. */
  readonly unknown: string;
  readonly values: readonly string[];
}

/** Live types, separated by ` | `, that show the same. */
export const into = (types: string, read: string, unknown: string, ...values: readonly string[]): Target => ({
  types: types.split(' | '),
  read,
  unknown,
  values,
});
const text = (value: string): string => `'${value}'`;

function integers(declared: string, carried: string, wider: string, least: string, greatest: string): TypeCase {
  const targets = [into(`${declared} | ${wider}`, 'toString(c)', '0', least, greatest)];
  return { declared, carried, literals: [least, greatest], targets };
}

const float32 = 'toString(reinterpretAsUInt32(c))';
const float64 = 'toString(reinterpretAsUInt64(c))';
export const uuids = ['00000000-0000-0000-0000-000000000001', 'ffffffff-ffff-ffff-ffff-ffffffffffff'];
/** The least decimal of so many digits. */
export const nines = (digits: number, scale: number): string => `-${'9'.repeat(digits - scale)}.${'9'.repeat(scale)}`;

/** Numbers and texts; lists, days and moments have files of their own. */
export const plainCases: readonly TypeCase[] = [
  integers('UInt8', 'UTINYINT', 'UInt16 | UInt32 | UInt64 | UInt128 | UInt256 | Int16 | Int256', '0', '255'),
  integers('UInt16', 'USMALLINT', 'UInt32 | Int32', '0', '65535'),
  integers('UInt32', 'UINTEGER', 'UInt64 | Int64', '0', '4294967295'),
  integers('UInt64', 'UBIGINT', 'UInt128 | Int128', '0', '18446744073709551615'),
  integers('Int8', 'TINYINT', 'Int16 | Int32 | Int64 | Int128 | Int256', '-128', '127'),
  integers('Int16', 'SMALLINT', 'Int32', '-32768', '32767'),
  integers('Int32', 'INTEGER', 'Int64', '-2147483648', '2147483647'),
  integers('Int64', 'BIGINT', 'Int128', '-9223372036854775808', '9223372036854775807'),
  {
    ...{ declared: 'Bool', carried: 'BOOLEAN', literals: ['false', 'true'] },
    targets: [
      into('Bool', 'toString(c)', 'false', 'false', 'true'),
      into('UInt8 | Int8 | UInt64 | Int256', 'toString(c)', '0', '0', '1'),
    ],
  },
  {
    ...{ declared: 'Float32', carried: 'FLOAT' },
    literals: [text('-0.0'), text('1e-45'), text('nan'), text('-inf'), text('3.4028235e38'), '0.1'],
    targets: [
      into('Float32', float32, '0', '2147483648', '1', '2143289344', '4286578688', '2139095039', '1036831949'),
      into(
        ...['Float64', float64, '0', '9223372036854775808', '3936146074321813504'],
        ...['9221120237041090560', '18442240474082181120', '5183643170566569984', '4591870180174331904'],
      ),
    ],
  },
  {
    ...{ declared: 'Float64', carried: 'DOUBLE' },
    literals: [text('-0.0'), text('5e-324'), text('nan'), text('1.7976931348623157e308'), text('0.1')],
    targets: [
      into(
        ...['Float64', float64, '0', '9223372036854775808', '1', '9221120237041090560'],
        ...['9218868437227405311', '4591870180066957722'],
      ),
    ],
  },
  {
    ...{ declared: 'Decimal(6, 3)', carried: 'DECIMAL(6,3)' },
    literals: ['-999.999', '0.001', '999.999'],
    targets: [
      into(
        'Decimal(6, 3) | Decimal32(3) | Decimal(18, 6) | Decimal(38, 35) | Decimal(76, 73) | Decimal(76, 3)',
        ...['toString(c)', '0', '-999.999', '0.001', '999.999'],
      ),
    ],
  },
  {
    ...{ declared: 'Decimal(38, 10)', carried: 'DECIMAL(38,10)' },
    literals: [nines(38, 10), nines(38, 10).slice(1), '0.0000000001'],
    targets: [
      into(
        'Decimal(38, 10) | Decimal(76, 10) | Decimal(76, 48)',
        ...['toString(c)', '0', nines(38, 10), nines(38, 10).slice(1), '0.0000000001'],
      ),
    ],
  },
  {
    ...{ declared: 'Decimal(65, 30)', carried: 'VARCHAR' },
    literals: [nines(65, 30), '0.000', `00${'0'.repeat(80)}12.50`, `.5${'0'.repeat(60)}`, '7.', '-0'].map(text),
    targets: [
      into(
        'Decimal(65, 30) | Decimal(76, 30) | Decimal(76, 41)',
        ...['toString(c)', '0', nines(65, 30), '0', '12.5', '0.5', '7', '0'],
      ),
    ],
  },
  {
    ...{ declared: 'String', carried: 'VARCHAR' },
    literals: ["'a' || chr(0) || 'b😀' || chr(10) || chr(128)", "''", "' '''"],
    targets: [into('String', 'hex(c)', '', '610062F09F98800AC280', '', '2027')],
  },
  {
    ...{ declared: 'LowCardinality(String)', carried: 'BLOB', literals: ["'\\x00\\xFF'", "''", "'\\xC3'"] },
    targets: [into('String', 'hex(c)', '', '00FF', '', 'C3')],
  },
  {
    ...{ declared: 'FixedString(3)', carried: 'VARCHAR', literals: ["'abc'", "''", "'é'"] },
    targets: [
      into('FixedString(3)', 'hex(c)', '000000', '616263', '000000', 'C3A900'),
      into('String', 'hex(c)', '', '616263', '', 'C3A9'),
    ],
  },
  {
    ...{ declared: 'FixedString(300)', carried: 'BLOB', literals: ["'\\x00\\xFF'"] },
    targets: [into('FixedString(300)', 'substring(hex(c), 1, 6)', '000000', '00FF00')],
  },
  {
    ...{ declared: "Enum8('a' = 1, 'it\\'s' = -2)", carried: 'VARCHAR', unknown: "'a'", literals: ["'it''s'", "'a'"] },
    targets: [
      into("Enum8('a' = 1, 'it\\'s' = -2)", 'toString(toInt8(c))', '1', '-2', '1'),
      into("Enum16('it\\'s' = 1000, 'more' = 1, 'a' = 7)", 'toString(toInt16(c))', '7', '1000', '7'),
      into('String', 'toString(c)', 'a', "it's", 'a'),
    ],
  },
  {
    ...{ declared: 'UUID', carried: 'VARCHAR', literals: uuids.map(text) },
    targets: [
      into('UUID', 'toString(c)', '00000000-0000-0000-0000-000000000000', ...uuids),
      into('String', 'toString(c)', '', ...uuids),
    ],
  },
  // What a column declares to stand for unknown.
  {
    ...{ declared: 'UInt16', carried: 'USMALLINT', unknown: '65535', literals: ['0'] },
    targets: [into('UInt16 | Int32 | UInt256', 'toString(c)', '65535', '0')],
  },
  {
    ...{ declared: 'Decimal(6, 3)', carried: 'DECIMAL(6,3)', unknown: '-1.5', literals: ['0'] },
    targets: [into('Decimal(6, 3) | Decimal(9, 6)', 'toString(c)', '-1.5', '0')],
  },
  {
    ...{ declared: 'Decimal(65, 30)', carried: 'VARCHAR', unknown: '-1', literals: ["'0'"] },
    targets: [into('Decimal(65, 30)', 'toString(c)', '-1', '0')],
  },
  {
    ...{ declared: 'Float32', carried: 'FLOAT', unknown: '0.1', literals: ['0'] },
    targets: [into('Float32', float32, '1036831949', '0')],
  },
  {
    ...{ declared: 'Bool', carried: 'BOOLEAN', unknown: 'true', literals: ['false'] },
    targets: [into('Bool', 'toString(c)', 'true', 'false'), into('UInt8 | Int64', 'toString(c)', '1', '0')],
  },
  {
    ...{ declared: 'String', carried: 'VARCHAR', unknown: "'it\\'s not known'", literals: ["''"] },
    targets: [into('String', 'toString(c)', "it's not known", '')],
  },
  {
    ...{ declared: 'UUID', carried: 'VARCHAR', unknown: "'ffffffff-ffff-ffff-ffff-ffffffffffff'" },
    literals: [],
    targets: [into('UUID | String', 'toString(c)', 'ffffffff-ffff-ffff-ffff-ffffffffffff')],
  },
];
