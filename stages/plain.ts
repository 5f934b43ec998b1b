import type { Event } from '../src/core/events.js';
import { Progress } from './progress.js';
import { bytes, count, duration, firstLine, pauseText, resumeText, retryText, unitErrorLines } from './sentences.js';
import { statusText } from './status-text.js';
import { tableText } from './table-text.js';

/** Draws events: everything that a person sees goes through one of these. */
export interface Screen {
  show(event: Event): void;
  /** Ends the drawing; nothing may be shown afterwards. */
  close(): Promise<void>;
}

export type Write = (text: string) => void;

/** The text of an event that is not progress, or undefined. */
export function textOf(event: Event): string | undefined {
  switch (event.event) {
    case 'run':
      return firstLine(event);
    case 'note':
      return `  ${event.text}`;
    case 'warning':
      return `warning: ${event.text}`;
    case 'text':
      return event.text;
    case 'table':
      return tableText(event);
    case 'stage-done':
      return `${event.stage}: ${event.text}`;
    case 'unit-failed':
      return unitErrorLines(event);
    case 'unit-retry':
      return retryText(event);
    case 'stopping':
      return `  ${event.text}`;
    case 'status':
      return statusText(event);
    default:
      return undefined;
  }
}

/** How often a log says how far the stage is: in its first minutes, and later. */
const everyMs = { first: 10_000, later: 60_000 };
const firstMs = 600_000;
const lookMs = 1000;

/** Plain lines, for a pipe or a log: one a finished unit, and the whole stage every ten seconds, later every minute. */
export function plainScreen(write: Write, aside: Write = write): Screen {
  let stage: { readonly progress: Progress; readonly begin: number; last: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  // A stage whose units say nothing for long is told of all the same.
  const look = (): void => {
    const now = performance.now();
    if (stage === undefined) return;
    if (now - stage.last < (now - stage.begin < firstMs ? everyMs.first : everyMs.later)) return;
    stage.last = now;
    write(`  ${stage.progress.headline(now)}\n`);
  };
  const end = (): void => {
    clearInterval(timer);
    stage = undefined;
  };
  return {
    show(event) {
      const now = performance.now();
      if (event.event === 'stage') {
        end();
        stage = { progress: new Progress(event, now), begin: now, last: now };
        timer = setInterval(look, lookMs).unref();
      }
      stage?.progress.add(event, now);
      const text = textOf(event);
      // Whoever pipes a query's answer wants the answer alone.
      const to = event.event === 'run' && event.stage === 'query' ? aside : write;
      if (text !== undefined) to(`${text}\n`);
      if (event.event === 'pause') write(`  ${pauseText(event.reason)}\n`);
      if (event.event === 'resume') write(`  ${resumeText}\n`);
      if (event.event === 'unit-done') {
        write(
          `  ${event.stage} ${event.unit}: ${count(event.rows)} rows, ${bytes(event.bytes)}, ${duration(event.seconds)}\n`,
        );
      }
      if (event.event === 'stage-done') end();
    },
    close: async () => end(),
  };
}

/** One JSON object an event, a line each. */
export function jsonScreen(write: Write): Screen {
  return {
    show(event) {
      const plain = 'error' in event ? { ...event, error: errorFields(event.error) } : event;
      write(`${JSON.stringify(plain)}\n`);
    },
    close: async () => undefined,
  };
}

/** What JSON says of an error. */
export function errorFields(error: {
  message: string;
  hint: string;
  code: string;
  exit: number;
}): Record<string, unknown> {
  return { message: error.message, hint: error.hint, code: error.code, exit: error.exit };
}
