import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { type Usage, usageOf } from './processes.js';

/** The parties of a contest: the program itself where it is a process of its own, and the servers. */
export const parties = ['client', 'mysql', 'clickhouse'] as const;
export type Party = (typeof parties)[number];

/** One run of a contestant. Memory is the peak of samples a tenth of a second apart, in bytes; CPU in seconds. */
export interface Measured {
  readonly seconds: number;
  readonly peak: Readonly<Record<Party, number>>;
  /** The greatest sum of all parties at one moment. */
  readonly peakTogether: number;
  readonly cpu: Readonly<Record<Party, number>>;
}

/** A program to run: its whole environment, and where its output goes. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** /dev/null for a program whose output is its work. */
  readonly toNull?: boolean;
}

const sampleMs = process.platform === 'linux' ? 100 : 500;
const complaintCharsMax = 2000;

/** Runs some work and watches the servers, and the program that it starts. */
export async function measure(
  servers: Readonly<Record<'mysql' | 'clickhouse', number>>,
  work: (watch: (child: ChildProcess) => void) => Promise<void>,
): Promise<Measured> {
  let client: number | undefined;
  const peak = { client: 0, mysql: 0, clickhouse: 0 };
  let peakTogether = 0;
  const sample = (): Record<Party, Usage> => {
    const now = {
      client: client === undefined ? { rss: 0, cpu: 0 } : usageOf(client),
      mysql: usageOf(servers.mysql),
      clickhouse: usageOf(servers.clickhouse),
    };
    for (const party of parties) peak[party] = Math.max(peak[party], now[party].rss);
    peakTogether = Math.max(
      peakTogether,
      parties.reduce((sum, party) => sum + now[party].rss, 0),
    );
    return now;
  };
  // What the one before left to be written to the disk is not this one's work.
  spawnSync('sync');
  const before = sample();
  let clientCpu = 0;
  const timer = setInterval(() => {
    clientCpu = Math.max(clientCpu, sample().client.cpu);
  }, sampleMs);
  const begin = performance.now();
  try {
    await work((child) => {
      client = child.pid;
    });
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - begin) / 1000;
  const after = sample();
  const spent = (party: 'mysql' | 'clickhouse'): number => after[party].cpu - before[party].cpu;
  return {
    seconds,
    peak,
    peakTogether,
    cpu: { client: clientCpu, mysql: spent('mysql'), clickhouse: spent('clickhouse') },
  };
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to its standard output
 * @throws Error with the end of what it wrote when it fails
 */
export function run(program: Program, watch: (child: ChildProcess) => void = () => {}): Promise<string> {
  const { command, args, env, cwd, toNull = false } = program;
  const out = toNull ? openSync('/dev/null', 'w') : ('pipe' as const);
  const child = spawn(command, args, { env, stdio: ['ignore', out, 'pipe'], ...(cwd === undefined ? {} : { cwd }) });
  if (typeof out === 'number') closeSync(out);
  watch(child);
  let output = '';
  let complaint = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    complaint = (complaint + chunk).slice(-complaintCharsMax);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const said = `${output.slice(-complaintCharsMax)}\n${complaint}`.trim();
      reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? code}: ${said}`));
    });
  });
}
