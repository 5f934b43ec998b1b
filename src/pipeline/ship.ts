import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damagedError, exits, TransloadError, usageError } from '../core/errors.js';
import type { Amount } from '../core/events.js';
import { showRange } from '../core/ranges.js';
import type { JoinedDataset } from '../dataset/declaration.js';
import { hashOfText, sha256OfFile, sizeOf } from '../manifest/atomic-file.js';
import type { ShardEntry } from '../manifest/entries.js';
import { datasetPath, inShards, manifestPath } from '../manifest/layout.js';
import { readShards } from '../manifest/manifest.js';
import type { Destination, FileSum } from '../ship/destination.js';
import type { Context } from './context.js';
import { sayTaken } from './export-plan.js';
import { shardRange } from './load-plan.js';
import { checkCurrent, chosenShards } from './load-table.js';
import { againText } from './make-again.js';
import { runStage, type StageResult, type UnitProgress } from './run-stage.js';
import { loadText, sumsText } from './shard-notes.js';

/** The files of a shard; one without rows has none. */
export function filesOfShard({ rows, file, sha256, rejects }: ShardEntry): FileSum[] {
  return [
    ...(rows > 0 ? [{ file, sha256 }] : []),
    ...(rejects.file === null ? [] : [{ file: rejects.file, sha256: rejects.sha256 }]),
  ];
}

export const isThere = (shard: ShardEntry, there: ReadonlySet<string>): boolean =>
  filesOfShard(shard).every(({ file }) => there.has(file));

/** What is to be sent: groups of shards that are not whole there, each of at most `groupBytes` or of one shard. */
export function planShip(
  chosen: readonly ShardEntry[],
  there: ReadonlySet<string>,
  groupBytes: number,
): { readonly groups: ShardEntry[][]; readonly done: number } {
  const groups: ShardEntry[][] = [];
  let bytes = 0;
  const missing = chosen.filter((shard) => !isThere(shard, there));
  for (const shard of missing) {
    const last = groups.at(-1);
    if (last === undefined || bytes + shard.bytes > groupBytes) {
      groups.push([shard]);
      bytes = shard.bytes;
    } else {
      last.push(shard);
      bytes += shard.bytes;
    }
  }
  return { groups, done: chosen.length - missing.length };
}

/** Lines of the SHA256SUMS found there that are about files of someone else: they stay (two machines, one folder). */
export function othersSums(text: string | undefined, own: ReadonlySet<string>): string[] {
  const lines = (text ?? '').split('\n').filter((line) => /^[0-9a-f]{64} {2}\S/.test(line));
  return lines.filter((line) => !own.has(line.slice(66)));
}

/** The other side must be of this dataset, or empty. */
async function checkThere(destination: Destination, name: string): Promise<void> {
  const text = await destination.read('dataset.json');
  if (text === undefined) return;
  let found: unknown;
  try {
    found = (JSON.parse(text) as { name?: unknown }).name;
  } catch {
    found = undefined;
  }
  // One that was cut off on its way is sent again.
  if (found === undefined || found === name) return;
  const what = `${destination.where} holds shards of ${String(found)}, not of ${name}`;
  throw usageError('SHIP_OTHER_DATASET', what, 'ship to a folder of its own');
}

/** Small files that are made for the other side, in a folder of their own until they are sent. */
class Papers {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async write(texts: Readonly<Record<string, string>>): Promise<FileSum[]> {
    const files = Object.entries(texts);
    for (const [file, text] of files) await writeFile(join(this.#folder, file), text);
    return files.map(([file, text]) => ({ file, sha256: hashOfText(text) }));
  }

  /** Sends what is not there already; true where something was sent. */
  async send(destination: Destination, texts: Readonly<Record<string, string>>): Promise<boolean> {
    const files = await this.write(texts);
    const there = await destination.check(files);
    const missing = files.filter(({ file }) => !there.has(file));
    if (missing.length === 0) return false;
    const whole = await destination.send(this.#folder, missing);
    const lost = missing.find(({ file }) => !whole.has(file));
    if (lost) throw changedOnTheWay(destination, lost.file);
    return true;
  }
}

function changedOnTheWay(destination: Destination, file: string): TransloadError {
  const text = `${file} is not at ${destination.where} as it was sent (its sha256 differs)`;
  return new TransloadError(exits.failed, 'SHIP_CHANGED', text, 'run the same command again: it is sent once more', {
    retryable: true,
  });
}

/**
 * Sends the shards that are not whole at the other side. The list of what belongs there (SHA256SUMS) goes first, then
 * shard by shard, and after each the manifest of those that were found whole there: at any instant the folder there
 * names nothing that it does not hold, and its SHA256SUMS says what is missing. Resolves to undefined where nothing
 * was left to do.
 */
export async function runShip(
  context: Context,
  dataset: JoinedDataset,
  destination: Destination,
): Promise<StageResult | undefined> {
  const { layout, report } = context;
  const chosen = await chosenShards(context);
  checkCurrent(dataset, chosen);
  sayTaken(context, chosen.map(shardRange));
  await checkThere(destination, dataset.name);
  const all = [...(await readShards(layout)).values()].sort((a, b) => (BigInt(a.first) < BigInt(b.first) ? -1 : 1));
  const there = await destination.check(all.flatMap(filesOfShard));
  const { groups, done } = planShip(chosen, there, destination.groupBytes);
  if (context.dryRun) {
    for (const shard of groups.flat())
      report({ event: 'text', text: `would send ${shard.file} (${shard.bytes} bytes)` });
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'transload-ship-'));
  const papers = new Papers(folder);
  const manifestName = manifestPath('', `ship-${context.writer}`);
  const sendManifest = (): Promise<boolean> => {
    const lines = all.filter((shard) => isThere(shard, there)).map((shard) => `${JSON.stringify(shard)}\n`);
    return papers.send(destination, { [manifestName]: lines.join('') });
  };
  try {
    await mkdir(join(folder, 'rejects'));
    const own = new Set(all.flatMap(filesOfShard).map(({ file }) => file));
    const others = othersSums(await destination.read('SHA256SUMS'), own);
    const asked = new Set(chosen.map(({ file }) => file));
    const wanted = all.filter((shard) => asked.has(shard.file) || isThere(shard, there));
    const changed = await papers.send(destination, {
      'dataset.json': await readFile(datasetPath(layout), 'utf8'),
      'LOAD.md': loadText(dataset),
      SHA256SUMS: sumsText(wanted, others),
    });
    if (groups.length === 0) return (await sendManifest()) || changed ? nothingSent : undefined;
    const send = async (group: readonly ShardEntry[]): Promise<Amount> => {
      const files = group.flatMap(filesOfShard).filter(({ file }) => !there.has(file));
      for (const { file } of files) {
        if ((await sizeOf(inShards(layout, file))) === undefined) throw await damagedHere(context, group, file);
      }
      const whole = await destination.send(layout.shards, files);
      for (const file of whole) there.add(file);
      // What is whole there is named there, also when another file of the group is not.
      await sendManifest();
      for (const { file, sha256 } of files) {
        if (whole.has(file)) continue;
        if ((await sha256OfFile(inShards(layout, file))) !== sha256) throw await damagedHere(context, group, file);
        throw changedOnTheWay(destination, file);
      }
      return group.reduce((sum, { rows, bytes }) => ({ rows: sum.rows + rows, bytes: sum.bytes + bytes }), {
        rows: 0,
        bytes: 0,
      });
    };
    const units = groups.map((group) => ({
      name: groupName(group),
      rows: group.reduce((sum, { rows }) => sum + rows, 0),
      run: (progress: UnitProgress) => {
        progress({ phase: 'sending and checking' });
        return send(group).catch((error: unknown) => {
          // A place that is full is full for the shards after this one too.
          if (error instanceof TransloadError && error.code === 'DISK_FULL') context.stop(error);
          throw error;
        });
      },
    }));
    return await runStage({ ...context, workers: 1 }, { stage: 'ship', units, alreadyDone: done, note: '' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const nothingSent: StageResult = { done: 0, rows: 0, bytes: 0, failed: [], stopped: false, seconds: 0 };

function groupName(group: readonly ShardEntry[]): string {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return '';
  return showRange({ from: shardRange(first).from, to: shardRange(last).to });
}

async function damagedHere(context: Context, group: readonly ShardEntry[], file: string): Promise<TransloadError> {
  const path = inShards(context.layout, file);
  const what = (await sizeOf(path)) === undefined ? 'is missing' : 'is not the file that was written';
  const shard = group.find((one) => filesOfShard(one).some((sum) => sum.file === file));
  const range = shard === undefined ? [] : [`RANGE=${shard.first}-${shard.last}`];
  return damagedError('SHARD_DAMAGED', `${path} ${what}`, `make it again: ${againText('join', range)}`);
}
