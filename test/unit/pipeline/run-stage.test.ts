import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { exits, TransloadError } from '../../../src/core/errors.js';
import { exitOf, runStage, type StageResult, type Unit } from '../../../src/pipeline/run-stage.js';
import { testContext } from '../support.js';

const lost = (code = 'SOURCE_LOST'): TransloadError =>
  new TransloadError(exits.unreachable, code, 'connection lost', 'try again', { retryable: true });
const final = (code = 'SCHEMA', exit: TransloadError['exit'] = exits.usage): TransloadError =>
  new TransloadError(exit, code, 'does not fit', 'change it');
const broken = (code = 'S'): TransloadError => final(code, exits.failed);

/** A unit that throws these in turn, then succeeds; counts its attempts. */
function unit(name: string, ...errors: readonly unknown[]): Unit & { attempts: number } {
  const one = {
    name,
    rows: 10,
    attempts: 0,
    run: async (): Promise<{ rows: number; bytes: number }> => {
      const error = errors[one.attempts++];
      if (error !== undefined) throw error;
      return { rows: 10, bytes: 100 };
    },
  };
  return one;
}

/** Runs to the end without waiting for the pauses between attempts. */
async function run(units: readonly Unit[], context = testContext()): Promise<StageResult> {
  const running = runStage(context, { stage: 'export', units, alreadyDone: 2, note: '' });
  running.catch(() => undefined);
  await vi.runAllTimersAsync();
  return running;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('sums up and reports every step', async () => {
  const context = testContext();
  const result = await run([unit('1-10'), unit('11-20')], context);
  expect(result).toMatchObject({ done: 2, rows: 20, bytes: 200, failed: [] });
  expect(context.events[0]).toMatchObject({ event: 'stage', units: 2, alreadyDone: 2, rows: 20 });
  const kinds = context.events.map(({ event }) => event);
  expect(kinds).toEqual(['stage', 'unit-start', 'unit-done', 'unit-start', 'unit-done']);
});

test('a unit that gets on is told of twice a second, and that it is at something else at once', async () => {
  const context = testContext();
  const batches = async (progress: Parameters<Unit['run']>[0]): Promise<{ rows: number; bytes: number }> => {
    progress({ phase: 'reading' });
    for (let rows = 1; rows <= 100; rows++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      progress({ rows });
    }
    progress({ phase: 'writing' });
    progress({ bytes: 7, phase: 'writing' });
    return { rows: 100, bytes: 7 };
  };
  await run([{ name: '1-100', rows: 100, bytes: 9, run: batches }], context);
  const told = context.events.filter(({ event }) => event === 'unit-progress');
  const common = { event: 'unit-progress', stage: 'export', unit: '1-100' };
  expect(told[0]).toEqual({ ...common, rows: 0, bytes: 0, phase: 'reading' });
  expect(told.at(-1)).toEqual({ ...common, rows: 100, bytes: 0, phase: 'writing' });
  expect(told.length).toBeGreaterThan(4);
  expect(told.length).toBeLessThan(8);
  expect(context.events[1]).toEqual({ event: 'unit-start', stage: 'export', unit: '1-100', rows: 100, bytes: 9 });
});

describe('attempts', () => {
  test('each that is followed by another one is told, with why it failed', async () => {
    const context = testContext();
    await run([unit('1-10', lost(), lost())], context);
    const retries = context.events.filter(({ event }) => event === 'unit-retry');
    expect(retries).toMatchObject([
      { stage: 'export', unit: '1-10', attempt: 1, error: { code: 'SOURCE_LOST' } },
      { stage: 'export', unit: '1-10', attempt: 2, error: { code: 'SOURCE_LOST' } },
    ]);
  });

  test('what may succeed later is tried three times', async () => {
    const one = unit('1-10', lost(), lost());
    expect(await run([one])).toMatchObject({ done: 1, failed: [] });
    expect(one.attempts).toBe(3);
    const never = unit('1-10', lost(), lost(), lost());
    const { failed } = await run([never]);
    expect(never.attempts).toBe(3);
    expect(failed[0]).toMatchObject({ code: 'SOURCE_LOST' });
  });

  test('while others come to their end one is tried ten times, with growing pauses of at most 10 s', async () => {
    const failing = unit('failing', ...Array.from({ length: 20 }, () => lost()));
    const others = Array.from(
      { length: 400 },
      (_, index): Unit => ({
        name: String(index),
        rows: 0,
        run: async () => {
          await new Promise((resolve) => setTimeout(resolve, 500));
          return { rows: 1, bytes: 0 };
        },
      }),
    );
    const begin = Date.now();
    const context = testContext({ workers: 2 });
    const result = await run([failing, ...others], context);
    expect(result).toMatchObject({ done: 400, stopped: false });
    expect(failing.attempts).toBe(10);
    const failedAt = context.events.findIndex(({ event }) => event === 'unit-failed');
    expect(failedAt).toBeGreaterThan(0);
    expect(Date.now() - begin).toBeGreaterThan(66_000);
  });

  test('credentials, schema and bugs are tried once', async () => {
    for (const error of [final(), new Error('a bug'), new TypeError('another')]) {
      const one = unit('1-10', error);
      const { failed } = await run([one]);
      expect(one.attempts).toBe(1);
      expect(failed).toHaveLength(1);
    }
  });

  test('a bug is exit 1 and keeps its stack', async () => {
    const bug = new Error('a bug');
    const { failed } = await run([unit('1-10', bug), unit('11-20')]);
    expect(failed[0]).toMatchObject({ exit: exits.bug, cause: bug });
  });
});

describe('failures', () => {
  test('one failed unit does not stop the others', async () => {
    const units = [unit('1', broken()), unit('2'), unit('3', broken()), unit('4')];
    expect(await run(units)).toMatchObject({ done: 2, rows: 20 });
    expect(units.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1]);
  });

  test('three for one cause stop: 1,300 ranges must not each fail', async () => {
    const units = Array.from({ length: 1300 }, (_, index) => unit(String(index), broken()));
    const { failed, stopped } = await run(units);
    expect([failed.length, stopped]).toEqual([3, true]);
    expect(units.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(3);
  });

  test('three for different causes do not', async () => {
    const units = [unit('1', broken('A')), unit('2', broken('B')), unit('3', broken('C')), unit('4')];
    expect(await run(units)).toMatchObject({ done: 1, stopped: false });
  });

  test('three that are not in a row do not: units between them came to their end', async () => {
    const units = Array.from({ length: 12 }, (_, index) => unit(String(index), ...(index % 3 < 2 ? [broken()] : [])));
    expect(await run(units)).toMatchObject({ done: 4, stopped: false });
  });

  test('damaged files do not: each is a cause of its own (fault 22)', async () => {
    const damaged = Array.from({ length: 5 }, (_, index) => unit(String(index), final('D', exits.damaged)));
    expect(await run([...damaged, unit('6')])).toMatchObject({ done: 1, stopped: false });
  });

  test('when the stage gives up, units in flight end and those in a pause do not go on', async () => {
    const slow: Unit = {
      name: 'slow',
      rows: 0,
      run: async () => {
        await new Promise((resolve) => setTimeout(resolve, 2000));
        return { rows: 1, bytes: 0 };
      },
    };
    const pausing = unit('pausing', lost('OTHER'));
    const units = [slow, pausing, unit('1', broken()), unit('2', broken()), unit('3', broken())];
    const context = testContext({ workers: 3 });
    const result = await run(units, context);
    expect(result).toMatchObject({ done: 1, rows: 1, stopped: true });
    expect(result.failed.map(({ code }) => code).sort()).toEqual(['OTHER', 'S', 'S', 'S']);
    expect(pausing.attempts).toBe(1);
  });

  test('what no other unit can escape stops at once: wrong usage, a changed schema (fault 32)', async () => {
    const units = [unit('1', final('SCHEMA_CHANGED')), unit('2')];
    expect(await run(units)).toMatchObject({ done: 0, stopped: true });
    expect(units[1]?.attempts).toBe(0);
  });

  test('a bug stops at once', async () => {
    const units = [unit('1', new Error('bug')), unit('2')];
    expect(await run(units)).toMatchObject({ done: 0 });
    expect(units[1]?.attempts).toBe(0);
  });
});

describe('interruption', () => {
  test('throws its reason, and nothing new is begun', async () => {
    const abort = new AbortController();
    const reason = new TransloadError(exits.interrupted, 'INTERRUPTED', 'export was interrupted', 'again');
    const abortAndFail = async (): Promise<never> => {
      abort.abort(reason);
      throw new Error('closed');
    };
    const stopping = { ...unit('1'), run: abortAndFail };
    const second = unit('2');
    const context = testContext({ signal: abort.signal });
    await expect(run([stopping, second], context)).rejects.toBe(reason);
    expect(second.attempts).toBe(0);
    expect(context.events.some(({ event }) => event === 'unit-failed')).toBe(false);
  });

  test('ends the pause before the next attempt', async () => {
    const abort = new AbortController();
    const reason = new TransloadError(exits.interrupted, 'INTERRUPTED', 'export was interrupted', 'again');
    const one = unit('1', lost(), lost());
    const running = runStage(testContext({ signal: abort.signal }), {
      stage: 'export',
      units: [one],
      alreadyDone: 0,
      note: '',
    });
    const outcome = expect(running).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(10);
    abort.abort(reason);
    await outcome;
    expect(one.attempts).toBe(1);
  });
});

test('no more units at once than workers', async () => {
  let now = 0;
  let most = 0;
  const slow = (name: string): Unit => ({
    name,
    rows: 0,
    run: async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 10));
      now--;
      return { rows: 0, bytes: 0 };
    },
  });
  await run(['1', '2', '3', '4', '5'].map(slow), testContext({ workers: 2 }));
  expect(most).toBe(2);
});

test.each([
  [[], 0],
  [[final()], 2],
  [[lost(), lost(), lost()], 12],
  [[lost(), final()], 2],
  [[lost(), broken()], 3],
  [[final('D', exits.damaged)], 13],
  [[final('D', exits.damaged), final('F', exits.failed)], 13],
  [[final('F', exits.failed)], 3],
  [[final('F', exits.failed), final('B', exits.bug)], 1],
] as const)('exit of %j is %i', (failed, exit) => expect(exitOf({ failed, stopped: false })).toBe(exit));

test.each([
  [[final('M', exits.failed)], 12],
  [[final()], 2],
  [[final('B', exits.bug)], 1],
] as const)('exit of a stage that gave up after %j is %i', (failed, exit) =>
  expect(exitOf({ failed, stopped: true })).toBe(exit),
);
