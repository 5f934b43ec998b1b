import { into, nines, type TypeCase, uuids } from './target-cases.js';

/** Lists: an unknown one is empty, since no ClickHouse column can hold a NULL of this kind. */
export const listCases: readonly TypeCase[] = [
  {
    ...{ declared: 'Array(UInt8)', carried: 'UTINYINT[]', literals: ['[]', '[255, 0]'] },
    targets: [into('Array(UInt8) | Array(Int16) | Array(UInt256)', 'toString(c)', '[]', '[]', '[255,0]')],
  },
  {
    ...{ declared: 'Array(Nullable(Int32))', carried: 'INTEGER[]', literals: ['[]', '[NULL, -1]', '[NULL]'] },
    targets: [
      into(
        ...['Array(Nullable(Int32)) | Array(Nullable(Int64))', 'toString(c)', '[]'],
        ...['[]', '[NULL,-1]', '[NULL]'],
      ),
    ],
  },
  {
    ...{ declared: 'Array(String)', carried: 'VARCHAR[]', literals: ["['', '😀' || chr(0)]"] },
    targets: [
      into(
        'Array(String) | Array(LowCardinality(String))',
        'toString(arrayMap(x -> hex(x), c))',
        '[]',
        "['','F09F988000']",
      ),
    ],
  },
  {
    ...{ declared: 'Array(Bool)', carried: 'BOOLEAN[]', literals: ['[true, false]'] },
    targets: [
      into('Array(Bool)', 'toString(c)', '[]', '[true,false]'),
      into('Array(UInt8)', 'toString(c)', '[]', '[1,0]'),
    ],
  },
  {
    ...{ declared: 'Array(Decimal(6, 3))', carried: 'DECIMAL(6,3)[]', literals: ['[-999.999]'] },
    targets: [into('Array(Decimal(6, 3)) | Array(Decimal(76, 3))', 'toString(c)', '[]', '[-999.999]')],
  },
  {
    ...{ declared: 'Array(Decimal(65, 30))', carried: 'VARCHAR[]', literals: [`['${nines(65, 30)}']`] },
    targets: [into('Array(Decimal(65, 30))', 'toString(c)', '[]', `[${nines(65, 30)}]`)],
  },
  {
    ...{ declared: "Array(Enum8('a' = 1))", carried: 'VARCHAR[]', literals: ["['a']"] },
    targets: [into("Array(Enum8('a' = 1)) | Array(String)", 'toString(c)', '[]', "['a']")],
  },
  {
    ...{ declared: 'Array(UUID)', carried: 'VARCHAR[]', literals: [`['${uuids[0]}']`] },
    targets: [into('Array(UUID) | Array(String)', 'toString(c)', '[]', `['${uuids[0]}']`)],
  },
  {
    ...{ declared: "Array(DateTime('UTC'))", carried: 'DATE[]' },
    literals: ["[DATE '1970-01-01', '2106-02-07']"],
    targets: [
      into('Array(Date) | Array(Date32)', 'toString(c)', '[]', "['1970-01-01','2106-02-07']"),
      into("Array(DateTime('UTC'))", 'toString(arrayMap(x -> toUInt32(x), c))', '[]', '[0,4294944000]'),
      into("Array(DateTime('Asia/Tokyo'))", 'toString(arrayMap(x -> toUInt32(x), c))', '[]', '[0,4294911600]'),
      into("Array(DateTime64(0, 'Asia/Tokyo'))", 'toString(arrayMap(x -> toInt64(x), c))', '[]', '[-32400,4294911600]'),
    ],
  },
  {
    ...{ declared: 'Array(Nullable(Date))', carried: 'DATE[]', literals: ["[DATE '2149-06-06', NULL]"] },
    targets: [
      into('Array(Nullable(Date)) | Array(Nullable(Date32))', 'toString(c)', '[]', "['2149-06-06',NULL]"),
      into(
        ...["Array(Nullable(DateTime64(0, 'Asia/Tokyo')))", 'toString(arrayMap(x -> toInt64(x), c))', '[]'],
        '[5662191600,NULL]',
      ),
    ],
  },
  {
    ...{ declared: "Array(DateTime('UTC'))", carried: 'TIMESTAMP[]' },
    literals: ["[TIMESTAMP '1970-01-01 00:00:00', '2106-02-07 06:28:15']"],
    targets: [
      into("Array(DateTime('UTC'))", 'toString(arrayMap(x -> toUInt32(x), c))', '[]', '[0,4294967295]'),
      into(
        ...[
          "Array(DateTime64(3, 'UTC')) | Array(DateTime64(9, 'UTC'))",
          'toString(arrayMap(x -> toInt64(x), c))',
          '[]',
        ],
        '[0,4294967295]',
      ),
    ],
  },
];
