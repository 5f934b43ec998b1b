import { readFileSync } from 'node:fs';
import type { Report, Resources } from '../src/core/events.js';

const everyMs = 5000;

/** Bytes that this process has read and written since its begin; undefined where the system does not tell. */
function transferred(): { read: number; written: number } | undefined {
  try {
    const text = readFileSync('/proc/self/io', 'utf8');
    const [read, written] = [/^rchar: (\d+)$/m, /^wchar: (\d+)$/m].map((line) => Number(line.exec(text)?.[1]));
    return read === undefined || written === undefined ? undefined : { read, written };
  } catch {
    return undefined;
  }
}

interface Look {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly bytes: { readonly read: number; readonly written: number } | undefined;
}

function look(): Look {
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  return { ms: performance.now(), cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, bytes: transferred() };
}

/** Looks at what this process takes: the embedded engines work inside it. Each call tells of the time since the last. */
export function resourceMeter(): () => Resources {
  const begin = look();
  let before = begin;
  return () => {
    const now = look();
    const seconds = Math.max(0.001, (now.ms - before.ms) / 1000);
    const bytes =
      now.bytes === undefined || before.bytes === undefined
        ? {}
        : {
            readBytesPerSecond: Math.round((now.bytes.read - before.bytes.read) / seconds),
            writtenBytesPerSecond: Math.round((now.bytes.written - before.bytes.written) / seconds),
            readBytes: now.bytes.read,
            writtenBytes: now.bytes.written,
          };
    const cpuPercent = Math.round(((now.cpuSeconds - before.cpuSeconds) / seconds) * 100);
    before = now;
    return {
      seconds: Math.round(now.ms - begin.ms) / 1000,
      cpuPercent,
      cpuSeconds: Math.round(now.cpuSeconds * 1000) / 1000,
      rssBytes: process.memoryUsage.rss(),
      rssBytesMax: process.resourceUsage().maxRSS * 1024,
      ...bytes,
    };
  };
}

/** Reports what the process takes every five seconds, and right before a stage says its end. */
export function withResources(report: Report): { readonly report: Report; stop(): void } {
  const meter = resourceMeter();
  const say = (): void => report({ event: 'resources', ...meter() });
  const timer = setInterval(say, everyMs).unref();
  return {
    report(event) {
      if (event.event === 'stage-done') say();
      report(event);
    },
    stop: () => clearInterval(timer),
  };
}
