import { describe, expect, test } from 'vitest';
import { exits, TransloadError } from '../../../src/core/errors.js';
import type { Event, StageName } from '../../../src/core/events.js';
import { lengthOf } from '../../../stages/fit-line.js';
import { Progress } from '../../../stages/progress.js';

const second = 1000;
const minute = 60 * second;
const lost = new TransloadError(exits.unreachable, 'SOURCE_LOST', 'read ECONNRESET', 'again');

/** A stage that is told of by the clock of the test. */
class Told {
  readonly progress: Progress;
  readonly #stage: StageName;

  constructor(units: number, rows: number, alreadyDone = 0, stage: StageName = 'export') {
    this.#stage = stage;
    this.progress = new Progress({ event: 'stage', stage, units, alreadyDone, rows, note: '' }, 0);
  }

  begin(ms: number, unit: string, rows: number, bytes?: number): this {
    const more = bytes === undefined ? {} : { bytes };
    return this.add(ms, { event: 'unit-start', stage: this.#stage, unit, rows, ...more });
  }

  at(ms: number, unit: string, rows: number, bytes: number, phase?: string): this {
    const more = phase === undefined ? {} : { phase };
    return this.add(ms, { event: 'unit-progress', stage: this.#stage, unit, rows, bytes, ...more });
  }

  done(ms: number, unit: string, rows: number, bytes: number): this {
    return this.add(ms, { event: 'unit-done', stage: this.#stage, unit, rows, bytes, seconds: 1 });
  }

  add(ms: number, event: Event): this {
    this.progress.add(event, ms);
    return this;
  }
}

describe('the time left', () => {
  /** A row a millisecond for ten minutes, then ten times slower. */
  const slowedDown = (until: number): Told => {
    const told = new Told(1, 2_000_000).begin(0, '1-2000000', 2_000_000);
    const turn = 10 * minute;
    for (let ms = second; ms <= until; ms += second) {
      told.at(ms, '1-2000000', Math.min(ms, turn) + Math.max(0, ms - turn) / 10, ms * 10);
    }
    return told;
  };

  test('is taken from the last minute, not from the average since the begin', () => {
    const line = slowedDown(12 * minute).progress.headline(12 * minute);
    expect(line).toContain(' 100 rows/s');
    // 1,388,000 rows at 100 a second: 231 minutes and 20 seconds.
    expect(line).toContain("3h 52m left at this minute's rate");
  });

  test('right after the turn the minute holds some of both', () => {
    const line = slowedDown(10.5 * minute).progress.headline(10.5 * minute);
    expect(line).toContain(' 550 rows/s');
  });

  test('of a stage that is younger than a minute is by the rate so far, and of none at its begin', () => {
    const told = slowedDown(20 * second);
    expect(told.progress.headline(20 * second)).toContain('33m left at the rate so far');
    expect(slowedDown(2 * second).progress.headline(2 * second)).not.toContain('left');
  });

  test('is not told when nothing moves for a minute; that is told', () => {
    const told = slowedDown(20 * second);
    expect(told.progress.headline(70 * second)).toContain('left');
    const line = told.progress.headline(85 * second);
    expect(line).toContain('nothing moved for 1m 5s');
    expect(line).not.toContain('left');
  });

  test('comes back with the first rows after a silence, by what came in the last minute', () => {
    const told = slowedDown(20 * second).at(200 * second, '1-2000000', 23_000, 0);
    expect(told.progress.headline(200 * second)).toContain(' 50 rows/s');
  });

  test('is by units where rows are not known', () => {
    const told = new Told(4, 0, 0, 'ship')
      .begin(0, 'a', 0)
      .done(10 * second, 'a', 50, 500)
      .begin(10 * second, 'b', 0);
    expect(told.progress.headline(10 * second)).toContain('25% · 50 rows · 500 B · 30s left by units done · 5 rows/s');
  });

  test('is the average of units that tell of themselves at their end alone', () => {
    const told = new Told(4, 4000, 0, 'join').begin(0, 'a', 1000).at(60 * second, 'a', 900, 0, 'checking');
    told.done(100 * second, 'a', 900, 9000).begin(100 * second, 'b', 1000);
    // Three quarters at 400 seconds the whole, of which 30 are over.
    expect(told.progress.headline(130 * second)).toContain(
      '25% · 900 rows · 9 kB · 4m 30s left at the rate so far · 9 rows/s',
    );
    // The second takes twice as long: at the rate that it has at best.
    expect(told.progress.headline(300 * second)).toContain(
      '25% · 900 rows · 9 kB · 6m 40s left at the rate so far · 5 rows/s',
    );
  });

  test('of many such units is that of the last ones', () => {
    const told = new Told(100, 100_000, 0, 'join');
    const ends = [...Array.from({ length: 10 }, (_, at) => at * 10 + 10), 200, 300, 400, 500];
    for (const [at, end] of ends.entries()) {
      const begun = ends[at - 1] ?? 0;
      told.begin(begun * second, `${at}`, 1000).done(end * second, `${at}`, 1000, 0);
    }
    // 86 units at 100 seconds each.
    expect(told.progress.headline(500 * second)).toContain(
      '14% · 14,000 rows · 2h 24m left at the rate of the last ones · 10 rows/s',
    );
  });

  test('counts what failed neither as done nor as left', () => {
    const told = new Told(3, 3000).begin(0, 'a', 1000).begin(0, 'b', 1000);
    told.done(10 * second, 'a', 1000, 0);
    told.add(10 * second, { event: 'unit-failed', stage: 'export', unit: 'b', error: lost });
    expect(told.progress.headline(10 * second)).toMatch(/^export 1 of 3 · 50% · .* · 1 FAILED · 10s left/);
  });

  test('is never 100% before all is done, however wrong the estimate was', () => {
    const told = new Told(1, 100).begin(0, 'a', 100).at(second, 'a', 500, 0);
    expect(told.progress.headline(second)).toContain(' 99% ');
    expect(told.done(2 * second, 'a', 500, 0).progress.headline(2 * second)).toContain(' 100% ');
  });
});

describe('a load', () => {
  test('shows the bytes that were sent, and does not take them for done: the server begins when it has all', () => {
    const told = new Told(2, 2000, 0, 'load').begin(0, '1-1000', 1000, 1_000_000);
    for (let ms = second; ms <= 5 * second; ms += second) told.at(ms, '1-1000', 0, ms * 100, 'inserting');
    expect(told.progress.frame(5 * second, 76, 20)).toEqual([
      'load 0 of 2 · 0% · 500 kB',
      '  1-1000 · inserting · 500 kB of 1 MB · for 5s',
    ]);
    told.at(90 * second, '1-1000', 0, 1_000_000, 'the server is at it');
    expect(told.progress.frame(100 * second, 76, 20)).toEqual([
      'load 0 of 2 · 0% · 1 MB',
      '  1-1000 · the server is at it · 1 MB · for 1m 40s',
    ]);
    told.done(100 * second, '1-1000', 1000, 1_000_000);
    expect(told.progress.headline(100 * second)).toContain('50% · 1,000 rows · 1 MB · 1m 40s left at the rate so far');
  });
});

describe('attempts', () => {
  test('one that begins anew counts its rows anew; it is said, and how often', () => {
    const told = new Told(2, 200).begin(0, '1-100', 100).at(500, '1-100', 90, 900);
    told.add(600, { event: 'unit-retry', stage: 'export', unit: '1-100', attempt: 1, error: lost });
    expect(told.progress.frame(700, 76, 20).at(-1)).toBe('  1-100 · is tried again soon · for 1s');
    told.begin(2000, '1-100', 100);
    expect(told.progress.frame(3000, 76, 20)).toEqual([
      'export 0 of 2 · 0% · 1 tried again',
      '  1-100 · attempt 2 · for 1s',
    ]);
  });

  test('a pause stands in the headline, in place of a time left', () => {
    const told = new Told(2, 200).begin(0, '1-100', 100).at(500, '1-100', 30, 900).at(800, '1-100', 50, 900);
    told.add(4000, { event: 'pause', reason: 'Threads_running is 31, above 25' });
    expect(told.progress.frame(10_000, 76, 20)[1]).toBe('PAUSED for 6s: Threads_running is 31, above 25');
    expect(told.add(11_000, { event: 'resume' }).progress.headline(11_000)).toContain('left');
  });

  test('an interruption stands there too', () => {
    const told = new Told(2, 200).begin(0, '1-100', 100).add(500, { event: 'stopping', text: 'stopping: a moment' });
    expect(told.progress.frame(600, 76, 20)[1]).toBe('stopping: a moment');
  });
});

describe.each([80, 40, 20])('a terminal of %d columns', (columns) => {
  const width = columns - 4;
  const whole = (units: number): Told => {
    const told = new Told(1302, 600_000_000, 12_345);
    for (let index = 0; index < 700; index++) {
      told.begin(index * second, 'x', 500_000).done(index * second + 900, 'x', 499_123, 12_345_678);
    }
    for (let index = 0; index < units; index++) {
      const unit = `${129_900_001 + index}-${130_000_000 + index}`;
      told.begin(700 * second, unit, 500_000).at(701 * second, unit, 100, 1, 'imagesbodyposes3d512');
      told.at(702 * second, unit, 123_456, 12_345_678, 'imagesbodyposes3d512');
    }
    for (const text of ['a', 'b']) told.add(703 * second, { event: 'warning', text });
    told.add(703 * second, {
      ...{ event: 'resources', seconds: 1, cpuPercent: 187, cpuSeconds: 1 },
      ...{ rssBytes: 1.2e9, rssBytesMax: 2e9 },
    });
    return told;
  };

  test('no line is longer, and the headline loses nothing', () => {
    const frame = whole(4).progress.frame(703 * second, width, 30);
    for (const line of frame) expect(lengthOf(line), line).toBeLessThanOrEqual(width);
    const text = frame.join(' · ');
    if (columns === 20) return;
    for (const part of ['export 700 of 1,302', '349,879,924 rows', '8.6 GB', '2 notes (at the end)']) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/left at this minute's rate/);
    for (const index of [0, 1, 2, 3]) expect(text).toContain(`  ${129_900_001 + index}-${130_000_000 + index}`);
  });

  test('what the process takes is said only where it costs no line', () => {
    const [with80, without] = [whole(1), new Told(1302, 600_000_000)];
    const frame = with80.progress.frame(703 * second, width, 30);
    expect(frame.some((line) => line.includes('CPU 187%, 1.2 GB memory'))).toBe(columns === 80);
    expect(without.progress.frame(second, width, 30).join()).not.toContain('CPU');
  });

  test.each([1, 4, 8, 30])('the frame is not higher than %d lines; what is left out is counted', (height) => {
    const frame = whole(40).progress.frame(703 * second, width, height);
    expect(frame.length).toBeLessThanOrEqual(height);
    if (height === 30) expect(frame.at(-1)).toBe('  and 29 more');
  });
});

test('a log says in one line how far it is, and at what', () => {
  const told = new Told(3, 3000, 0, 'join').begin(0, '1-1000', 1000).at(100, '1-1000', 0, 0, 'joining');
  expect(told.progress.headline(5000)).toBe('join 0 of 3 · 0% · 1-1000 joining');
});

test('the last line has the rate of the whole stage', () => {
  const told = new Told(1, 100).begin(0, 'a', 100).done(100 * second, 'a', 1000, 5000);
  expect(told.progress.lastLines(100 * second, 76)).toEqual([
    'export 1 of 1 · 100% · 1,000 rows · 5 kB · 10 rows/s · 1m 40s',
  ]);
});
