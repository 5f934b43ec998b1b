import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RangeState } from '../../src/report/facts.js';
import { reportPage } from '../../src/report/page.js';
import { prepareChromium, type View } from '../support/chromium.js';
import { cacheDir, freshDataDir, stopAll } from '../support/servers.js';
import { reportFactsOf } from '../unit/report/facts.js';

const chromium = await prepareChromium();
const unavailable = 'unavailable' in chromium ? chromium.unavailable : '';
if (unavailable !== '') console.error(`SKIPPED: the report in a browser, which cannot be had here: ${unavailable}`);

afterAll(() => stopAll());

const views: [string, View][] = [
  ['a light desktop', { width: 1280, height: 900, colorScheme: 'light' }],
  ['a dark desktop', { width: 1280, height: 900, colorScheme: 'dark' }],
  ['a light phone', { width: 360, height: 740, colorScheme: 'light' }],
  ['a dark phone', { width: 360, height: 740, colorScheme: 'dark' }],
];

/** A small migration, and a big one with something of every kind, long names among them. */
function pagesOf(): Record<string, () => Promise<string>> {
  const big = reportFactsOf(1300, 18);
  const states: readonly RangeState[] = ['done', 'done', 'done', 'again', 'done', 'open', 'wrong'];
  const long = 'a_source_whose_name_is_longer_than_any_that_one_would_give_to_it_0123456789';
  return {
    small: () => reportPage(reportFactsOf(3, 2)),
    big: () =>
      reportPage({
        ...big,
        map: {
          ...big.map,
          rows: big.map.rows.map((row, at) => ({
            ...row,
            name: at === 0 ? long : row.name,
            states: row.states.map((_, range) =>
              range < 900 + at * 10 ? 'done' : (states[range % states.length] ?? 'open'),
            ),
          })),
        },
        rejects: {
          ...{ rows: 12, values: 14, columns: [{ name: 'caption', values: 14 }], note: '' },
          kinds: [
            {
              column: long,
              reason: 'does not fit UInt16',
              values: 14,
              key: '18446744073709551614',
              value: 'x'.repeat(300),
            },
          ],
        },
        oddities: [
          { name: long, what: `${long}: extra rows, one chosen`, count: 1e9, example: '64b7f3d2c1a09e8f7d6c5b4a' },
        ],
      }),
  };
}

describe.skipIf(unavailable !== '').each(Object.keys(pagesOf()))('the page of a %s migration', (name) => {
  const folder = freshDataDir('report-page');
  const path = join(folder, `${name}.html`);
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(path, (await pagesOf()[name]?.()) ?? '');
  });

  describe.each(views)('on %s', (what, view) => {
    let page: Page;
    let close: () => Promise<void> = async () => undefined;
    const heard: string[] = [];
    const requests: string[] = [];
    beforeAll(async () => {
      if ('unavailable' in chromium) return;
      const window = await chromium(view);
      close = () => window.close();
      page = await window.newPage();
      page.on('console', (message) => heard.push(message.text()));
      page.on('pageerror', (error) => heard.push(error.message));
      page.on('request', (request) => requests.push(request.url()));
      await page.goto(pathToFileURL(path).href);
      await page.screenshot({
        path: join(cacheDir, 'test', `report-${name}-${what.replace(/^a | /g, '')}.png`),
        fullPage: true,
      });
    });
    afterAll(() => close());

    it('asks for nothing but itself and says nothing', () => {
      expect(requests).toEqual([pathToFileURL(path).href]);
      expect(heard).toEqual([]);
    });

    it('does not scroll sideways, with all tables open too', async () => {
      const overflow = async (): Promise<number> =>
        page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
      expect(await overflow()).toBe(0);
      await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
      expect(await overflow()).toBe(0);
      const wide: string[] = await page.evaluate(
        `[...document.querySelectorAll('body *:not(.scroll *)')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(one).display !== 'none' && !one.closest('svg')).map((one) => one.outerHTML.slice(0, 80))`,
      );
      expect(wide).toEqual([]);
    });

    it('names every picture that is seen to those who do not see it', async () => {
      const session = await page.context().newCDPSession(page);
      const { nodes } = await session.send('Accessibility.getFullAXTree');
      const seen = nodes.filter((node) => node.ignored === false);
      const images = seen.filter((node) => node.role?.value === 'image' || node.role?.value === 'img');
      const names = images.map((node) => String(node.name?.value ?? ''));
      expect(names.filter((one) => one.startsWith('Map of '))).toHaveLength(1);
      expect(names.filter((one) => one.length < 30)).toEqual([]);
      expect(names.length).toBeGreaterThanOrEqual(9);
      const role = (wanted: string): number => seen.filter((node) => node.role?.value === wanted).length;
      expect(role('heading')).toBeGreaterThan(12);
      expect(role('table')).toBeGreaterThan(5);
    });

    it('breaks no rule of accessibility that a machine can check, contrast among them', async () => {
      await page.evaluate(axe.source);
      const violations: string[] = await page.evaluate(
        `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map((one) => one.id + ': ' + one.nodes[0].html))`,
      );
      expect(violations).toEqual([]);
    });

    it('letters in the pictures are large enough to be read, and none is cut off', async () => {
      const letters: { size: number; left: number; right: number }[] = await page.evaluate(
        `[...document.querySelectorAll('svg.drawing text')].filter((one) => one.getBoundingClientRect().width > 0).map((one) => {
          const box = one.getBoundingClientRect();
          const scale = one.getScreenCTM().a;
          return { size: parseFloat(getComputedStyle(one).fontSize) * scale, left: box.left, right: box.right };
        })`,
      );
      expect(letters.length).toBeGreaterThan(30);
      expect(Math.min(...letters.map(({ size }) => size))).toBeGreaterThanOrEqual(10);
      expect(Math.min(...letters.map(({ left }) => left))).toBeGreaterThanOrEqual(0);
      expect(Math.max(...letters.map(({ right }) => right))).toBeLessThanOrEqual(view.width);
    });
  });
});
