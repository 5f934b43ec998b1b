/** Text that is HTML already: made by `html` below or by the plotting library, and by nothing else. */
export class Markup {
  constructor(readonly text: string) {}
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * A text as it may be shown: characters that turn the writing direction round stand there by their numbers, since they
 * could make a line read as another one; other control characters become a mark.
 */
export function visible(text: string): string {
  return text
    .replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, (found) => `[U+${codeOf(found)}]`)
    .replace(/(?![\t\n])[\p{Cc}\ud800-\udfff]/gu, '\ufffd');
}

/** Escapes a text for an element's content or a quoted attribute. */
function escapeText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (found) => entities[found] ?? '');
}

const codeOf = (found: string): string => (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');

export type Piece = Markup | string | number | readonly Piece[];

function written(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map(written).join('');
  return escapeText(String(piece));
}

/** A template of HTML: whatever is put into it is escaped, but for Markup. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(parts.map((part, at) => part + written(pieces[at] ?? '')).join(''));
}

export const nothing = new Markup('');

export interface Cell {
  readonly content: Piece;
  /** A figure: set to the right. */
  readonly figure?: boolean;
}

/** A figure of a table's row. */
export const figure = (content: Piece): Cell => ({ content, figure: true });

/** Words that stay on one line, such as a time. */
export const keep = (content: Piece): Markup => html`<span class="keep">${content}</span>`;

const isCell = (cell: Cell | Piece): cell is Cell => typeof cell === 'object' && 'content' in cell;

/**
 * A table in a box of its own, which scrolls sideways where it is too wide: the page does not. The first cell of a row
 * is its heading. `said` shows the caption, which is for assistive technology alone where a heading says the same.
 */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly (Cell | Piece)[])[],
  said: 'shown' | 'unseen' = 'unseen',
): Markup {
  const first = rows[0] ?? [];
  const isFigure = (at: number): boolean => {
    const cell = first[at];
    return cell !== undefined && isCell(cell) && cell.figure === true;
  };
  const name = (text: string, at: number): Markup =>
    isFigure(at) ? html`<th scope="col" class="figure">${text}</th>` : html`<th scope="col">${text}</th>`;
  const line = (row: readonly (Cell | Piece)[]): Markup =>
    html`<tr>${row.map((cell, at) => {
      const { content, figure: right = false } = isCell(cell) ? cell : { content: cell };
      if (at === 0) return html`<th scope="row">${content}</th>`;
      return right ? html`<td class="figure">${content}</td>` : html`<td>${content}</td>`;
    })}</tr>\n`;
  return html`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table><caption class="${said}">${caption}</caption>
${head.every((text) => text === '') ? nothing : html`<thead><tr>${head.map(name)}</tr></thead>\n`}<tbody>
${rows.map(line)}</tbody></table></div>`;
}

/** A picture with its words below it and its figures behind a line that opens. */
export function pictureOf(pictures: Piece, words: Piece, behind: Piece): Markup {
  return html`<figure>${pictures}<figcaption>${words}</figcaption></figure>
<details><summary>The same as a table</summary>${behind}</details>`;
}
