import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Env, fileHashes, inData, onServer } from '../migration.js';
import { smallDataset } from './small-dataset.js';

/** The newest line of every file of a manifest, without what differs from run to run. */
export function recordedFiles(folder: string): Record<string, unknown> {
  const lines = readdirSync(folder)
    .filter((name) => name.startsWith('manifest.'))
    // What is behind the last newline is a line that a kill has torn: no reader takes it.
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .map(({ time, run, seconds, snapshot, ...rest }) => rest);
  return Object.fromEntries(lines.map((line) => [line.file, line]));
}

/** Names of all files of a dataset's folder but locks: one that a killed run left behind is one too many. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.lock-') && !entry.name.startsWith('.lock-'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/**
 * What a data folder holds when all is done: files by name, bytes of Parquet files, records. A plain run does not look
 * at files that an AGAIN=1 before it had begun to make anew and did not come to replace: what it left of those matters
 * to nobody (`unfinished` leaves them out).
 */
export function folderState(env: Env, unfinished = false): Record<string, unknown> {
  const folder = inData(env.DATA_DIR ?? '');
  const files = filesIn(folder);
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const papers = ['shards/dataset.json', 'shards/SHA256SUMS', 'shards/LOAD.md'].filter((name) => files.includes(name));
  return {
    files: files.filter((name) => !unfinished || !(name.endsWith('.tmp') || name.startsWith('tmp/'))),
    hashes: fileHashes(folder),
    recorded: ['export', 'shards']
      .filter((name) => files.some((file) => file.startsWith(`${name}/manifest.`)))
      .map((name) => recordedFiles(join(folder, name))),
    plan: text('plan.json').replace(/"planned": "[^"]*"/, ''),
    papers: papers.map(text),
  };
}

/**
 * Rows, keys, versions and content of the loaded table, as the server stores it. A plain run after an AGAIN=1 that was
 * killed keeps what is whole: each row once, of the one version or the other.
 */
export async function tableState(
  env: Env,
  versions: 'one version' | 'any version' = 'one version',
  table = 'images_analytical',
): Promise<string> {
  const columns = smallDataset.columns.filter(({ place }) => place === 'target').map(({ name }) => name);
  const counted = versions === 'one version' ? 'uniqExact(updated_at)' : "'-'";
  return onServer(
    '26.7',
    `SELECT count(), uniqExact(image_id), ${counted}, sum(cityHash64(${columns.join(', ')}))
     FROM ${env.BOX_DATABASE}.${table}`,
  );
}

/** The same of every table of the database by its name: a swap keeps the old one beside the new one. */
export async function tablesState(env: Env): Promise<Record<string, string>> {
  const names = await onServer(
    '26.7',
    `SELECT name FROM system.tables WHERE database = '${env.BOX_DATABASE}' ORDER BY name`,
  );
  const states: Record<string, string> = {};
  for (const name of names.split('\n').filter(Boolean)) states[name] = await tableState(env, 'one version', name);
  return states;
}

/** Rows and content of the table, and whether each of its partitions is one part. */
export async function mergedState(env: Env): Promise<string[]> {
  const parts = `SELECT count() = uniqExact(partition), min(level) > 0 FROM system.parts WHERE active AND database = '${env.BOX_DATABASE}'`;
  return [await tableState(env), await onServer('26.7', parts)];
}

/** What lies at the destination of a shipment: every file with its bytes' hash, and what the manifest there names. */
export function shippedState({ DEST = '' }: Env): Record<string, unknown> {
  const files = readdirSync(DEST, { recursive: true, encoding: 'utf8' }).sort();
  const papers = ['dataset.json', 'SHA256SUMS', 'LOAD.md'].map((name) => readFileSync(join(DEST, name), 'utf8'));
  return { files, hashes: fileHashes(DEST), recorded: recordedFiles(DEST), papers };
}
