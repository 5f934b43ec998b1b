import { inTurn, type Results, type Summary, summarize } from './summary.js';

/** One figure held against its limit. */
export interface Bar {
  readonly what: string;
  /** Seconds, MB or a count on our side and on the other, as they are shown. */
  readonly ours: string;
  readonly other: string;
  /** Ours by the other's, or the share of the limit that is used; below 1 ours is the better one. */
  readonly value: number;
  readonly shown: string;
  readonly limit: string;
  readonly met: boolean;
  /** What the peer does not do, where it is one. */
  readonly lacks: string;
}

/** Facts that are counted, not timed. */
export interface Facts {
  /** Images of the whole source, and of the old script's share. */
  readonly images: number;
  readonly oldImages: number;
  /** Parts that the load made, and partitions × shards. */
  readonly parts?: { readonly made: number; readonly expected: number };
}

const megabyte = 1e6;
const stages = ['export', 'join', 'load'];
const reruns = ['export-again', 'join-again', 'load-again', 'status'];

const oneShotLacks =
  'no restart (a failure begins anew), no check of types, no rejects, rows doubled where a key is, FLOAT of six digits, memory that grows with the data, and the source is read under joins';
const pullLacks = 'no ranges to go on from, no consistent read over tables, no hashes, FLOAT of six digits';

/** The bars of the project's own performance goals, as far as their contestants were measured. */
export function barsOf(results: Results, facts: Facts): Bar[] {
  const secondsOf = (name: string): number | undefined => {
    const runs = results.get(name);
    return runs === undefined || runs.length === 0 ? undefined : summarize(runs).seconds;
  };
  const cpuOf = (name: string): number | undefined => {
    const runs = results.get(name);
    return runs === undefined || runs.length === 0 ? undefined : summarize(runs).cpu.client;
  };
  const bars: Bar[] = [];
  const ratio = (
    what: string,
    ours: number | undefined,
    other: number | undefined,
    most: number,
    lacks: string,
  ): void => {
    if (ours === undefined || other === undefined) return;
    const value = ours / other;
    bars.push({
      ...{
        what,
        lacks,
        value,
        shown: value.toFixed(2),
        limit: Number.isFinite(most) ? `≤ ${most}` : 'none',
        met: value <= most,
      },
      ...{ ours: `${ours.toFixed(2)} s`, other: `${other.toFixed(2)} s` },
    });
  };
  const memory = (what: string, bytes: number, mostMb: number): void => {
    const mb = bytes / megabyte;
    const shown = { shown: `${Math.round(mb)} MB`, ours: `${Math.round(mb)} MB`, other: '' };
    bars.push({ what, lacks: '', value: mb / mostMb, ...shown, limit: `≤ ${mostMb} MB`, met: mb <= mostMb });
  };
  const pulls = ['pull', 'pull-best'].flatMap((name) => secondsOf(name) ?? []);
  const bestPull = pulls.length === 0 ? undefined : Math.min(...pulls);
  ratio('export / the faster of the pulls (goal 0.8)', secondsOf('export'), bestPull, 1.2, pullLacks);
  ratio(
    'export / mysqldump to /dev/null (no bar)',
    secondsOf('export'),
    secondsOf('mysqldump'),
    Number.POSITIVE_INFINITY,
    'writes no file, one thread, all columns',
  );
  const whole = inTurn(results, stages);
  const wholeSeconds = whole && summarize(whole).seconds;
  const most = facts.images >= 5e6 ? 1.8 : 2;
  ratio('export + join + load / one-shot (goal 1.5)', wholeSeconds, secondsOf('one-shot'), most, oneShotLacks);
  const old = secondsOf('old-way');
  if (old !== undefined && wholeSeconds !== undefined) {
    const value = old / facts.oldImages / (wholeSeconds / facts.images);
    const perMillion = (seconds: number, images: number): string =>
      `${((seconds / images) * 1e6).toFixed(1)} s/M images`;
    bars.push({
      what: `the old script / transload, each by image (${facts.oldImages} and ${facts.images})`,
      ours: perMillion(wholeSeconds, facts.images),
      other: perMillion(old, facts.oldImages),
      ...{ value, shown: `${value.toFixed(1)} ×`, limit: '≥ 20 ×', met: value >= 20 },
      lacks: 'wrong values (docs/old-script.md), no rejects, resumes by the greatest id',
    });
  }
  ratio(
    'join / its SQL in DuckDB by itself',
    secondsOf('join'),
    secondsOf('bare-join'),
    1.2,
    'no hashes of the files, no look at what was written, no manifest',
  );
  // By CPU time: the difference is smaller than what other work on the machine adds to the wall clock.
  const [checked, unchecked] = ['bare-join', 'bare-join-unchecked'].map((name) => cpuOf(name));
  ratio('the SQL with checks / without, CPU seconds', checked, unchecked, 1.1, 'wraps what does not fit');
  ratio(
    'load / INSERT … FROM file() in the server',
    secondsOf('load'),
    secondsOf('file-insert'),
    1.2,
    'needs the files at the server; no hashes, no count',
  );
  if (facts.parts !== undefined) {
    const { made, expected } = facts.parts;
    const shown = { ours: String(made), other: String(expected), shown: String(made) };
    bars.push({
      what: 'parts of the load / partitions × shards',
      lacks: '',
      value: made / expected,
      ...shown,
      limit: '≤ 1 each',
      met: made <= expected,
    });
  }
  for (const name of reruns) ratio(`${name}: seconds`, secondsOf(name), secondsOf(name) && 1, 1, '');
  for (const name of stages) {
    const runs = results.get(name);
    if (runs === undefined || runs.length === 0) continue;
    memory(`${name}: peak memory of the command`, summarize(runs).peak.client, name === 'export' ? 550 : 1500);
  }
  return bars;
}

/** A run of another number of images, on the same machine, as its JSON file has it. */
export interface OtherRun {
  readonly images: number;
  readonly summaries: Readonly<Record<string, Pick<Summary, 'seconds' | 'peak'>>>;
}

/** Cost by image and memory against a run of fewer images: neither may grow with the data. */
export function barsAcross(results: Results, images: number, other: OtherRun): Bar[] {
  const compared = stages.flatMap((name) => {
    const runs = results.get(name) ?? [];
    const before = other.summaries[name];
    return runs.length === 0 || before === undefined ? [] : [{ name, now: summarize(runs), before }];
  });
  if (compared.length < stages.length) return [];
  const bars: Bar[] = [];
  const add = (what: string, now: number, before: number, show: (value: number) => string): void => {
    const value = now / before;
    const texts = { ours: show(now), other: show(before), shown: value.toFixed(2), limit: '≤ 1.1', lacks: '' };
    bars.push({ what: `${what}: ${images} / ${other.images} images`, value, ...texts, met: value <= 1.1 });
  };
  const perMillion = (of: (one: (typeof compared)[number]) => number, count: number): number =>
    (compared.reduce((sum, one) => sum + of(one), 0) / count) * 1e6;
  const seconds = [
    perMillion(({ now }) => now.seconds, images),
    perMillion(({ before }) => before.seconds, other.images),
  ];
  add('export + join + load, seconds by million images', seconds[0] ?? 0, seconds[1] ?? 0, (value) => value.toFixed(1));
  for (const { name, now, before } of compared) {
    const megabytes = (bytes: number): string => `${Math.round(bytes / megabyte)} MB`;
    add(`${name}, peak memory`, now.peak.client, before.peak.client, megabytes);
  }
  return bars;
}
