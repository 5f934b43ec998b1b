import { exits, messageOf, TransloadError } from '../core/errors.js';
import { otherProtocol } from '../core/known-ports.js';
import { tlsFailure } from '../core/tls-failure.js';

/** Unauthorized, AuthenticationFailed, and AtlasError, by which hosted servers say the same. */
const refusedCodes = new Set([13, 18, 8000]);
/**
 * Errors of a statement that the server will not take the second time either: BadValue, FailedToParse, TypeMismatch,
 * CommandNotFound, InvalidOptions, CommandNotSupported, InvalidPipelineOperator, QueryExceededMemoryLimit, and an
 * unrecognised stage or expression.
 */
const finalCodes = new Set([2, 9, 14, 59, 72, 115, 168, 292, 40323, 40324]);

/** True where the server knows the user and does not let them. */
export const isUnauthorized = (error: unknown): boolean => (error as { code?: number }).code === 13;

/**
 * Turns what the driver throws into an error a person can act on; `what` says what was being done and where, `role` how
 * the user gets the role that is missing, where that is known.
 */
export function mongoError(error: unknown, what: string, server: string, role = ''): TransloadError {
  if (error instanceof TransloadError) return error;
  const { code = 0, codeName } = error as { code?: number; codeName?: string };
  const text = `${what}: ${messageOf(error)}${codeName === undefined ? '' : ` (${codeName})`}`;
  const options = { cause: error };
  if (refusedCodes.has(code)) {
    if (role !== '') return new TransloadError(exits.unreachable, 'SOURCE_PRIVILEGE', text, role, options);
    const hint = `check MONGO_USER and MONGO_PASSWORD for ${server}; the user needs the role "read"`;
    return new TransloadError(exits.unreachable, 'SOURCE_REFUSED', text, hint, options);
  }
  const failure = tlsFailure(error, 'MONGO');
  if (failure !== undefined) {
    const words = `${what}: ${failure.what} (${messageOf(error)})`;
    return new TransloadError(exits.unreachable, 'SOURCE_TLS', words, failure.hint, options);
  }
  if (finalCodes.has(code)) {
    const hint = 'compare the source with the dataset by `make check`';
    return new TransloadError(exits.failed, 'SOURCE_FAILED', text, hint, options);
  }
  const other = what.startsWith('cannot connect') ? otherProtocol(server, '27017') : '';
  const hint = `is ${server} up and reachable${other}? Nothing is half-written: run the same command again`;
  return new TransloadError(exits.unreachable, 'SOURCE_LOST', text, hint, { ...options, retryable: true });
}
