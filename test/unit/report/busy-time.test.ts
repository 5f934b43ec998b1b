import { describe, expect, test } from 'vitest';
import { busyMs, momentOf, ratesOf, stretchesOf } from '../../../src/report/busy-time.js';

const at = (seconds: number): string => new Date(Date.UTC(2024, 0, 1) + seconds * 1000).toISOString();
const unit = (begin: number, seconds: number, rows: number) => ({
  end: at(begin + seconds),
  seconds,
  rows,
  bytes: rows * 10,
});
const zero = Date.UTC(2024, 0, 1);

describe('times of work', () => {
  test('units that overlap or follow each other are one stretch, whatever their order', () => {
    const units = [unit(10, 10, 5), unit(0, 12, 7), unit(100, 1, 1)];
    expect(stretchesOf(units)).toEqual([{ begin: zero, end: zero + 101_000, units: 3, rows: 13, bytes: 130 }]);
  });

  test('a night between two runs is left out', () => {
    const units = [unit(0, 60, 600), unit(36_000, 60, 1200)];
    const stretches = stretchesOf(units);
    expect(stretches.map(({ rows }) => rows)).toEqual([600, 1200]);
    expect(busyMs(stretches)).toBe(120_000);
    expect(momentOf(stretches, 30_000)).toBe(zero + 30_000);
    expect(momentOf(stretches, 90_000)).toBe(zero + 36_030_000);
    expect(ratesOf(units, stretches, 4)).toEqual([10, 10, 20, 20]);
  });

  test('a year of daily runs is at most thirty stretches, and no row is lost', () => {
    const units = Array.from({ length: 365 }, (_, day) => unit(day * 86_400 + (day % 40 === 0 ? 40_000 : 0), 60, 10));
    const stretches = stretchesOf(units);
    expect(stretches.length).toBeGreaterThan(1);
    expect(stretches.length).toBeLessThanOrEqual(30);
    expect(stretches.reduce((sum, { rows }) => sum + rows, 0)).toBe(3650);
  });

  test('times that are none are passed over', () => {
    expect(stretchesOf([{ end: '', seconds: 1, rows: 1, bytes: 1 }])).toEqual([]);
  });
});

describe('rows a second', () => {
  test.each([1, 7, 60])('no row is lost over %i slices', (slices) => {
    const units = [unit(0, 3.3, 1000), unit(2, 10, 5000), unit(11, 0, 40), unit(50, 0.001, 7)];
    const stretches = stretchesOf(units);
    const sliceSeconds = busyMs(stretches) / 1000 / slices;
    const rows = ratesOf(units, stretches, slices).reduce((sum, rate) => sum + rate * sliceSeconds, 0);
    expect(rows).toBeCloseTo(6047, 6);
  });

  test('a unit without a time, alone, is one slice’s', () => {
    const units = [unit(0, 0, 10)];
    expect(ratesOf(units, stretchesOf(units), 3).filter((rate) => rate > 0)).toHaveLength(1);
  });
});
