import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { openEngine } from '../../src/sql/engine.js';
import { type Bench, type Round, tableOf } from './contestants.js';
import { fingerprintSql } from './peer-sql.js';
import type { Results } from './summary.js';

const fillers = ['load', 'file-insert', 'one-shot'] as const;

/**
 * Whether those that fill the table did the same job: rows, keys and hashes of the first round's tables.
 *
 * @returns sentences for the report
 * @throws Error where the load's table does not hold every image once
 */
export async function checksOf(
  { target, images }: Bench,
  rounds: readonly Round[],
  results: Results,
): Promise<string[]> {
  const [first] = rounds;
  const said: string[] = [];
  if (first === undefined) return said;
  const found = new Map<string, string[]>();
  for (const name of fillers) {
    if (!results.has(name)) continue;
    found.set(name, (await target.ask(fingerprintSql(target.database, tableOf(name, first)))).split('\t'));
  }
  const load = found.get('load');
  if (load === undefined) return said;
  if (load[0] !== String(images) || load[1] !== String(images)) {
    throw new Error(`the load's table has ${load[0]} rows of ${load[1]} images instead of ${images}`);
  }
  said.push(`The load's table has ${images} rows, one an image.`);
  for (const [name, values] of found) {
    if (name === 'load') continue;
    const [rows, keys, hash] = values;
    const same = rows === load[0] && keys === load[1] && hash === load[2];
    said.push(
      same
        ? `${name} gave the same rows: the same keys and the same hash over every column but the four of FLOAT, whose sums are ${values.slice(3).join(', ')} against ${load.slice(3).join(', ')}.`
        : `**${name} gave other rows** than the load: ${values.join(', ')} against ${load.join(', ')}.`,
    );
  }
  return said;
}

/** Parts that the first round's load made, and how many it should at most: one a partition and shard. */
export async function partsOf(
  { target, images }: Bench,
  [first]: readonly Round[],
): Promise<{ made: number; expected: number }> {
  if (first === undefined) throw new Error('there was no round');
  await target.ask('SYSTEM FLUSH LOGS');
  const table = tableOf('load', first);
  const made = await target.ask(
    `SELECT count() FROM system.part_log WHERE event_type = 'NewPart' AND table = '${table}'`,
  );
  const partitions = await target.ask(
    `SELECT uniqExact(partition_id) FROM system.parts WHERE active AND table = '${table}'`,
  );
  const shards = Math.ceil(images / 1_000_000);
  return { made: Number(made), expected: Number(partitions) * shards };
}

/** Versions of all that took part. */
export async function versionsOf({ source, peer, target, dump }: Bench): Promise<Record<string, string>> {
  const connection = await createConnection(`${source.url}${peer.database}`);
  const [[server]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
  await connection.end();
  const engine = await openEngine({ memoryMb: 256, threads: 1, spillDir: '.cache' });
  const [duckdb] = await engine.rows('SELECT version()');
  engine.close();
  const own = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  return {
    transload: [own.version, commit()].filter((one) => one !== '').join(' '),
    Node: process.versions.node,
    'MySQL server': String(server?.version),
    ClickHouse: await target.ask('SELECT version()'),
    DuckDB: String(duckdb?.[0]),
    ...(dump === '' ? {} : { mysqldump: dumpVersion(dump) }),
  };
}

const dumpVersion = (dump: string): string =>
  /\d+\.\d+\S*/.exec(execFileSync(dump, ['--version'], { encoding: 'utf8' }).replace(/^\S+/, ''))?.[0] ?? 'unknown';

/** The commit that is checked out; '' where this is no clone, with a + where files differ from it. */
function commit(): string {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+'}`;
  } catch {
    return '';
  }
}
