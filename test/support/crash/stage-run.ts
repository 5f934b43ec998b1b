import { TransloadError } from '../../../src/core/errors.js';
import { exportCommand } from '../../../stages/export.js';
import { joinCommand } from '../../../stages/join.js';
import { loadCommand } from '../../../stages/load.js';
import { optimizeCommand } from '../../../stages/optimize.js';
import { rollbackCommand } from '../../../stages/rollback.js';
import { errorLines } from '../../../stages/sentences.js';
import { openSession } from '../../../stages/session.js';
import { shipCommand } from '../../../stages/ship.js';
import type { Env } from '../migration.js';

const commands = {
  export: exportCommand,
  join: joinCommand,
  load: loadCommand,
  optimize: optimizeCommand,
  rollback: rollbackCommand,
  ship: shipCommand,
};
export type StageCommand = keyof typeof commands;

/**
 * Runs a command to its end inside this process, which spares the start of one: after each of hundreds of kills the
 * command is run again. Gives what it says at its end.
 *
 * @throws Error where its exit code would not be 0
 */
export async function runStageHere(command: StageCommand, env: Env): Promise<string> {
  let text = '';
  const session = openSession(
    env,
    command,
    (event) => {
      if (event.event === 'stage-done') text = event.text;
      if (event.event === 'unit-failed') text += errorLines(event.error);
    },
    new AbortController(),
  );
  try {
    const exit = await commands[command](session);
    if (exit !== 0) throw new Error(`${command} ended with ${exit}: ${text}`);
    return text;
  } catch (error) {
    throw error instanceof TransloadError ? new Error(errorLines(error), { cause: error }) : error;
  } finally {
    for (const close of session.closing.reverse()) await close();
  }
}
