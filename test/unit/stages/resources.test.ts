import { expect, test } from 'vitest';
import type { Event } from '../../../src/core/events.js';
import { resourceMeter, withResources } from '../../../stages/resources.js';

test('what the process takes: CPU since the look before, memory, and on Linux what it read', () => {
  const meter = resourceMeter();
  const until = process.cpuUsage().user + 50_000;
  while (process.cpuUsage().user < until) Math.sqrt(Math.random());
  const first = meter();
  expect(first.cpuPercent).toBeGreaterThan(0);
  expect(first.rssBytesMax).toBeGreaterThanOrEqual(first.rssBytes / 2);
  expect(first.rssBytes).toBeGreaterThan(10_000_000);
  expect(meter().cpuSeconds).toBeGreaterThanOrEqual(first.cpuSeconds);
  expect(typeof first.readBytes).toBe(process.platform === 'linux' ? 'number' : 'undefined');
  expect(typeof first.writtenBytesPerSecond).toBe(process.platform === 'linux' ? 'number' : 'undefined');
});

test('a stage does not end without it', () => {
  const events: Event[] = [];
  const { report, stop } = withResources((event) => events.push(event));
  report({ event: 'note', text: 'n' });
  report({ event: 'stage-done', stage: 'join', seconds: 1, text: '' });
  stop();
  expect(events.map(({ event }) => event)).toEqual(['note', 'resources', 'stage-done']);
});
