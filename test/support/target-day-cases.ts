import type { Target, TypeCase } from './target-cases.js';

type Stored = readonly [unknown: string, ...values: readonly string[]];

/** `types` hold one and the same number; `read` shows it. */
const stored = (types: string, read: string, [unknown, ...values]: Stored): Target => ({
  types: types.split(' | '),
  read,
  unknown,
  values,
});
const date = 'toString(toUInt16(c))';
const date32 = 'toString(toInt32(c))';
const seconds = 'toString(toUInt32(c))';
/** What a DateTime64 holds: whole units since 1970, UTC. */
const units = 'toString(reinterpretAsInt64(c))';
/** Seconds as units of so many digits. */
const digits = (precision: number, [...numbers]: Stored): Stored =>
  numbers.map((one) => (one === '0' ? one : `${one}${'0'.repeat(precision)}`)) as unknown as Stored;
const days = (...texts: readonly string[]): string[] => texts.map((one) => `DATE '${one}'`);
const clocks = (...texts: readonly string[]): string[] => texts.map((one) => `TIMESTAMP '${one}'`);
const instants = (...texts: readonly string[]): string[] => texts.map((one) => `TIMESTAMPTZ '${one}+00'`);

/** Midnight of 1970-01-01 (unknown), 1970-01-01, 1970-01-02, 2018-11-04, 2106-02-07 in seconds, by zone. */
const midnights = {
  utc: ['0', '0', '86400', '1541289600', '4294944000'],
  tokyo: ['-32400', '-32400', '54000', '1541257200', '4294911600'],
  newYork: ['18000', '18000', '104400', '1541304000', '4294962000'],
  // Clocks went from 2018-11-03 23:59:59 to 2018-11-04 01:00:00 there: the day begins at one.
  saoPaulo: ['10800', '10800', '97200', '1541300400', '4294954800'],
} as const satisfies Record<string, Stored>;
/** A DateTime does not reach before 1970: that day is its first moment. */
const fromEpoch = (numbers: Stored): Stored =>
  numbers.map((one) => (one.startsWith('-') ? '0' : one)) as unknown as Stored;

/** Midnight of 1970-01-01 (unknown), 1900-01-01, 1969-12-31, 2299-12-31 in seconds, by zone. */
const far = {
  utc: ['0', '-2208988800', '-86400', '10413705600'],
  tokyo: ['-32400', '-2209021200', '-118800', '10413673200'],
  newYork: ['18000', '-2208970800', '-68400', '10413723600'],
} as const satisfies Record<string, Stored>;

export const dayCases: readonly TypeCase[] = [
  {
    ...{ declared: "DateTime('UTC')", carried: 'DATE' },
    literals: days('1970-01-01', '1970-01-02', '2018-11-04', '2106-02-07'),
    targets: [
      stored('Date', date, ['0', '0', '1', '17839', '49710']),
      stored('Date32', date32, ['0', '0', '1', '17839', '49710']),
      stored("DateTime | DateTime('UTC') | DateTime('Etc/UTC')", seconds, midnights.utc),
      stored("DateTime('Asia/Tokyo')", seconds, fromEpoch(midnights.tokyo)),
      stored("DateTime('America/New_York')", seconds, midnights.newYork),
      stored("DateTime('America/Sao_Paulo')", seconds, midnights.saoPaulo),
      stored("DateTime64(0) | DateTime64(0, 'UTC')", units, midnights.utc),
      stored("DateTime64(3, 'Asia/Tokyo')", units, digits(3, midnights.tokyo)),
      stored("DateTime64(6, 'America/New_York')", units, digits(6, midnights.newYork)),
      stored("DateTime64(9, 'America/Sao_Paulo')", units, digits(9, midnights.saoPaulo)),
    ],
  },
  {
    ...{ declared: 'Date', carried: 'DATE', literals: days('1970-01-01', '2149-06-06') },
    targets: [
      stored('Date', date, ['0', '0', '65535']),
      stored('Date32', date32, ['0', '0', '65535']),
      stored("DateTime64(0) | DateTime64(0, 'UTC')", units, ['0', '0', '5662224000']),
      stored("DateTime64(3, 'Asia/Tokyo')", units, ['-32400000', '-32400000', '5662191600000']),
      stored("DateTime64(9, 'UTC')", units, ['0', '0', '5662224000000000000']),
    ],
  },
  {
    ...{ declared: 'Date32', carried: 'DATE', literals: days('1900-01-01', '1969-12-31', '2299-12-31') },
    targets: [
      stored('Date32', date32, ['0', '-25567', '-1', '120529']),
      stored("DateTime64(0) | DateTime64(0, 'UTC')", units, far.utc),
      stored("DateTime64(3, 'UTC')", units, digits(3, far.utc)),
      stored("DateTime64(8, 'UTC')", units, digits(8, far.utc)),
      stored("DateTime64(3, 'Asia/Tokyo')", units, digits(3, far.tokyo)),
      stored("DateTime64(6, 'America/New_York')", units, digits(6, far.newYork)),
    ],
  },
  {
    ...{ declared: "DateTime64(3, 'UTC')", carried: 'DATE', literals: days('1900-01-01', '1969-12-31', '2299-12-31') },
    targets: [
      stored('Date32', date32, ['0', '-25567', '-1', '120529']),
      stored("DateTime64(3) | DateTime64(3, 'UTC')", units, digits(3, far.utc)),
      stored("DateTime64(8, 'Asia/Tokyo')", units, digits(8, far.tokyo)),
    ],
  },
  {
    ...{ declared: 'DateTime64(9)', carried: 'DATE', literals: days('1900-01-01', '2262-04-11') },
    targets: [
      stored('Date32', date32, ['0', '-25567', '106751']),
      stored("DateTime64(9, 'UTC')", units, ['0', '-2208988800000000000', '9223286400000000000']),
      stored("DateTime64(3, 'Asia/Tokyo')", units, ['-32400000', '-2209021200000', '9223254000000']),
    ],
  },
  {
    ...{ declared: 'DateTime', carried: 'DATE', unknown: "'2000-01-01'", literals: days('2024-02-29') },
    targets: [
      stored('Date', date, ['10957', '19782']),
      stored('Date32', date32, ['10957', '19782']),
      stored("DateTime('Asia/Tokyo')", seconds, ['946652400', '1709132400']),
      stored("DateTime64(3, 'Asia/Tokyo')", units, ['946652400000', '1709132400000']),
    ],
  },
];

const any = (type: string): string =>
  ["'UTC'", "'Asia/Tokyo'", "'America/New_York'"].map((zone) => `${type}${zone})`).join(' | ');
const epoch = (values: Stored, unknown: string): Stored => [unknown, ...values.slice(1)];

export const momentCases: readonly TypeCase[] = [
  {
    ...{ declared: "DateTime('UTC')", carried: 'TIMESTAMP' },
    literals: clocks('1970-01-01 00:00:00', '2106-02-07 06:28:15'),
    targets: [
      stored("DateTime('UTC') | DateTime('Etc/UTC') | DateTime", seconds, ['0', '0', '4294967295']),
      stored("DateTime64(0, 'UTC') | DateTime64(0)", units, ['0', '0', '4294967295']),
      stored("DateTime64(9, 'UTC')", units, ['0', '0', '4294967295000000000']),
    ],
  },
  {
    ...{ declared: 'DateTime', carried: 'TIMESTAMP WITH TIME ZONE' },
    literals: instants('1970-01-01 00:00:00', '2106-02-07 06:28:15'),
    targets: [
      stored("DateTime | DateTime('UTC') | DateTime('Asia/Tokyo')", seconds, ['0', '0', '4294967295']),
      stored("DateTime('America/New_York')", seconds, ['18000', '0', '4294967295']),
      stored("DateTime64(3) | DateTime64(3, 'UTC')", units, ['0', '0', '4294967295000']),
      stored("DateTime64(3, 'Asia/Tokyo')", units, ['-32400000', '0', '4294967295000']),
    ],
  },
  {
    ...{ declared: 'DateTime', carried: 'TIMESTAMP WITH TIME ZONE', unknown: "'2000-01-01 00:00:00'" },
    literals: instants('2024-02-29 12:00:00'),
    targets: [
      stored("DateTime | DateTime('UTC')", seconds, ['946684800', '1709208000']),
      stored("DateTime('Asia/Tokyo')", seconds, ['946652400', '1709208000']),
      stored("DateTime64(3, 'America/New_York')", units, ['946702800000', '1709208000000']),
    ],
  },
  {
    ...{ declared: "DateTime64(6, 'UTC')", carried: 'TIMESTAMP' },
    literals: clocks('1900-01-01 00:00:00', '1969-12-31 23:59:59.000001', '2299-12-31 23:59:59.999999'),
    targets: [
      stored("DateTime64(6, 'UTC') | DateTime64(6)", units, ['0', '-2208988800000000', '-999999', '10413791999999999']),
      stored("DateTime64(8, 'UTC')", units, ['0', '-220898880000000000', '-99999900', '1041379199999999900']),
    ],
  },
  {
    ...{ declared: 'DateTime64(6)', carried: 'TIMESTAMP WITH TIME ZONE' },
    literals: instants('1900-01-01 00:00:00', '1969-12-31 23:59:59.000001', '2299-12-31 23:59:59.999999'),
    targets: ['0', '-32400000000', '18000000000'].map((unknown, at) =>
      stored(
        `${any('DateTime64(6, ').split(' | ')[at]}`,
        units,
        epoch(['', '-2208988800000000', '-999999', '10413791999999999'], unknown),
      ),
    ),
  },
  {
    ...{ declared: "DateTime64(0, 'UTC')", carried: 'TIMESTAMP' },
    literals: clocks('1900-01-01 00:00:00', '1969-12-31 23:59:59', '2299-12-31 23:59:59'),
    targets: [
      stored("DateTime64(0, 'UTC')", units, ['0', '-2208988800', '-1', '10413791999']),
      stored("DateTime64(3, 'UTC')", units, ['0', '-2208988800000', '-1000', '10413791999000']),
    ],
  },
  {
    ...{ declared: "DateTime64(9, 'UTC')", carried: 'TIMESTAMP' },
    literals: clocks('1900-01-01 00:00:00', '2262-04-11 23:47:16.854775'),
    targets: [stored("DateTime64(9, 'UTC')", units, ['0', '-2208988800000000000', '9223372036854775000'])],
  },
];
