import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../cli.js';
import { boxEnv, type Env, inData, onServer } from '../migration.js';
import { folderState, mergedState, shippedState, tableState, tablesState } from './end-state.js';
import { runStageHere, type StageCommand } from './stage-run.js';

/** A stage in one situation: what is there before, what is run and killed, and what is run after it. */
export interface Scenario {
  readonly name: string;
  readonly command: StageCommand;
  /** More of the environment of the run that is killed. */
  readonly killed: Env;
  /** Runs after the kill, each on a copy of what it left where there are several. */
  readonly after: readonly After[];
  /** Makes the state before in a data folder and, for loads, a database of that name. */
  prepare(place: Place): Promise<Env>;
}

/** A run after the kill, and what must be the same as after the scenario without a kill. */
export interface After {
  readonly env: Env;
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
const swap = { SWAP: '1' };

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
    await runStageHere('load', target);
    return target;
  };
  const changedShards = async (place: Place): Promise<Env> => {
    const target = await loaded(place);
    const shards = join(inData(place.folder), 'shards');
    rmSync(shards, { recursive: true });
    cpSync(join(inData(await joinedOtherwise()), 'shards'), shards, { recursive: true });
    return target;
  };
  const swapped = async (place: Place): Promise<Env> => {
    const target = await changedShards(place);
    await runStageHere('load', { ...target, ...swap });
    return target;
  };
  const unshipped = async (place: Place): Promise<Env> => {
    const dest = `${place.folder}-dest`;
    rmSync(dest, { recursive: true, force: true });
    return { ...(await copyOf(joined)(place)), DEST: dest };
  };
  const files = async (given: Env): Promise<unknown> => folderState(given);
  const mostFiles = async (given: Env): Promise<unknown> => folderState(given, true);
  const rows = (given: Env): Promise<unknown> => tableState(given);
  const anyVersion = (given: Env): Promise<unknown> => tableState(given, 'any version');
  const tables = (given: Env): Promise<unknown> => tablesState(given);
  const merged = (given: Env): Promise<unknown> => mergedState(given);
  const shipped = async (given: Env): Promise<unknown> => shippedState(given);
  const exports = { command: 'export', killed: {}, after: [{ env: {}, state: files }] } as const;
  const joins = { ...exports, command: 'join' } as const;
  const loads = { command: 'load', killed: {}, after: [{ env: {}, state: rows }] } as const;
  // The same command, and a plain one: it keeps what is whole.
  const filesAgain = [
    { env: again, state: files },
    { env: {}, state: mostFiles },
  ];
  return [
    { name: 'export', ...exports, prepare: copyOf(undefined) },
    { name: 'export again', ...exports, killed: again, after: filesAgain, prepare: copyOf(exported) },
    { name: 'join', ...joins, prepare: copyOf(exported) },
    { name: 'join again', ...joins, killed: again, after: filesAgain, prepare: copyOf(joined) },
    { name: 'load', ...loads, prepare: emptyTarget },
    { name: 'load again', ...loads, killed: again, after: [{ env: again, state: rows }], prepare: loaded },
    {
      name: 'load again, then plain',
      ...loads,
      killed: again,
      after: [{ env: {}, state: anyVersion }],
      prepare: loaded,
    },
    { name: 'load of changed shards', ...loads, prepare: changedShards },
    { name: 'swap', ...loads, killed: swap, after: [{ env: swap, state: tables }], prepare: changedShards },
    { name: 'swap, then plain', ...loads, killed: swap, prepare: changedShards },
    { name: 'rollback', ...loads, command: 'rollback', after: [{ env: {}, state: tables }], prepare: swapped },
    { name: 'optimize', ...loads, command: 'optimize', after: [{ env: {}, state: merged }], prepare: loaded },
    { name: 'ship', ...exports, command: 'ship', after: [{ env: {}, state: shipped }], prepare: unshipped },
  ];
}
