import { readFile, stat } from 'node:fs/promises';
import type { z } from 'zod';
import { damagedError } from '../core/errors.js';
import { shellWord } from '../core/shell-word.js';

/** The text of a file, or undefined where there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

interface Known {
  /** Of the file's state: files are appended to or replaced, and either changes it. */
  readonly state: string;
  readonly schema: z.ZodType<unknown>;
  readonly lines: readonly unknown[];
}

/** What was read in this process: a stage asks for the same 17,000 lines at several places. */
const known = new Map<string, Known>();

/**
 * Reads a file of one JSON object a line; what has not changed since this process read it is not read again. A last line
 * without its newline was torn by a kill and is ignored; other damage is an error with file and line.
 */
export async function readJsonLines<T>(path: string, schema: z.ZodType<T>): Promise<readonly T[]> {
  const state = await stateOf(path);
  const before = known.get(path);
  if (before !== undefined && before.state === state && before.schema === schema) return before.lines as T[];
  // What is appended after the look at its state is read twice, and never missed.
  const text = await readText(path);
  const lines = text === undefined ? [] : parseLines(path, text, schema);
  if (state !== undefined) known.set(path, { state, schema, lines });
  return lines;
}

async function stateOf(path: string): Promise<string | undefined> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${dev} ${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseLines<T>(path: string, text: string, schema: z.ZodType<T>): T[] {
  const lines = text.split('\n').slice(0, -1);
  const found: T[] = [];
  for (const [index, line] of lines.entries()) {
    const checked = schema.safeParse(parseJson(line));
    if (!checked.success) {
      const issue = checked.error.issues[0];
      throw damagedError(
        'MANIFEST_DAMAGED',
        `${path} line ${index + 1} is damaged (${issue?.path.join('.') ?? ''} ${issue?.message ?? ''})`,
        `remove that line: sed -i.bak '${index + 1}d' ${shellWord(path)}; what it recorded is done again by the next run`,
      );
    }
    found.push(checked.data);
  }
  return found;
}

/** Reads a whole JSON file; undefined where there is none. */
export async function readJson<T>(path: string, schema: z.ZodType<T>, hint: string): Promise<T | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const checked = schema.safeParse(parseJson(text));
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  const where = issue ? `${issue.path.join('.')} ${issue.message}` : 'no JSON';
  throw damagedError('FILE_DAMAGED', `${path} is damaged (${where})`, hint);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
