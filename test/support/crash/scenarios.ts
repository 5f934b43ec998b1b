import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../cli.js';
import { boxEnv, type Env, inData, onServer } from '../migration.js';
import { folderState, tableState } from './end-state.js';

/** A stage in one situation: what is there before, what is run, killed and run again. */
export interface Scenario {
  readonly name: string;
  readonly command: 'export' | 'join' | 'load';
  /** More of the environment of the run that is killed. */
  readonly killed: Env;
  /** Of the run after it. */
  readonly after: Env;
  /** Makes the state before in a data folder and, for loads, a database of that name. */
  prepare(place: Place): Promise<Env>;
  state(env: Env): Promise<unknown>;
}

/** A data folder and a database of its own: runs side by side need different ones. */
export interface Place {
  readonly folder: string;
  readonly database: string;
}

/** Data folders of undisturbed runs. */
export interface Finished {
  readonly env: Env;
  readonly exported: string;
  readonly joined: string;
  /** Joined from the same exports with another option: other shards of the same names. Made when first asked for. */
  joinedOtherwise(): Promise<string>;
}

/** Runs the stages undisturbed, each on a copy of the folder before it. */
export async function finishStages(env: Env, folder: string): Promise<Finished> {
  const exported = join(folder, 'exported');
  await mustRun('export', { ...env, DATA_DIR: exported });
  const joinedWith = async (hands: string): Promise<string> => {
    const copy = join(folder, `joined-${hands}`);
    cpSync(exported, copy, { recursive: true });
    await mustRun('join', { ...env, DATA_DIR: copy, HANDS: hands });
    return copy;
  };
  let otherwise: Promise<string> | undefined;
  const joinedOtherwise = (): Promise<string> => {
    otherwise ??= joinedWith('mysql');
    return otherwise;
  };
  return { env, exported, joined: await joinedWith('either'), joinedOtherwise };
}

const again = { AGAIN: '1' };

/** Every stage: from nothing, again over what is there, and a plain run after one that was to do all again. */
export function scenariosOf({ env, exported, joined, joinedOtherwise }: Finished): Scenario[] {
  const copyOf =
    (from: string | undefined) =>
    async ({ folder }: Place): Promise<Env> => {
      rmSync(folder, { recursive: true, force: true });
      if (from !== undefined) cpSync(from, folder, { recursive: true });
      return { ...env, DATA_DIR: folder };
    };
  const emptyTarget = async (place: Place): Promise<Env> => {
    await onServer('26.7', `DROP DATABASE IF EXISTS ${place.database} SYNC`);
    return { ...(await copyOf(joined)(place)), ...boxEnv('26.7', place.database), CREATE: '1' };
  };
  const loaded = async (place: Place): Promise<Env> => {
    const target = await emptyTarget(place);
    await mustRun('load', target);
    return target;
  };
  const changedShards = async (place: Place): Promise<Env> => {
    const target = await loaded(place);
    const shards = join(inData(place.folder), 'shards');
    rmSync(shards, { recursive: true });
    cpSync(join(inData(await joinedOtherwise()), 'shards'), shards, { recursive: true });
    return target;
  };
  const files = async (given: Env): Promise<unknown> => folderState(given);
  const mostFiles = async (given: Env): Promise<unknown> => folderState(given, true);
  const rows = (given: Env): Promise<unknown> => tableState(given);
  const anyVersion = (given: Env): Promise<unknown> => tableState(given, 'any version');
  const exports = { command: 'export', state: files } as const;
  const joins = { command: 'join', state: files } as const;
  const loads = { command: 'load', state: rows } as const;
  return [
    { name: 'export', ...exports, killed: {}, after: {}, prepare: copyOf(undefined) },
    { name: 'export again', ...exports, killed: again, after: again, prepare: copyOf(exported) },
    {
      name: 'export again, then plain',
      ...exports,
      killed: again,
      after: {},
      prepare: copyOf(exported),
      state: mostFiles,
    },
    { name: 'join', ...joins, killed: {}, after: {}, prepare: copyOf(exported) },
    { name: 'join again', ...joins, killed: again, after: again, prepare: copyOf(joined) },
    { name: 'join again, then plain', ...joins, killed: again, after: {}, prepare: copyOf(joined), state: mostFiles },
    { name: 'load', ...loads, killed: {}, after: {}, prepare: emptyTarget },
    { name: 'load again', ...loads, killed: again, after: again, prepare: loaded },
    { name: 'load again, then plain', ...loads, killed: again, after: {}, prepare: loaded, state: anyVersion },
    { name: 'load of changed shards', ...loads, killed: {}, after: {}, prepare: changedShards },
  ];
}
