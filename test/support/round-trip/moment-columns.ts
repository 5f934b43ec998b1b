import fc from 'fast-check';
import { type ColumnPlan, edged, hexOf, oneWay, textWays } from './column.js';
import {
  dayInMoment,
  instant,
  type MomentWay,
  microsOf,
  momentText,
  momentTexts,
  toDay,
  wallClock,
} from './moments.js';

const edges = [
  ...['1969-12-31 23:59:59.999999', '1970-01-01 00:00:00', '1970-01-01 00:00:00.000001', '1970-01-01 00:00:01'],
  ...['2038-01-19 03:14:07.999999', '2106-02-07 06:28:15', '2149-06-06 00:00:00', '2262-04-11 23:47:16.854775'],
  ...['2000-02-29 12:00:00', '1900-02-28 23:59:59', '2024-03-31 02:30:00', '1582-10-10 00:00:00'],
];

/** Moments of a way, in whole steps of it and of the source's column. */
function moments({ least, greatest, unit: wayUnit }: MomentWay, columnUnit: bigint): fc.Arbitrary<bigint> {
  const unit = wayUnit > columnUnit ? wayUnit : columnUnit;
  const up = (micros: bigint): bigint => micros + ((((-micros % unit) + unit) % unit) as bigint);
  const [min, max] = [up(microsOf(least)), up(microsOf(greatest) + 1n) - unit];
  const near = [least, greatest, ...edges].flatMap((text) => [up(microsOf(text)), up(microsOf(text)) - unit]);
  const rest = fc.bigInt({ min: min / unit, max: max / unit }).map((steps) => steps * unit);
  return edged(
    near.filter((micros) => micros >= min && micros <= max),
    rest,
  );
}

const plan = (mysql: string, chosen: MomentWay, unit: bigint, digits: number): Omit<ColumnPlan, 'text'> => ({
  ...{ mysql, kind: mysql, way: chosen.way },
  literals: moments(chosen, unit).map((micros) => `'${momentText(micros, digits)}'`),
});

const secondDigits = fc.oneof(fc.constantFrom(0, 6), fc.integer({ min: 0, max: 6 }));
const unitOf = (digits: number): bigint => 10n ** BigInt(6 - digits);
const days = fc.constantFrom(toDay('Date'), toDay('Date32'), toDay('Date32'));
const named = (name: string, digits: number): string => (digits === 0 ? name : `${name}(${digits})`);

/** DATE. */
export const dateColumn: fc.Arbitrary<ColumnPlan> = oneWay(
  days,
  dayInMoment,
  momentTexts((text) => text),
).map((chosen) => {
  const text = (column: string): string => `DATE_FORMAT(${column}, '%Y-%m-%d')`;
  const { literals, ...rest } = plan('date', chosen, 86_400_000_000n, 0);
  return { ...rest, text, literals: literals.map((literal) => `${literal.slice(0, 11)}'`) };
});

/** DATETIME(0) to DATETIME(6). */
export const datetimeColumn: fc.Arbitrary<ColumnPlan> = fc
  .tuple(
    secondDigits,
    oneWay(
      wallClock,
      days,
      momentTexts((text) => text.replace(/\.?0+$/, '')),
    ),
  )
  .map(([digits, chosen]) => ({
    ...plan(named('datetime', digits), chosen, unitOf(digits), digits),
    text: (column) => `DATE_FORMAT(${column}, '%Y-%m-%d %H:%i:%s.%f')`,
  }));

const timestamps = { least: '1970-01-01 00:00:01', greatest: '2038-01-19 03:14:07.999999' };
const instantText = (micros: string): string => `${momentText(BigInt(micros), 6).replace(/\.?0+$/, '')}+00`;

/** TIMESTAMP(0) to TIMESTAMP(6), read as microseconds since 1970. */
export const timestampColumn: fc.Arbitrary<ColumnPlan> = fc
  .tuple(secondDigits, oneWay(instant, momentTexts(instantText)))
  .map(([digits, chosen]) => ({
    ...plan(`${named('timestamp', digits)}`, { ...chosen, ...timestamps }, unitOf(digits), digits),
    text: (column) => `CAST(CAST(UNIX_TIMESTAMP(${column}) * 1000000 AS SIGNED) AS CHAR)`,
  }));

const timeEnd = microsOf('1970-01-01 00:00:00') + (838n * 3600n + 59n * 60n + 59n) * 1_000_000n;

function timeLiteral(micros: bigint, digits: number): string {
  const size = micros < 0n ? -micros : micros;
  const hours = size / 3_600_000_000n;
  const rest = momentText(size % 3_600_000_000n, digits).slice(14);
  return `'${micros < 0n ? '-' : ''}${String(hours).padStart(2, '0')}:${rest}'`;
}

/** TIME(0) to TIME(6): from -838:59:59 to 838:59:59, as the server writes it. */
export const timeColumn: fc.Arbitrary<ColumnPlan> = fc
  .tuple(secondDigits, textWays(hexOf))
  .map(([digits, way]): ColumnPlan => {
    const unit = unitOf(digits);
    const steps = edged([timeEnd, -timeEnd, 0n, unit, -unit], fc.bigInt({ min: -timeEnd, max: timeEnd }));
    const mysql = named('time', digits);
    const literals = steps.map((micros) => timeLiteral((micros / unit) * unit, digits));
    return { mysql, kind: mysql, way, literals, text: (column) => `CAST(${column} AS CHAR)` };
  });
