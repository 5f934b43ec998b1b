import { describe, expect, test } from 'vitest';
import { exportLimits } from '../../../stages/limits.js';

const usage = (code: string, message: RegExp, hint: RegExp): Error =>
  expect.objectContaining({
    ...{ code, exit: 2 },
    message: expect.stringMatching(message) as string,
    hint: expect.stringMatching(hint) as string,
  }) as Error;

test('nothing is limited where nothing is set', () => {
  const none = { status: [], lagSeconds: undefined, rowsPerSecond: undefined };
  expect([exportLimits({}, 4), exportLimits({ MAX_LOAD: '', MAX_LAG: '', RATE: '' }, 4)]).toEqual([none, none]);
});

test('several variables, a lag and a rate', () => {
  const env = { MAX_LOAD: 'Threads_running=25, Threads_connected=100', MAX_LAG: '10', RATE: '50_000' };
  expect(exportLimits(env, 4)).toEqual({
    status: [
      { name: 'Threads_running', most: 25 },
      { name: 'Threads_connected', most: 100 },
    ],
    lagSeconds: 10,
    rowsPerSecond: 50_000,
  });
});

describe('what cannot be meant says what can', () => {
  test.each([
    'banana',
    'Threads_running',
    'Threads_running=',
    'Threads_running=many',
    'Threads_running=0',
    'Threads_running=-1',
    'Threads_running=2.5',
    'Threads_running:25',
    'Threads_running=25,',
    '25',
    "x' OR 1=1",
  ])('MAX_LOAD=%s', (MAX_LOAD) => {
    expect(() => exportLimits({ MAX_LOAD }, 4)).toThrow(usage('OPTION_VALUE', /^MAX_LOAD=/, /Threads_running=25/));
  });

  test.each([
    ['Threads_running=4', 4, 5],
    ['threads_running=1', 1, 2],
    ['Threads_connected=5', 4, 6],
  ])('MAX_LOAD=%s with %i workers, who count themselves', (MAX_LOAD, workers, own) => {
    const more = usage('OPTION_VALUE', new RegExp(`the ${own} of export itself`), new RegExp(`${own} more`));
    expect(() => exportLimits({ MAX_LOAD }, workers)).toThrow(more);
    const enough = MAX_LOAD.replace(/\d+/, String(own));
    expect(exportLimits({ MAX_LOAD: enough }, workers).status).toHaveLength(1);
  });

  test.each(['0', '-1', 'fast', '1.5', '1e99'])('%s for RATE and MAX_LAG', (text) => {
    for (const name of ['RATE', 'MAX_LAG']) {
      const wrong = usage('NUMBER_SYNTAX', new RegExp(`^${name}=`), /leave it out for no limit/);
      expect(() => exportLimits({ [name]: text }, 4)).toThrow(wrong);
    }
  });

  test('a RATE at which a worker waits for ever between two batches', () => {
    expect(() => exportLimits({ RATE: '100' }, 4)).toThrow(usage('OPTION_VALUE', /too slow/, /RATE=874/));
    expect(exportLimits({ RATE: '874' }, 4).rowsPerSecond).toBe(874);
  });
});
