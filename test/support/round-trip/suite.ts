import fc from 'fast-check';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, it } from 'vitest';
import type { ColumnPlan } from './column.js';
import { roundTrip } from './round-trip.js';
import { kindsOf, schemas } from './schema.js';
import { createTable } from './statements.js';

/** What a run can be told: a seed, the one schema of it to repeat, how many schemas and rows. */
export interface Knobs {
  readonly seed: number;
  /** Undefined for all of them. */
  readonly only: number | undefined;
  readonly schemas: number;
  readonly rows: number;
}

/** Reads TRANSLOAD_SEED (`123`, or `123:4` for the fourth schema alone), SCHEMAS and ROWS. */
export function knobs(env: Readonly<Record<string, string | undefined>>, count: number, rows: number): Knobs {
  const [seed = '', only] = (env['TRANSLOAD_SEED'] ?? '').split(':');
  const number = (text: string | undefined, otherwise: number): number => (text ? Number(text) : otherwise);
  return {
    seed: number(seed, Math.floor(Math.random() * 2 ** 31)),
    only: only === undefined ? undefined : Number(only),
    schemas: number(env['SCHEMAS'], count),
    rows: number(env['ROWS'], rows),
  };
}

const columnsMax = 12;

/**
 * The kinds of column of a schema, dealt out so that few schemas have all of them: 3 to 12 each, mostly many. What a
 * schema gets depends on the seed and its number (from 1) alone.
 */
function dealt(kinds: readonly fc.Arbitrary<ColumnPlan>[], seed: number, number: number): fc.Arbitrary<ColumnPlan>[] {
  const size = fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 3, max: columnsMax }) },
    { weight: 3, arbitrary: fc.integer({ min: 8, max: columnsMax }) },
  );
  const deck = fc.shuffledSubarray([...kinds], { minLength: kinds.length });
  const drawn = Array.from({ length: number }, (_, index) =>
    fc.sample(fc.tuple(size, deck), { seed: seed + index, numRuns: 1 }),
  ).flat();
  const last = drawn.at(-1)?.[0] ?? 0;
  const end = drawn.reduce((sum, [one]) => sum + one, 0);
  return drawn.flatMap(([, cards]) => cards).slice(end - last, end);
}

/** One test a schema; each is made from the seed and its number alone. */
export function roundTrips(title: string, url: string, settings: Knobs): void {
  const { seed, only, schemas: count, rows } = settings;
  const defaults = otherDefaults(url);
  const numbers = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [only];
  it.each(numbers)(`schema %i of TRANSLOAD_SEED=${seed}`, async (number) => {
    const kinds = dealt(kindsOf(defaults.isMariadb()), seed, number);
    const property = fc.asyncProperty(schemas(kinds, rows), async (schema) => {
      try {
        await roundTrip(url, `round_trip_${number}`, schema);
      } catch (error) {
        const again = `again on ${title}: TRANSLOAD_SEED=${seed}:${number} ROWS=${rows}`;
        throw new Error([(error as Error).message, again, createTable(schema)].join('\n'), { cause: error });
      }
    });
    // A whole migration is too dear to be made again for every smaller schema: the columns at fault are named instead.
    const details = await fc.check(property, { seed: seed + number, numRuns: 1, endOnFailure: true });
    if (details.failed) throw details.errorInstance;
  });
}

/** The server's own zone and modes are other ones than the export has: it must set its own. */
function otherDefaults(url: string): { isMariadb(): boolean } {
  let before: [string, string, string];
  const setGlobal = async (zone: string, modes: string): Promise<void> => {
    const connection = await createConnection({ uri: url });
    await connection.query('SET GLOBAL time_zone = ?, sql_mode = ?', [zone, modes]);
    await connection.end();
  };
  beforeAll(async () => {
    const connection = await createConnection({ uri: url, rowsAsArray: true });
    const [rows] = await connection.query<RowDataPacket[]>('SELECT @@GLOBAL.time_zone, @@GLOBAL.sql_mode, VERSION()');
    before = rows[0] as unknown as [string, string, string];
    await connection.end();
    await setGlobal('-03:30', 'ANSI_QUOTES,PAD_CHAR_TO_FULL_LENGTH,NO_BACKSLASH_ESCAPES');
  });
  afterAll(() => setGlobal(before[0], before[1]));
  return { isMariadb: () => before[2].includes('MariaDB') };
}
