import { readText } from '../manifest/json-lines.js';
import { inShards, type Layout } from '../manifest/layout.js';
import { readShards } from '../manifest/manifest.js';

/**
 * Shards that SHA256SUMS lists and no manifest names: a ship that has not come to its end, or a join that was stopped
 * while it made them anew. They are not loaded, and must not be passed over in silence.
 */
export async function listedOnly(layout: Layout): Promise<string[]> {
  const text = await readText(inShards(layout, 'SHA256SUMS'));
  if (text === undefined) return [];
  const known = await readShards(layout);
  const listed = text.split('\n').map((line) => line.slice(66));
  return listed.filter((file) => file.endsWith('.parquet') && !file.includes('/') && !known.has(file));
}

/** The words of it for people. */
export function listedOnlyText(files: readonly string[]): string {
  return `${files.length} shards of SHA256SUMS are not in the manifest and not loaded (${files.slice(0, 3).join(', ')}): run \`make ship\` again, or \`make join\` where they are made`;
}
