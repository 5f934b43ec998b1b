// `make bench`: see README.md. Knobs: IMAGES, RUNS, ONLY (names of contestants, or `source`: makes the source, starts it
// and waits).
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installEnv, searchPath } from '../support/servers.js';
import { type Bar, barsAcross, barsOf, type OtherRun } from './bars.js';
import { dumpProgram, type Place, poolMb, startSource, startTarget } from './bench-servers.js';
import { checksOf, partsOf, versionsOf } from './checks.js';
import { type Bench, contestants, oldImages, type Round } from './contestants.js';
import { type Measured, measure } from './measure.js';
import { fromMysql } from './peer-sql.js';
import { markdownOf, type Outcome, summariesOf, thisMachine } from './report.js';
import { makeSource, prepareFolder, readFacts, type SourceFacts, writeFacts } from './source.js';
import type { Results } from './summary.js';

const database = 'bench';
/** Between two contestants: the servers' own work in the background comes to an end. */
const restMs = 1000;

const numberOf = (name: string, otherwise: number): number => {
  const text = process.env[name] ?? '';
  const value = text === '' ? otherwise : Number(text.replaceAll('_', ''));
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${name}=${text} is no whole number above 0`);
  return value;
};

const usualImages = 1_000_000;
const images = numberOf('IMAGES', usualImages);
const runs = numberOf('RUNS', 3);
const only = (process.env.ONLY ?? '').split(',').filter((name) => name !== '');
const cacheDir = resolve('.cache');
const benchDir = join(cacheDir, 'bench');
const folder = join(benchDir, String(images));
const place: Place = { cacheDir, path: searchPath, installEnv };

/** Names of ONLY with all that they need; all contestants where it says nothing. */
function chosen(): Set<string> {
  const names = new Set<string>();
  const take = (name: string): void => {
    const one = contestants.find((each) => each.name === name);
    if (one === undefined)
      throw new Error(`ONLY=${name}: known are source, ${contestants.map((each) => each.name).join(', ')}`);
    for (const needed of one.needs) take(needed);
    names.add(name);
  };
  for (const name of only.length > 0 ? only : contestants.map((each) => each.name)) take(name);
  return names;
}

async function makeSourceOnce(): Promise<SourceFacts> {
  const known = await prepareFolder(folder, images);
  if (known !== undefined) return known;
  console.log(`making the source of ${images} images in .cache/bench (once)`);
  const begin = performance.now();
  const server = await startSource(place, join(folder, 'mysql'), poolMb(images));
  const facts = await makeSource(server.url, database, images).finally(() => server.stop());
  await writeFacts(folder, facts);
  console.log(`made in ${Math.round((performance.now() - begin) / 1000)} s`);
  return facts;
}

async function measureAll(
  bench: Bench,
  names: ReadonlySet<string>,
): Promise<{ results: Map<string, Measured[]>; rounds: Round[] }> {
  const results = new Map<string, Measured[]>();
  const rounds: Round[] = [];
  const servers = { mysql: bench.source.pid, clickhouse: bench.target.server.pid };
  for (let number = 1; number <= runs; number += 1) {
    const dir = join(benchDir, 'run', `round-${number}`);
    const round = { number, folder: dir, dataDir: join(dir, 'data') };
    await mkdir(dir, { recursive: true });
    rounds.push(round);
    for (const contestant of contestants) {
      if (!names.has(contestant.name)) continue;
      await contestant.prepare?.(bench, round);
      // Memory that the server holds for nothing is not this contestant's.
      await bench.target.ask('SYSTEM JEMALLOC PURGE').catch(() => {});
      await sleep(restMs);
      const measured = await measure(servers, (watch) => contestant.run(bench, round, watch));
      results.set(contestant.name, [...(results.get(contestant.name) ?? []), measured]);
      console.log(`round ${number} of ${runs}  ${contestant.name.padEnd(20)} ${measured.seconds.toFixed(2)} s`);
    }
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
  return { results, rounds };
}

async function bench(facts: SourceFacts, names: ReadonlySet<string>): Promise<void> {
  const runDir = join(benchDir, 'run');
  await rm(runDir, { recursive: true, force: true });
  const bufferPoolMb = poolMb(images);
  const dump = names.has('mysqldump') ? await dumpProgram(place) : '';
  const source = await startSource(place, join(folder, 'mysql'), bufferPoolMb);
  const target = await startTarget(place, join(runDir, 'clickhouse')).catch(async (error) => {
    await source.stop();
    throw error;
  });
  try {
    const { username, password, port } = new URL(source.url);
    const peer = {
      host: '127.0.0.1',
      port: Number(port),
      user: username,
      password: decodeURIComponent(password),
      database,
    };
    const arena: Bench = { place, source, peer, target, dump, images };
    const what = new Map(contestants.map((one) => [one.name, one.what]));
    // A server that has just been started has nothing in its buffer pool: the tables are read once.
    await warmUp(arena);
    // Before the rounds: what is checked out at their end may be something else.
    const versions = await versionsOf(arena);
    const { results, rounds } = await measureAll(arena, names);
    const checks = await checksOf(arena, rounds, results);
    const parts = results.has('load') ? { parts: await partsOf(arena, rounds) } : {};
    const outcome: Outcome = {
      ...{ date: new Date().toISOString(), images, rows: facts.rows, runs, machine: thisMachine() },
      ...{ versions, bufferPoolMb, checks },
      bars: [...barsOf(results, { images, oldImages: oldImages(images), ...parts }), ...acrossSizes(results)],
      summaries: summariesOf(results, what),
    };
    const name = join(benchDir, `result-${images}`);
    await writeFile(`${name}.json`, `${JSON.stringify(outcome, null, 2)}\n`);
    await writeFile(`${name}.md`, markdownOf(outcome));
    console.log(`\n${markdownOf(outcome)}\nwritten to .cache/bench/result-${images}.md and .json`);
  } finally {
    await target.stop();
    await source.stop();
    await rm(runDir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Where a run of the usual million images was measured before, a larger one is held against it. */
function acrossSizes(results: Results): Bar[] {
  const usual = join(benchDir, `result-${usualImages}.json`);
  if (images <= usualImages || !existsSync(usual)) return [];
  return barsAcross(results, images, JSON.parse(readFileSync(usual, 'utf8')) as OtherRun);
}

async function warmUp({ target, peer }: Bench): Promise<void> {
  for (const table of Object.keys(readFacts(folder, images)?.rows ?? {})) {
    await target.ask(`SELECT count() FROM (SELECT * FROM ${fromMysql(peer, table)}) FORMAT Null`);
  }
}

/** `ONLY=source`: for whoever wants to measure something else on it. */
async function showSource(): Promise<void> {
  const server = await startSource(place, join(folder, 'mysql'), poolMb(images));
  console.log(`${server.url}${database}\nCtrl-C ends it`);
  // The server does not keep this process alive: the timer does.
  const timer = setInterval(() => {}, 2 ** 30);
  await new Promise((done) => process.once('SIGINT', done));
  clearInterval(timer);
  await server.stop();
}

const wantsSource = only.length === 1 && only[0] === 'source';
const names = wantsSource ? new Set<string>() : chosen();
const facts = await makeSourceOnce();
await (wantsSource ? showSource() : bench(facts, names));
