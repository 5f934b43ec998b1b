import type { Readable } from '../src/core/readable.js';

/** Characters that a terminal draws twice as wide. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const zero = /\p{M}/u;
/** What would move the cursor, or is not seen at all. */
const hidden = /[\p{Cc}\p{Cf}\u2028\u2029\\]/gu;

const widthOf = (character: string): number => (wide.test(character) ? 2 : zero.test(character) ? 0 : 1);

/** Columns that a text takes on the screen. */
export const screenWidth = (text: string): number => [...text].reduce((sum, one) => sum + widthOf(one), 0);

/** A text in so many columns of the screen, its end cut off with `…` where it is longer. */
export function cut(text: string, columns: number): string {
  if (screenWidth(text) <= columns) return text;
  let [kept, width] = ['', 0];
  for (const character of text) {
    if (width + widthOf(character) > columns - 1) break;
    kept += character;
    width += widthOf(character);
  }
  return `${kept}…`;
}

const escaped = (text: string): string =>
  text.replace(hidden, (one) => {
    const code = one.codePointAt(0) ?? 0;
    if (one === '\\') return '\\\\';
    return { 9: '\\t', 10: '\\n', 13: '\\r' }[code] ?? `\\u${code.toString(16).padStart(4, '0')}`;
  });

/** A value in one line: NULL, '' where a text is empty, 'NULL' where it says so, bytes that are no text as 0x…, what cannot be seen escaped. */
export function readableText(value: Readable): string {
  if (value === null) return 'NULL';
  if (typeof value === 'string') return value === '' || value === 'NULL' ? `'${value}'` : escaped(value);
  if ('hex' in value) return `0x${value.hex}`;
  return `[${value.map(readableText).join(', ')}]`;
}

/** The values of several rows in one line, so much of it as a few columns of the screen may show. */
function line(values: readonly Readable[], most: number): string {
  // Of what may be megabytes.
  return values
    .slice(0, most)
    .map((value) => readableText(shortened(value, most)))
    .join(', ');
}

/** The values of several rows in one cell. */
export const cell = (values: readonly Readable[], columns: number): string => cut(line(values, columns * 2), columns);

/** Characters that are compared to find where two long values part. */
const comparedMax = 10_000;

/** Two cells whose values differ: where they begin alike for long, both are shown from shortly before they part. */
export function cells(one: readonly Readable[], two: readonly Readable[], columns: number): [string, string] {
  const [a, b] = [[...line(one, comparedMax)], [...line(two, comparedMax)]];
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  let begin = same;
  while (begin > 0 && screenWidth(a.slice(begin - 1, same).join('')) <= columns / 3) begin--;
  const isSeen = screenWidth(a.slice(0, same + 1).join('')) < columns - 1;
  const shown = (characters: readonly string[]): string =>
    cut(isSeen ? characters.join('') : `…${characters.slice(begin).join('')}`, columns);
  return [shown(a), shown(b)];
}

function shortened(value: Readable, most: number): Readable {
  if (typeof value === 'string') return value.length > most ? value.slice(0, most) : value;
  if (value === null) return value;
  return 'hex' in value ? { hex: value.hex.slice(0, most) } : value.slice(0, most).map((one) => shortened(one, most));
}
