import { describe, expect, test } from 'vitest';
import { style } from '../../../src/report/style.js';

/** WCAG 2.1: relative luminance and contrast of `#rrggbb` colours. */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const variables = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/--(\w+): (#[0-9a-f]{6})/g)].map((match) => [match[1] ?? '', match[2] ?? '']));
const [light = '', dark = ''] = style.split('prefers-color-scheme: dark');

describe.each([
  ['light', variables(light)],
  ['dark', variables(dark.slice(0, dark.indexOf('} }')))],
])('colours of the %s scheme', (_, colors) => {
  const of = (name: string): string => colors.get(name) ?? '';

  test('contrast by the known figures of black and white', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5);
    expect(colors.size).toBe(9);
  });

  test.each(['ink', 'muted'])('%s can be read', (name) => {
    for (const ground of ['page', 'box']) expect(contrast(of(name), of(ground))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(['done', 'again', 'wrong', 'null'])('%s can be seen', (name) => {
    expect(contrast(of(name), of('page'))).toBeGreaterThanOrEqual(3);
  });
});
