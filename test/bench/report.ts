import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import type { Bar } from './bars.js';
import { type Party, parties } from './measure.js';
import { type Results, type Summary, summarize } from './summary.js';

/** What the figures were measured on; none of it names a host, a user or a folder. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryMb: number;
  readonly system: string;
}

/** This machine. */
export function thisMachine(): Machine {
  const name =
    platform() === 'linux' ? readFileSync('/etc/os-release', 'utf8').match(/^PRETTY_NAME="(.*)"$/m)?.[1] : undefined;
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    system: `${name ?? platform()}, kernel ${release()}`,
  };
}

/** A whole run, as it is written to the JSON file. */
export interface Outcome {
  readonly date: string;
  readonly images: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly runs: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly bufferPoolMb: number;
  /** What was looked at beside the time, in sentences. */
  readonly checks: readonly string[];
  readonly bars: readonly Bar[];
  readonly summaries: Readonly<Record<string, Summary & { readonly what: string; readonly runs: readonly number[] }>>;
}

/** Summaries by contestant, with the seconds of each run beside the median. */
export function summariesOf(results: Results, what: ReadonlyMap<string, string>): Outcome['summaries'] {
  return Object.fromEntries(
    [...results].map(([name, runs]) => [
      name,
      { ...summarize(runs), what: what.get(name) ?? '', runs: runs.map(({ seconds }) => Number(seconds.toFixed(3))) },
    ]),
  );
}

const mb = (bytes: number): string => (bytes === 0 ? '' : String(Math.round(bytes / 1e6)));
const cell = (text: string): string => text.replaceAll('|', '\\|');
const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

const total = (rows: Outcome['rows']): number => Object.values(rows).reduce((sum, one) => sum + one, 0);
const of = (values: Readonly<Record<Party, number>>, show: (value: number) => string): string[] =>
  parties.map((party) => show(values[party]));

/** The run as a page of Markdown: ratios first, then what they come from. */
export function markdownOf(outcome: Outcome): string {
  const { date, images, rows, runs, machine, versions, bufferPoolMb, checks, bars, summaries } = outcome;
  const verdict = (bar: Bar): string => (bar.limit === 'none' ? '' : bar.met ? 'met' : '**missed**');
  const barRows = bars.map((bar) => [bar.what, bar.ours, bar.other, bar.shown, bar.limit, verdict(bar), bar.lacks]);
  const cpu = (value: number): string => (value === 0 ? '' : value.toFixed(1));
  const timeRows = Object.entries(summaries).map(([name, one]) => [
    name,
    one.what,
    one.seconds.toFixed(2),
    `${one.fastest.toFixed(2)}–${one.slowest.toFixed(2)}`,
    ...of(one.cpu, cpu),
    ...of(one.peak, mb),
    mb(one.peakTogether),
  ]);
  const names = { client: 'program', mysql: 'MySQL', clickhouse: 'ClickHouse' };
  const columns = (unit: string): string[] => parties.map((party) => `${unit} ${names[party]}`);
  return `# Benchmark, ${images.toLocaleString('en')} images

${date}. ${machine.cores} cores (${machine.cpu}), ${machine.memoryMb} MB, ${machine.system}. ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(
      ', ',
    )}. The source: ${total(rows).toLocaleString('en')} rows in ${Object.keys(rows).length} tables, buffer pool ${bufferPoolMb} MB, no MongoDB.
Source, target and programs share the machine. ${runs} rounds, every contestant once a round; seconds are medians.

${table(['what', 'ours', 'the other', 'ratio', 'bar', '', 'what the other does not do'], barRows)}

${checks.map((one) => `- ${one}`).join('\n')}

Memory is the peak resident set in MB, sampled ten times a second; MySQL's is mostly its buffer pool, ClickHouse's
begins at some 400 MB of program. "Together" is the greatest sum at one moment. CPU is in seconds.

${table(['name', 'what', 'seconds', 'spread', ...columns('CPU'), ...columns('MB'), 'MB together'], timeRows)}
`;
}
