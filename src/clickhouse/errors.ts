import { type Exit, exits, messageOf, TransloadError, usageError } from '../core/errors.js';
import { tlsFailure } from '../core/tls-failure.js';
import { serverCodes } from './client.js';

/** An error of a ClickHouse server, with its own code (https://clickhouse.com/docs: system.errors lists them). */
class ClickHouseError extends TransloadError {
  /** The server's error number, 0 where the failure was not the server's word. */
  readonly number: number;

  constructor(
    number: number,
    exit: Exit,
    code: string,
    message: string,
    hint: string,
    retryable: boolean,
    cause: unknown,
  ) {
    super(exit, code, message, hint, { cause, retryable });
    this.number = number;
  }
}

const refused = new Set<number>([serverCodes.authenticationFailed, serverCodes.wrongPassword, 192, 194]);
const passing = new Set<number>([
  serverCodes.timeout,
  serverCodes.alreadyRunning,
  202,
  209,
  210,
  242,
  279,
  319,
  394,
  425,
  999,
]);

/** The client's own words when nothing was sent or received for the time limit. */
const noAnswer = /^Timeout error\.?$/;

/** The number in the server's text: `Code: 60. DB::Exception: …`. */
function numberOf(error: unknown): number {
  const code = (error as { code?: string | number }).code;
  if (typeof code === 'number' || /^\d+$/.test(code ?? '')) return Number(code);
  return Number(/Code: (\d+)\./.exec(messageOf(error))?.[1] ?? 0);
}

/** The first sentence of the server's message, without its stack and version. */
function shortMessage(error: unknown): string {
  const text = messageOf(error).replace(/\s*\(version [^)]*\)\s*$/, '');
  return text.length > 600 ? `${text.slice(0, 600)} …` : text;
}

/** Turns what a client throws into an error a person can act on. */
export function clickhouseError(error: unknown, what: string, where: string, variables: string): TransloadError {
  if (error instanceof TransloadError) return error;
  const number = numberOf(error);
  const text = `${what}: ${shortMessage(error)}`;
  const make = (exit: Exit, code: string, hint: string, retryable: boolean): ClickHouseError =>
    new ClickHouseError(number, exit, code, text, hint, retryable, error);
  if (refused.has(number)) {
    return make(exits.unreachable, 'TARGET_REFUSED', `check ${variables}_USER and ${variables}_PASSWORD`, false);
  }
  if (number === serverCodes.readonly) {
    const hint = "the user's profile is readonly: ALTER USER <user> MODIFY SETTINGS readonly = 0, or name another user";
    return make(exits.unreachable, 'TARGET_PRIVILEGE', hint, false);
  }
  if (number === serverCodes.accessDenied) {
    const grant =
      /grant .+?(?=\.(?:\s|$)|$)/i.exec(messageOf(error))?.[0] ?? 'GRANT SELECT, INSERT ON <database>.* TO <user>';
    return make(exits.unreachable, 'TARGET_PRIVILEGE', `the user lacks a privilege: ${grant}`, false);
  }
  if (number === serverCodes.memoryLimit) {
    return make(
      exits.failed,
      'TARGET_MEMORY',
      `set ${variables}_INSERT_ROWS to a smaller number of rows an insert`,
      false,
    );
  }
  // Another meaning of the same number: more partitions in one insert than it may have.
  if (number === serverCodes.tooManyParts && !/too many partitions/i.test(text)) {
    const hint = 'its merges are behind: wait for them, or run `make optimize`, then load again';
    return make(exits.failed, 'TARGET_PARTS', hint, true);
  }
  // What the native protocol's port answers to HTTP, whatever its number.
  if (number === 0 && /is for clickhouse-client program/.test(text)) {
    const port = /use port (\d+) for HTTP/.exec(text)?.[1] ?? '8123 or 8443';
    const hint = `transload speaks HTTP: write ${variables}_URL with port ${port}`;
    return usageError('NATIVE_PORT', `${what}: its port speaks ClickHouse's native protocol`, hint);
  }
  const tls = number === 0 ? tlsFailure(error, variables) : undefined;
  if (tls !== undefined) {
    const words = `${what}: ${tls.what} (${shortMessage(error)})`;
    return new TransloadError(exits.unreachable, 'TARGET_TLS', words, tls.hint, { cause: error });
  }
  if (number === 0 && noAnswer.test(messageOf(error))) {
    const hint = `where inserts take longer, set ${variables}_TIMEOUT to more seconds or ${variables}_INSERT_ROWS to fewer rows`;
    return make(exits.unreachable, 'TARGET_TIMEOUT', hint, true);
  }
  if (number === 0) {
    return make(
      exits.unreachable,
      'TARGET_LOST',
      `is ClickHouse at ${where} up and reachable? see ${variables}_URL`,
      true,
    );
  }
  return make(
    exits.failed,
    'TARGET_FAILED',
    "read the server's message; nothing was recorded as loaded",
    passing.has(number),
  );
}
