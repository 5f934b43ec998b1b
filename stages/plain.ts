import Table from 'cli-table3';
import type { Event } from '../src/core/events.js';
import { fitTable } from './fit-table.js';
import { Progress } from './progress.js';
import { bytes, count, duration, firstLine, pauseText, resumeText, unitErrorLines } from './sentences.js';

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
    default:
      return undefined;
  }
}

function tableText({ title, head, rows, width }: Event & { event: 'table' }): string {
  const border = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
  };
  const inner = { left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' };
  const table = new Table({
    head: [...head],
    chars: { ...border, ...inner },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...(width === undefined ? rows.map((row) => [...row]) : fitTable(head, rows, width)));
  return `${title === '' ? '' : `${title}\n`}${table.toString().replace(/[ \t]+$/gm, '')}`;
}

const everyMs = 10_000;

/** Plain lines, for a pipe or a log: one a finished unit, and the whole stage every ten seconds. */
export function plainScreen(write: Write, aside: Write = write): Screen {
  let progress: Progress | undefined;
  let lastMs = 0;
  return {
    show(event) {
      const now = performance.now();
      if (event.event === 'stage') {
        progress = new Progress(event, now);
        lastMs = now;
      }
      progress?.add(event, now);
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
      if (progress && event.event === 'unit-progress' && now - lastMs > everyMs) {
        lastMs = now;
        write(`  ${progress.headline(now)}\n`);
      }
      if (event.event === 'stage-done') progress = undefined;
    },
    close: async () => undefined,
  };
}

/** One JSON object an event, a line each. */
export function jsonScreen(write: Write): Screen {
  return {
    show(event) {
      const plain = event.event === 'unit-failed' ? { ...event, error: errorFields(event.error) } : event;
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
