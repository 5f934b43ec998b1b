import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../src/core/batch.js';
import { exits, TransloadError } from '../../../src/core/errors.js';
import type { Event } from '../../../src/core/events.js';
import { Brake } from '../../../src/pipeline/brake.js';
import { runStage } from '../../../src/pipeline/run-stage.js';
import type { Excess } from '../../../src/sources/source.js';
import { testContext } from '../support.js';
import { FakeClock } from './fake-clock.js';

const load: Excess = { name: 'Threads_running', text: 'Threads_running is 31, above 25' };
const lag: Excess = { name: 'lag', text: 'the replica is 60 s behind, above 10' };
const minute = 60_000;

/** A brake whose server tells what the test puts into `above`, or throws what it puts into `error`. */
function brakeOf({ rate, given = {} }: { rate?: number; given?: Parameters<typeof testContext>[0] } = {}) {
  const clock = new FakeClock();
  const context = testContext(given);
  const server: { above: readonly Excess[]; error?: Error; answer?: Promise<void>; closed: boolean } = {
    above: [],
    closed: false,
  };
  const gauge = {
    read: async () => {
      await server.answer;
      if (server.error !== undefined) throw server.error;
      return server.above;
    },
    close: async () => {
      server.closed = true;
    },
  };
  const brake = new Brake(context, gauge, rate, clock);
  const said = (): string[] =>
    context.events.flatMap((event: Event) =>
      event.event === 'pause' ? [event.reason] : event.event === 'resume' ? ['goes on'] : [],
    );
  return { brake, clock, context, server, said };
}

/** Batches without end, and how many rows of them were taken. */
async function* endless(rows: number): AsyncGenerator<Batch> {
  for (;;) yield { rows, columns: [] };
}

function reading(brake: Brake, rows: number, engine: 'mysql' | 'mongo' = 'mysql') {
  const state: { rows: number; error?: unknown } = { rows: 0 };
  (async () => {
    for await (const batch of brake.over(endless(rows), engine)) {
      state.rows += batch.rows;
      if (state.rows >= 1e6) return;
    }
  })().catch((error: unknown) => {
    state.error = error;
  });
  return state;
}

describe('RATE', () => {
  test('rows of all workers together, by the clock', async () => {
    const { brake, clock } = brakeOf({ rate: 5000 });
    const workers = [reading(brake, 1000), reading(brake, 1000), reading(brake, 250)];
    const taken = (): number => workers.reduce((sum, { rows }) => sum + rows, 0);
    for (const seconds of [1, 10, 60]) {
      const [before, at] = [taken(), clock.now()];
      await clock.advance(seconds * 1000);
      const allowed = ((clock.now() - at) / 1000) * 5000;
      expect(taken() - before).toBeGreaterThan(allowed - 3000);
      expect(taken() - before).toBeLessThanOrEqual(allowed + 3000);
    }
  });
});

describe('above a limit', () => {
  test('no rows are taken, why is said once, and it goes on below', async () => {
    const { brake, clock, server, said } = brakeOf({ rate: 1000 });
    await brake.start();
    const read = reading(brake, 100);
    await clock.advance(5000);
    expect(read.rows).toBeGreaterThan(4000);
    server.above = [load];
    await clock.advance(2000);
    const stopped = read.rows;
    server.above = [{ ...load, text: 'Threads_running is 99, above 25' }];
    await clock.advance(minute);
    expect([read.rows, said()]).toEqual([stopped, [load.text]]);
    server.above = [];
    await clock.advance(5000);
    expect(read.rows).toBeGreaterThan(stopped + 3000);
    expect(said()).toEqual([load.text, 'goes on']);
    expect(brake.paused.times).toBe(1);
    expect(brake.paused.seconds).toBeCloseTo(62, -1);
    await brake.close();
    expect(server.closed).toBe(true);
  });

  test('another reason is said too', async () => {
    const { brake, clock, server, said } = brakeOf();
    server.above = [load];
    await brake.start();
    server.above = [load, lag];
    await clock.advance(1000);
    server.above = [lag];
    await clock.advance(1000);
    expect(said()).toEqual([load.text, `${load.text}; ${lag.text}`, lag.text]);
    expect(brake.paused.times).toBe(1);
    await brake.close();
  });

  test('no unit is begun', async () => {
    const { brake, clock, server, context } = brakeOf();
    server.above = [load];
    await brake.start();
    const units = ['1-10', '11-20'].map((name) => ({ name, rows: 1, run: async () => ({ rows: 1, bytes: 1 }) }));
    const plan = { stage: 'export', units, alreadyDone: 0, note: '', ready: () => brake.ready() } as const;
    const running = runStage(context, plan);
    await clock.advance(minute);
    const kinds = (): string[] => context.events.map(({ event }) => event);
    expect(kinds()).toEqual(['pause', 'stage']);
    server.above = [];
    await clock.advance(2000);
    expect(await running).toMatchObject({ done: 2 });
    expect(kinds()).toEqual(['pause', 'stage', 'resume', 'unit-start', 'unit-done', 'unit-start', 'unit-done']);
    await brake.close();
  });

  test('Ctrl-C ends a pause', async () => {
    const abort = new AbortController();
    const { brake, clock, server } = brakeOf({ given: { signal: abort.signal } });
    server.above = [load];
    await brake.start();
    const read = reading(brake, 10);
    const begun = brake.ready();
    await clock.advance(1000);
    abort.abort(new Error('interrupted'));
    await begun;
    await clock.advance(1000);
    expect(read).toMatchObject({ rows: 0, error: { message: 'interrupted' } });
  });
});

describe('a long pause', () => {
  /** A unit that reads 1,000 batches, one a second; it is begun again where its read was given up. */
  async function paused(workedMs: number, pausedMs: number, engine: 'mysql' | 'mongo') {
    const { brake, clock, server, context } = brakeOf({ rate: 10 });
    await brake.start();
    let begun = 0;
    let ended = 0;
    const unit = brake.around({
      name: '1-10',
      rows: 0,
      run: async () => {
        begun++;
        try {
          for await (const _ of brake.over(endless(10), engine)) await Promise.resolve();
        } finally {
          ended++;
        }
        return { rows: 0, bytes: 0 };
      },
    });
    void unit.run().catch(() => undefined);
    await clock.advance(workedMs);
    server.above = [load];
    await clock.advance(pausedMs);
    const open = begun - ended;
    server.above = [];
    await clock.advance(2000);
    const notes = context.events.filter(({ event }) => event === 'note');
    await brake.close();
    return { begun, openInThePause: open, notes: notes.length };
  }

  test.each([
    ['of 4 minutes is waited for', 1, 4, 'mysql', { begun: 1, openInThePause: 1, notes: 0 }],
    [
      'of 6 minutes ends a read of a minute, which begins again',
      1,
      6,
      'mysql',
      { begun: 2, openInThePause: 0, notes: 1 },
    ],
    ['of 15 minutes is waited for by a read of 20', 20, 15, 'mysql', { begun: 1, openInThePause: 1, notes: 0 }],
    ['of 15 minutes ends a cursor of MongoDB', 20, 15, 'mongo', { begun: 2, openInThePause: 0, notes: 1 }],
    ['of 55 minutes ends every read', 70, 55, 'mysql', { begun: 2, openInThePause: 0, notes: 1 }],
  ] as const)('%s', async (_, worked, wait, engine, expected) => {
    expect(await paused(worked * minute, wait * minute, engine)).toEqual(expected);
  });
});

describe('a server that does not tell its load', () => {
  const lost = new TransloadError(exits.unreachable, 'SOURCE_LOST', 'cannot look at the load', 'is it up?', {
    retryable: true,
  });

  test('is not read meanwhile; after ten looks in vain the run stops with the reason', async () => {
    const stops: TransloadError[] = [];
    const { brake, clock, server, said } = brakeOf({ given: { stop: (error) => stops.push(error) } });
    await brake.start();
    server.error = lost;
    await clock.advance(9000);
    expect([stops, said()]).toEqual([[], [lost.message]]);
    delete server.error;
    await clock.advance(1000);
    server.error = lost;
    await clock.advance(9000);
    expect([stops, said()]).toEqual([[], [lost.message, 'goes on', lost.message]]);
    await clock.advance(1000);
    expect(stops).toEqual([lost]);
    await brake.close();
  });

  test('what will not change stops it at once', async () => {
    const stops: TransloadError[] = [];
    const { brake, server } = brakeOf({ given: { stop: (error) => stops.push(error) } });
    server.error = new TransloadError(exits.unreachable, 'SOURCE_PRIVILEGE', 'no', 'GRANT');
    await brake.look();
    expect(stops).toEqual([server.error]);
  });

  test('for five seconds is taken for busy, until it answers', async () => {
    const { brake, clock, server, said } = brakeOf();
    let answer: () => void = () => undefined;
    server.answer = new Promise((resolve) => {
      answer = resolve;
    });
    const looked = brake.look();
    await clock.advance(4000);
    expect(said()).toEqual([]);
    await clock.advance(2000);
    expect(said()).toEqual(['the server has not told its load for 5 s']);
    answer();
    await looked;
    expect(said()).toEqual(['the server has not told its load for 5 s', 'goes on']);
  });
});
