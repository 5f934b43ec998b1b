#!/usr/bin/env node
import { cac } from 'cac';
import { diskFull, isDiskFull } from '../src/core/disk-full.js';
import { type Exit, exits, messageOf, TransloadError, usageError } from '../src/core/errors.js';
import type { Report } from '../src/core/events.js';
import { step } from '../src/core/steps.js';
import { type Environment, readEnvironment } from './config.js';
import { recordSteps } from './crash-steps.js';
import { type CommandName, commands, flagsOf, variableOf } from './flags.js';
import { errorFields, jsonScreen, plainScreen, type Screen } from './plain.js';
import { withResources } from './resources.js';
import { errorLines, interruptedHint, stoppingText } from './sentences.js';
import { openSession, type Session } from './session.js';

/** Each command is imported when it runs: `status` must not wait for engines it does not use. */
const handlers: Record<CommandName, (session: Session) => Promise<Exit | void>> = {
  demo: async (session) => (await import('./demo/demo.js')).demoCommand(session),
  check: async (session) => (await import('./check.js')).checkCommand(session),
  plan: async (session) => (await import('./plan.js')).planCommand(session),
  export: async (session) => (await import('./export.js')).exportCommand(session),
  join: async (session) => (await import('./join.js')).joinCommand(session),
  load: async (session) => (await import('./load.js')).loadCommand(session),
  ship: async (session) => (await import('./ship.js')).shipCommand(session),
  verify: async (session) => (await import('./verify.js')).verifyCommand(session),
  optimize: async (session) => (await import('./optimize.js')).optimizeCommand(session),
  rollback: async (session) => (await import('./rollback.js')).rollbackCommand(session),
  status: async (session) => (await import('./status.js')).statusCommand(session),
  report: async (session) => (await import('./report.js')).reportCommand(session),
  show: async (session) => (await import('./show.js')).showCommand(session),
  query: async (session) => (await import('./query.js')).queryCommand(session),
};

async function screenFor(env: Environment): Promise<Screen> {
  // Whoever reads may stop reading (`| head`): the work goes on.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const write = (text: string): void => {
    process.stdout.write(text);
  };
  if (env.JSON && env.JSON !== '0') return jsonScreen(write);
  if (!process.stdout.isTTY || env.CI) return plainScreen(write, (text) => process.stderr.write(text));
  const { terminalScreen } = await import('./render.js');
  return terminalScreen(process.stdout);
}

/** Ctrl-C: the first lets running units end cleanly undone, the second ends the process at once. */
function onInterrupt(command: string, abort: AbortController, report: Report): void {
  const stop = (): void => {
    if (abort.signal.aborted) process.exit(exits.interrupted);
    report({ event: 'stopping', text: stoppingText });
    abort.abort(
      new TransloadError(exits.interrupted, 'INTERRUPTED', `${command} was interrupted`, interruptedHint(command)),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** What was thrown, once an interruption has had its say: whatever breaks because of it is not the story. */
function asError(thrown: unknown, signal: AbortSignal, command: string, folder: string): TransloadError {
  if (signal.aborted && signal.reason instanceof TransloadError) return signal.reason;
  if (thrown instanceof TransloadError) return thrown;
  if (isDiskFull(thrown)) return diskFull(`cannot ${command}`, folder, messageOf(thrown), thrown);
  return new TransloadError(exits.bug, 'BUG', messageOf(thrown), 'please report this with the stack below', {
    cause: thrown,
  });
}

async function run(command: CommandName, env: Environment): Promise<Exit> {
  const abort = new AbortController();
  const screen = await screenFor(env);
  const resources = withResources((event) => screen.show(event));
  onInterrupt(command, abort, resources.report);
  let session: Session | undefined;
  try {
    recordSteps(env);
    session = openSession(env, command, resources.report, abort);
    const exit = await handlers[command](session);
    step('end');
    return exit ?? exits.done;
  } catch (thrown) {
    const error = asError(thrown, abort.signal, command, session?.layout.root ?? '.');
    await screen.close();
    if (env.JSON && env.JSON !== '0')
      process.stdout.write(`${JSON.stringify({ event: 'error', ...errorFields(error) })}\n`);
    process.stderr.write(`${errorLines(error)}\n`);
    if (error.exit === exits.bug && error.cause instanceof Error) process.stderr.write(`${error.cause.stack}\n`);
    return error.exit;
  } finally {
    resources.stop();
    await screen.close();
    for (const close of session?.closing.reverse() ?? []) await Promise.resolve(close()).catch(() => undefined);
  }
}

/** Flags of the command line over the environment: both have the same words. */
function withFlags(command: CommandName, given: Record<string, unknown>): Environment {
  const env: Record<string, string | undefined> = { ...readEnvironment() };
  const known = new Map(
    flagsOf(command).map((flag) => [flag.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()), flag]),
  );
  for (const [name, value] of Object.entries(given)) {
    if (name === '--') continue;
    const flag = known.get(name);
    if (flag === undefined)
      throw usageError('FLAG_UNKNOWN', `${command} has no flag --${name}`, `transload ${command} --help`);
    env[variableOf(flag)] = value === true ? '1' : value === false ? '0' : String(value);
  }
  return env;
}

async function main(): Promise<Exit> {
  const cli = cac('transload');
  const begun: { work?: Promise<Exit> } = {};
  for (const name of Object.keys(commands) as CommandName[]) {
    const command = cli.command(name, commands[name].what).allowUnknownOptions();
    for (const flag of flagsOf(name)) {
      command.option(`--${flag.name}${flag.value === undefined ? '' : ` <${flag.value}>`}`, flag.what);
    }
    command.action((given: Record<string, unknown>) => {
      begun.work = (async () => run(name, withFlags(name, given)))();
    });
  }
  cli.help();
  cli.parse(process.argv, { run: false });
  if (cli.options.help) return exits.done;
  if (!cli.matchedCommand) {
    if (cli.args[0] !== undefined)
      throw usageError('COMMAND_UNKNOWN', `there is no command ${cli.args[0]}`, 'transload --help lists them');
    cli.outputHelp();
    return exits.done;
  }
  await cli.runMatchedCommand();
  return (await begun.work) ?? exits.done;
}

try {
  process.exitCode = await main();
} catch (error) {
  const known = error instanceof TransloadError ? error : usageError('USAGE', messageOf(error), 'transload --help');
  process.stderr.write(`${errorLines(known)}\n`);
  process.exitCode = known.exit;
}
