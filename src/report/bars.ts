import { draw, rects, roomFor, widths, words } from './draw.js';
import { shortened } from './figures.js';
import type { Markup } from './html.js';

/** A bar with its name before it and its figure behind it. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly text: string;
  readonly fill: string;
}

const nameMost = 20;
const rowHeight = 18;

/**
 * Bars below each other, as wide as a phone; `most` is the value of the longest one that could be. Pictures with the same
 * names in `beside` begin their bars at the same place.
 */
export function bars(all: readonly Bar[], most: number, gist: string, beside?: readonly string[]): Promise<Markup> {
  const names = all.map(({ name }) => shortened(name, nameMost));
  const [left, right] = [
    roomFor((beside ?? names).map((name) => shortened(name, nameMost))),
    roomFor(all.map(({ text }) => text)),
  ];
  const blocks = all.map(({ value, fill }, at) => ({ x: 0, x2: value, y: at + 0.2, y2: at + 0.8, fill }));
  const figures = all.map(({ value, text }, at) => ({ x: value, y: at + 0.5, text }));
  const labels = names.map((text, at) => ({ y: at + 0.5, text }));
  const drawing = {
    ...{ width: widths.narrow - left - right, height: all.length * rowHeight },
    ...{ padding: { left, right, top: 2, bottom: 2 }, across: most > 0 ? most : 1, down: all.length },
    layers: [
      rects(blocks),
      words(labels, { x: -8 }, { align: 'right' }),
      words(figures, { dx: 5 }, { align: 'left', muted: true }),
    ],
  };
  return draw(drawing, gist);
}
