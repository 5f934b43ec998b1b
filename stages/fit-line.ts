/** A part of a line; where there is no room for all, those of the lowest rank come first. */
export interface Part {
  readonly text: string;
  readonly rank: number;
}

const separator = ' · ';

/** Characters as they are counted on a screen; what is drawn here has none of double width. */
export const lengthOf = (text: string): number => [...text].length;

/** Cuts a line that is too long, and shows that it is cut. */
export function cut(line: string, width: number): string {
  return lengthOf(line) <= width ? line : `${[...line].slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** One line of at most `width` characters: parts that do not fit are left out, by their rank. Empty parts are none. */
export function fitParts(parts: readonly Part[], width: number): string {
  const byRank = parts.filter(({ text }) => text !== '').sort((a, b) => a.rank - b.rank);
  const chosen = new Set<Part>();
  const joined = (): string =>
    parts
      .filter((part) => chosen.has(part))
      .map(({ text }) => text)
      .join(separator);
  for (const part of byRank) {
    chosen.add(part);
    if (chosen.size > 1 && lengthOf(joined()) > width) chosen.delete(part);
  }
  return cut(joined(), width);
}

/** All parts, in as many lines of at most `width` characters as they take. Empty parts are none. */
export function flowParts(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts.filter((text) => text !== '')) {
    const last = lines.at(-1);
    const longer = last === undefined ? part : `${last}${separator}${part}`;
    if (last !== undefined && lengthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(cut(part, width));
  }
  return lines;
}
