import { Listr, type ListrTaskWrapper } from 'listr2';
import type { Event } from '../src/core/events.js';
import { type Screen, textOf, type Write } from './plain.js';
import { Progress } from './progress.js';

const frameMs = 150;
const unitLinesMax = 12;

/** The terminal's screen: a headline for the stage and a line for each running unit, redrawn in place by listr2. */
export function terminalScreen(write: Write, columns: () => number): Screen {
  let active: { progress: Progress; finish: () => void; ended: Promise<unknown> } | undefined;
  let waiting: string[] = [];
  let tail: Promise<unknown> = Promise.resolve();

  const flush = (): void => {
    for (const text of waiting) write(`${text}\n`);
    waiting = [];
  };
  // listr2 puts its own marks before a line: a line that reaches the edge would wrap.
  const fitted = (line: string): string => {
    const width = columns() - 6;
    return line.length > width ? `${line.slice(0, Math.max(10, width - 1))}…` : line;
  };

  const begin = (event: Event & { event: 'stage' }): void => {
    const progress = new Progress(event, performance.now());
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const draw = (task: ListrTaskWrapper<unknown, never, never>): void => {
      const now = performance.now();
      const lines = progress.unitLines(now);
      const more = lines.length > unitLinesMax ? [`and ${lines.length - unitLinesMax} more`] : [];
      const shown = [...lines.slice(0, unitLinesMax), ...more].map((line) => `  ${line}`);
      // All in the title: an output bar would keep the lines of every frame.
      task.title = [progress.headline(now), ...shown].map(fitted).join('\n');
    };
    const listr = new Listr(
      [
        {
          title: progress.stage,
          task: async (_, task) => {
            const timer = setInterval(() => draw(task as never), frameMs);
            await finished;
            clearInterval(timer);
            task.title = fitted(progress.headline(performance.now()));
          },
        },
      ],
      { registerSignalListeners: false, exitOnError: false },
    );
    active = { progress, finish, ended: listr.run().catch(() => undefined) };
  };

  return {
    show(event) {
      if (event.event === 'stage') begin(event);
      active?.progress.add(event, performance.now());
      const text = textOf(event);
      if (text !== undefined) waiting.push(text);
      if (active && event.event === 'stage-done') {
        const { finish, ended } = active;
        active = undefined;
        finish();
        tail = ended.then(flush);
      } else if (!active) tail = tail.then(flush);
    },
    async close() {
      active?.finish();
      await active?.ended;
      await tail;
      flush();
    },
  };
}
