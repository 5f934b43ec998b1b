import Table from 'cli-table3';
import { fitTable } from './fit-table.js';

export interface TableText {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Greatest width of a drawn line; longer cells are broken. */
  readonly width?: number;
  /** Columns that hold figures, which stand under each other. */
  readonly figures?: readonly number[];
}

/** A table without borders, as it is drawn everywhere. */
export function tableText({ title, head, rows, width, figures = [] }: TableText): string {
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
    colAligns: head.map((_, at) => (figures.includes(at) ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(...(width === undefined ? rows.map((row) => [...row]) : fitTable(head, rows, width)));
  return `${title === '' ? '' : `${title}\n`}${table.toString().replace(/[ \t]+$/gm, '')}`;
}
