import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { step } from '../core/steps.js';
import { readText } from './json-lines.js';
import { type Layout, lastRunPath } from './layout.js';

/** Errors that are kept of one run. */
const errorsMax = 20;

const lastRunSchema = z.object({
  host: z.string(),
  begin: z.string(),
  end: z.string(),
  outcome: z.enum(['done', 'failed', 'interrupted']),
  errors: z.array(z.object({ unit: z.string().nullable(), code: z.string(), message: z.string(), hint: z.string() })),
  errorCount: z.number().int(),
});
export type LastRun = z.infer<typeof lastRunSchema>;

/** How the last run of a stage ended; undefined where none could say so. What is damaged tells nothing. */
export async function readLastRun(layout: Layout, stage: string): Promise<LastRun | undefined> {
  try {
    return lastRunSchema.parse(JSON.parse((await readText(lastRunPath(layout, stage))) ?? ''));
  } catch {
    return undefined;
  }
}

/**
 * Keeps how a run ended, for those who look later. Nothing depends on it: where it cannot be written, as on a full disk,
 * it is not.
 */
export async function writeLastRun(layout: Layout, stage: string, run: LastRun): Promise<void> {
  step('write last run');
  const text = JSON.stringify({ format: 1, ...run, errors: run.errors.slice(0, errorsMax) });
  await writeFile(lastRunPath(layout, stage), `${text}\n`).catch(() => undefined);
}
