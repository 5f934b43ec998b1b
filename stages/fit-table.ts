import { lengthOf } from './fit-line.js';

/** Columns are drawn so far apart. */
const gap = 2;
/** No column is made narrower than this. */
const leastWidth = 8;
/** Lines that a cell may take: the list of an Enum's labels has no end. The last column is said in full. */
const linesMax = 4;

/**
 * Breaks a table's cells into lines so that the table is at most `width` characters wide. The widest columns give way
 * first; lines break behind blanks, commas and opening brackets where they can. What is longer than four lines is cut,
 * but in the last column.
 */
export function fitTable(head: readonly string[], rows: readonly (readonly string[])[], width: number): string[][] {
  const natural = head.map((cell, at) => Math.max(...[cell, ...rows.map((row) => row[at] ?? '')].map(lengthOf)));
  const widths = shrunk(natural, width - gap * (head.length - 1));
  return rows.map((row) =>
    row.map((cell, at) => {
      const lines = broken(cell, widths[at] ?? width);
      const isLast = at === row.length - 1;
      if (isLast || lines.length <= linesMax) return lines.join('\n');
      const shown = lines.slice(0, linesMax);
      shown[linesMax - 1] = `${[...(shown[linesMax - 1] ?? '')].slice(0, (widths[at] ?? width) - 1).join('')}…`;
      return shown.join('\n');
    }),
  );
}

/** Takes from the widest until the sum fits. */
function shrunk(natural: readonly number[], total: number): number[] {
  const widths = [...natural];
  while (widths.reduce((sum, one) => sum + one, 0) > total) {
    const widest = Math.max(...widths);
    if (widest <= leastWidth) break;
    widths[widths.lastIndexOf(widest)] = widest - 1;
  }
  return widths;
}

function broken(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const piece of text.match(/[^\s,(]*[\s,(]*/g) ?? []) {
    if (lengthOf((line + piece).trimEnd()) > width && line !== '') {
      lines.push(line.trimEnd());
      line = '';
    }
    let rest = [...piece];
    while (rest.length > width && lengthOf(rest.join('').trimEnd()) > width) {
      lines.push(rest.slice(0, width).join(''));
      rest = rest.slice(width);
    }
    line += rest.join('');
  }
  return [...lines, line.trimEnd()];
}
