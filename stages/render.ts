import { DefaultRenderer, Listr, ListrLogger, type ListrTaskWrapper, ProcessOutput } from 'listr2';
import { Collected } from './collected.js';
import { lengthOf } from './fit-line.js';
import type { Screen } from './plain.js';
import { Progress } from './progress.js';

/** The terminal that is drawn on; process.stdout is one. */
export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
  on(event: 'resize', heard: () => void): unknown;
  off(event: 'resize', heard: () => void): unknown;
}

const frameMs = 500;
/** listr2 puts a mark of two characters before a line, and wraps at two less than the terminal has. */
const marks = 4;
const control = '\u001b[';
/** A terminal that knows it shows what stands between the two at once: no frame is seen half drawn. Others pass it over. */
const together = (text: string): string => `${control}?2026h${text}${control}?2026l`;
const showCursor = `${control}?25h`;

/** Whoever calls has looked whether it is a terminal. */
class Renderer extends DefaultRenderer {
  static override readonly nonTTY = true as boolean as false;
}

interface Drawing {
  readonly progress: Progress;
  /** Draws the last state, and keeps it on the screen. */
  end(isWhole: boolean): Promise<void>;
}

/**
 * A terminal's screen: while a stage runs, a headline for it and a line for each running unit, redrawn in place by
 * listr2; what else is to be said comes at its end, each text once.
 */
export function terminalScreen(terminal: Terminal, frameEveryMs = frameMs): Screen {
  const collected = new Collected();
  let drawing: Drawing | undefined;
  let hasFailed = false;
  let tail: Promise<unknown> = Promise.resolve();
  /** Says what was kept up to now, when all that was begun to be drawn before is done. */
  const flush = (after: Promise<unknown>): void => {
    const texts = collected.take();
    tail = after.then(() => {
      for (const text of texts) terminal.write(`${text}\n`);
    });
  };
  const end = (isWhole: boolean): Promise<void> => {
    const ended = drawing?.end(isWhole) ?? Promise.resolve();
    drawing = undefined;
    return ended;
  };

  return {
    show(event) {
      if (event.event === 'stage') {
        const before = tail;
        drawing = draw(terminal, new Progress(event, performance.now()), frameEveryMs, before);
        hasFailed = false;
      }
      if (event.event === 'unit-failed') hasFailed = true;
      drawing?.progress.add(event, performance.now());
      collected.add(event);
      if (drawing && event.event === 'stage-done') flush(end(!hasFailed));
      else if (!drawing) flush(tail);
    },
    async close() {
      // A stage that did not say its end was broken off.
      const ended = end(false);
      flush(Promise.all([tail, ended]));
      await tail;
    },
  };
}

function draw(terminal: Terminal, progress: Progress, everyMs: number, before: Promise<unknown>): Drawing {
  let frame: string[] = [];
  let finish: (isWhole: boolean) => void = () => undefined;
  const finished = new Promise<boolean>((resolve) => {
    finish = resolve;
  });
  const width = (): number => Math.max(10, (terminal.columns || 80) - marks);
  // The frame and the line below it, where the cursor is: a frame that is higher than the terminal cannot be drawn over.
  const height = (): number => Math.max(1, (terminal.rows || 24) - 2);
  const show = (task: ListrTaskWrapper<unknown, never, never>, lines: string[]): void => {
    frame = lines;
    // All in the title: an output bar would keep the lines of every frame.
    task.title = lines.join('\n');
  };

  const run = async (task: ListrTaskWrapper<unknown, never, never>): Promise<void> => {
    const redraw = (): void => show(task, progress.frame(performance.now(), width(), height()));
    const resized = (): void => {
      // The terminal broke the lines of the frame anew: where they begin now is told by their lengths alone.
      const rows = frame.reduce(
        (sum, line) => sum + Math.max(1, Math.ceil((lengthOf(line) + 2) / terminal.columns)),
        0,
      );
      if (rows > frame.length) terminal.write(`${control}${rows}F${control}J${'\n'.repeat(frame.length)}`);
      redraw();
    };
    // After Ctrl-C twice the process ends where it is: the cursor that listr2 hides comes back.
    const left = (): void => void terminal.write(showCursor);
    const timer = setInterval(redraw, everyMs);
    terminal.on('resize', resized);
    process.on('exit', left);
    redraw();
    const isWhole = await finished;
    clearInterval(timer);
    terminal.off('resize', resized);
    process.off('exit', left);
    show(task, progress.lastLines(performance.now(), width()));
    if (!isWhole) throw new Error('the stage was not done whole');
  };

  // listr2 looks at a stream's size once: the lines are fitted here, and it is to break none.
  const stream = {
    ...{ columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY, isTTY: true },
    write: (text: string) => terminal.write(together(text)),
  };
  const processOutput = new ProcessOutput(stream as unknown as NodeJS.WriteStream, process.stderr);
  const listr = new Listr([{ title: progress.stage, task: (_, task) => run(task as never) }], {
    ...{ registerSignalListeners: false, exitOnError: false, renderer: Renderer },
    rendererOptions: {
      ...{ lazy: true, formatOutput: 'truncate', collapseErrors: false, showErrorMessage: false },
      logger: new ListrLogger({ useIcons: true, toStderr: [], processOutput }),
    },
  });
  const ended = before.then(() => listr.run()).catch(() => undefined);
  return {
    progress,
    async end(isWhole) {
      finish(isWhole);
      await ended;
    },
  };
}
