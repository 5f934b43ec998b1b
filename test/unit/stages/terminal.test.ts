import { EventEmitter } from 'node:events';
import headless from '@xterm/headless';
import { describe, expect, test } from 'vitest';
import { exits, TransloadError } from '../../../src/core/errors.js';
import { terminalScreen } from '../../../stages/render.js';

const frameMs = 5;
const prompt = '$ make export\n';

/** A terminal that exists: what is written is what a person would see. */
class Emulator extends EventEmitter {
  readonly #terminal: InstanceType<typeof headless.Terminal>;
  /** Everything that was ever written. */
  written = '';

  constructor(columns: number, rows: number) {
    super();
    this.#terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
    this.write(prompt);
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  write(text: string): void {
    this.written += text;
    this.#terminal.write(text);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.emit('resize');
  }

  /** All that was written has been taken in. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.#terminal.write('', resolve));
  }

  /** The lines of the screen and of what has scrolled out of it, without empty ones at the end. */
  async text(): Promise<string[]> {
    await this.settled();
    const { active } = this.#terminal.buffer;
    const lines = Array.from({ length: active.length }, (_, at) => active.getLine(at)?.translateToString(true) ?? '');
    return lines.join('\n').trimEnd().split('\n');
  }

  /** How many lines are the rest of one that was too long. */
  async wrapped(): Promise<number> {
    await this.settled();
    const { active } = this.#terminal.buffer;
    return Array.from({ length: active.length }, (_, at) => active.getLine(at)).filter((line) => line?.isWrapped)
      .length;
  }
}

const frames = (count = 3): Promise<void> => new Promise((resolve) => setTimeout(resolve, count * frameMs + 20));
const lost = new TransloadError(exits.unreachable, 'SOURCE_LOST', 'read ECONNRESET', 'run it again');
const units = Array.from({ length: 6 }, (_, at) => `${at * 100 + 1}-${at * 100 + 100}`);

type Shown = ReturnType<typeof terminalScreen>;

function begin(screen: Shown, running: readonly string[] = units.slice(0, 3)): void {
  screen.show({ event: 'stage', stage: 'export', units: units.length, alreadyDone: 0, rows: 600, note: '' });
  for (const unit of running) {
    screen.show({ event: 'unit-start', stage: 'export', unit, rows: 100 });
    screen.show({ event: 'unit-progress', stage: 'export', unit, rows: 50, bytes: 5000, phase: 'encodings' });
  }
}

function finish(screen: Shown, done: readonly string[]): void {
  for (const unit of done) {
    screen.show({ event: 'unit-start', stage: 'export', unit, rows: 100 });
    screen.show({ event: 'unit-done', stage: 'export', unit, rows: 100, bytes: 10_000, seconds: 1 });
  }
}

const lastLine = /^✔ export 6 of 6 · 100% · 600 rows · 60 kB · [\d,]+ rows\/s · [\d.]+m?s$/;

describe.each([
  [80, 24],
  [40, 24],
  [40, 6],
])('a terminal of %d × %d', (columns, rows) => {
  test('of all frames only the last line stays; no line is broken, none is lost', async () => {
    const terminal = new Emulator(columns, rows);
    const screen = terminalScreen(terminal, frameMs);
    screen.show({ event: 'text', text: 'before' });
    await frames();
    begin(screen);
    for (const unit of units.slice(0, 3)) {
      for (const done of [60, 70, 80, 90]) {
        screen.show({ event: 'unit-progress', stage: 'export', unit, rows: done, bytes: done * 100 });
        await frames(1);
      }
    }
    const during = await terminal.text();
    expect(during.slice(0, 2)).toEqual(['$ make export', 'before']);
    expect(during.find((line) => line.startsWith('❯ export 0 of 6'))).toBeDefined();
    screen.show({ event: 'warning', text: 'a warning' });
    await frames();
    // It comes at the end: a line in the midst of the frame would break it.
    expect((await terminal.text()).join()).not.toContain('a warning');
    finish(screen, units);
    screen.show({ event: 'stage-done', stage: 'export', seconds: 1, text: 'the end' });
    await screen.close();
    const [first, second, ...rest] = await terminal.text();
    expect([first, second]).toEqual(['$ make export', 'before']);
    if (columns === 80)
      expect(rest).toEqual([expect.stringMatching(lastLine), 'warning: a warning', 'export: the end']);
    else expect(rest.slice(-2)).toEqual(['warning: a warning', 'export: the end']);
    expect(rest.filter((line) => line.startsWith('❯'))).toEqual([]);
    expect(await terminal.wrapped()).toBe(0);
  });
});

test('what came often stands there once, with how often; retries by their cause', async () => {
  const terminal = new Emulator(80, 24);
  const screen = terminalScreen(terminal, frameMs);
  begin(screen);
  for (let attempt = 1; attempt <= 3; attempt++) {
    screen.show({ event: 'note', text: 'the same' });
    screen.show({ event: 'unit-retry', stage: 'export', unit: units[attempt - 1] ?? '', attempt: 1, error: lost });
  }
  screen.show({ event: 'unit-failed', stage: 'export', unit: '1-100', error: lost });
  screen.show({ event: 'stage-done', stage: 'export', seconds: 1, text: 'the end' });
  await screen.close();
  const lines = await terminal.text();
  expect(lines[1]).toMatch(/^✖ export 0 of 6 · 0% .* 1 FAILED · 3 tried again/);
  expect(lines.slice(-6)).toEqual([
    '  1-100: read ECONNRESET; tried again, and so 3 times in all',
    '  the same (3 times)',
    'error: cannot export 1-100: read ECONNRESET',
    '  hint: run it again',
    '  code: SOURCE_LOST',
    'export: the end',
  ]);
});

test('interrupted, the screen ends whole: the last state, what was kept, the cursor', async () => {
  const terminal = new Emulator(80, 24);
  const screen = terminalScreen(terminal, frameMs);
  begin(screen);
  screen.show({ event: 'warning', text: 'a warning' });
  screen.show({ event: 'stopping', text: 'stopping: a moment' });
  await frames();
  expect((await terminal.text()).join('\n')).toContain('stopping: a moment');
  await screen.close();
  const lines = await terminal.text();
  expect(lines).toEqual(['$ make export', expect.stringMatching(/^✖ export 0 of 6/), 'warning: a warning']);
  expect(terminal.written.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.written.lastIndexOf('\u001b[?25l'));
});

test.each([
  [80, 40],
  [80, 30],
  [40, 80],
])('made %d columns and then %d in the midst of it, it leaves nothing behind', async (from, to) => {
  const terminal = new Emulator(from, 24);
  const screen = terminalScreen(terminal, frameMs);
  begin(screen);
  await frames();
  await terminal.settled();
  terminal.resize(to, 24);
  await frames();
  expect((await terminal.text()).filter((line) => line.includes('export 0 of 6'))).toHaveLength(1);
  finish(screen, units);
  screen.show({ event: 'stage-done', stage: 'export', seconds: 1, text: 'the end' });
  await screen.close();
  const lines = await terminal.text();
  expect(lines[0]).toBe('$ make export');
  expect(lines.filter((line) => /^❯|·.*encodings|left/.test(line))).toEqual([]);
  expect(lines.at(-1)).toBe('export: the end');
});

test('one stage after the other has its own last line', async () => {
  const terminal = new Emulator(80, 24);
  const screen = terminalScreen(terminal, frameMs);
  for (const text of ['one', 'two']) {
    begin(screen);
    finish(screen, units);
    screen.show({ event: 'stage-done', stage: 'export', seconds: 1, text });
    screen.show({ event: 'text', text: `after ${text}` });
  }
  await screen.close();
  expect((await terminal.text()).slice(1)).toEqual([
    ...[expect.stringMatching(lastLine), 'export: one', 'after one'],
    ...[expect.stringMatching(lastLine), 'export: two', 'after two'],
  ]);
});

test('a frame is shown at once where the terminal can, and only when it is another one', async () => {
  const terminal = new Emulator(80, 24);
  const screen = terminalScreen(terminal, frameMs);
  begin(screen);
  await frames();
  await screen.close();
  const opened = terminal.written.split('\u001b[?2026h').length;
  expect(opened).toBeGreaterThan(1);
  expect(terminal.written.split('\u001b[?2026l').length).toBe(opened);
});
