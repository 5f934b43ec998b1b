import { parse, type Spec, View } from 'vega';
import { html, Markup, visible } from './html.js';

/** Values of a layer, each an object of numbers and texts. */
type Values = readonly Readonly<Record<string, number | string>>[];

/** A layer of a picture: a mark of Vega's, its values, and where they go. */
export interface Layer {
  readonly type: 'rect' | 'text' | 'line' | 'area' | 'rule';
  readonly values: Values;
  readonly encode: Readonly<Record<string, unknown>>;
}

/** A picture: its field in pixels, what is left free around it for words, its scales, and its layers from back to front. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly padding: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
  /** From left to right: 0 to this. */
  readonly across: number;
  /** From top to bottom, or as figures from 0 at the bottom upwards with an axis at the left: 0 to this. */
  readonly down: number | { readonly figures: number };
  readonly layers: readonly Layer[];
}

/** Pixels of a picture in all: on a phone of 360 pixels, and where there is room. */
export const widths = { narrow: 328, wide: 1000 } as const;

const textSize = 11;
/** No system's sans-serif letter of a name takes more of a line, on average. */
const letterWidth = 7.1;

/** Pixels to leave for the longest of these names. */
export const roomFor = (names: readonly string[]): number =>
  Math.ceil(Math.max(0, ...names.map((name) => [...name].length)) * letterWidth) + 10;

const across = (field: string) => ({ scale: 'x', field });
const down = (field: string) => ({ scale: 'y', field });

/** Rectangles from `x`, `y` to `x2`, `y2` in the scales' units, filled with `fill`. */
export function rects(values: Values): Layer {
  const place = { x: across('x'), x2: across('x2'), y: down('y'), y2: down('y2') };
  return { type: 'rect', values, encode: { ...place, fill: { field: 'fill' } } };
}

/** The field below steps of `y` that each begin at their `x`. */
export function steps(values: Values): Layer[] {
  const place = { x: across('x'), y: down('y'), interpolate: { value: 'step-after' } };
  const look = { fill: { value: 'var(--done)' }, fillOpacity: { value: 0.25 } };
  return [
    { type: 'area', values, encode: { ...place, ...look, y2: { scale: 'y', value: 0 } } },
    { type: 'line', values, encode: { ...place, stroke: { value: 'var(--done)' }, strokeWidth: { value: 1.5 } } },
  ];
}

/** Dashed lines from top to bottom at `x`. */
export function rules(values: Values, height: number): Layer {
  const look = { stroke: { value: 'var(--muted)' }, strokeDash: { value: [3, 3] } };
  return { type: 'rule', values, encode: { x: across('x'), y: { value: 0 }, y2: { value: height }, ...look } };
}

/**
 * Words (`text`) at places of the field: `x` and `y` of the values in the scales' units, or for all of them in pixels.
 * `dx` moves them so many pixels to the right.
 */
export function words(
  values: Values,
  at: { readonly x?: number; readonly y?: number; readonly dx?: number },
  look: { readonly align: 'left' | 'center' | 'right'; readonly bold?: boolean; readonly muted?: boolean },
): Layer {
  return {
    type: 'text',
    values: values.map((value) => ({ ...value, text: visible(String(value.text)) })),
    encode: {
      x: at.x === undefined ? { ...across('x'), offset: at.dx ?? 0 } : { value: at.x },
      y: at.y === undefined ? down('y') : { value: at.y },
      text: { field: 'text' },
      align: { value: look.align },
      baseline: { value: 'middle' },
      fontSize: { value: textSize },
      fill: { value: look.muted ? 'var(--muted)' : 'var(--ink)' },
      ...(look.bold ? { fontWeight: { value: 600 } } : {}),
    },
  };
}

const figureLabel = "datum.value < 1000 ? datum.label : replace(format(datum.value, '~s'), 'G', 'B')";

/** The axis of figures: three lines across, each with its figure at the left. */
const figuresAxis = (most: number) => ({
  ...{ orient: 'left', scale: 'y', grid: true, domain: false, ticks: false, aria: false, labelPadding: 6 },
  tickCount: Math.min(3, most),
  // As the figures of the words are written: 1.5k, 2M, 3B.
  encode: { labels: { update: { text: { signal: figureLabel } } } },
  ...{ labelColor: 'var(--muted)', labelFontSize: textSize, gridColor: 'var(--line)' },
});

/** A drawing in Vega's words. */
function specOf({ width, height, padding, across: columns, down: rows, layers }: Drawing): Spec {
  const isFigures = typeof rows === 'object';
  const y = isFigures
    ? { domain: [0, Math.max(1, rows.figures)], range: 'height', nice: 3 }
    : { domain: [0, rows], range: [0, height] };
  const spec = {
    ...{ width, height, padding, autosize: 'none' },
    data: layers.map(({ values }, at) => ({ name: `layer${at}`, values })),
    scales: [
      { name: 'x', type: 'linear', domain: [0, columns], range: 'width', zero: false, nice: false },
      { name: 'y', type: 'linear', zero: false, nice: false, ...y },
    ],
    axes: isFigures ? [figuresAxis(Math.max(1, rows.figures))] : [],
    // The picture has one name: Vega would say it mark by mark, thousands of them.
    marks: layers.map(({ type, encode }, at) => ({
      ...{ type, from: { data: `layer${at}` }, aria: false, interactive: false },
      encode: { update: encode },
    })),
  };
  return spec as unknown as Spec;
}

/**
 * Draws a picture as SVG that needs no script: colours are the page's variables, so that it is light or dark with it.
 * `gist` is its name for those who do not see it.
 */
export async function draw(drawing: Drawing, gist: string): Promise<Markup> {
  const view = new View(parse(specOf(drawing)), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  const { width, padding } = drawing;
  const begin = svg.indexOf('>');
  const box = /viewBox="[^"]*"/.exec(svg.slice(0, begin))?.[0] ?? '';
  // The page's own tag in the place of Vega's, and nothing inside that says what it is: the picture does.
  const drawn = svg.slice(begin + 1).replaceAll(/ role="graphics-\w+" aria-roledescription="[^"]*"/g, '');
  // Nobody sees more than two digits of a pixel.
  const body = drawn.replace(/ (?:d|transform)="[^"]*"/g, (found) => found.replace(/(\.\d\d)\d+/g, '$1'));
  const all = width + padding.left + padding.right;
  const { text } =
    html`<svg role="img" aria-label="${gist}" class="drawing" width="${all}" ${new Markup(box)}>${new Markup(body)}`;
  return new Markup(text);
}

/** The same drawn for a wide page and for a phone; the page's style shows one of them. */
export async function drawTwice(of: (width: number) => Drawing, gist: string): Promise<Markup> {
  const [wide, narrow] = [await draw(of(widths.wide), gist), await draw(of(widths.narrow), gist)];
  return html`<div class="wide">${wide}</div><div class="narrow">${narrow}</div>`;
}
