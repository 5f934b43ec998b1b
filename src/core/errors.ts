/** Exit codes of the command line (interface.md's table; the README repeats it). */
export const exits = {
  done: 0,
  bug: 1,
  usage: 2,
  failed: 3,
  nothingYet: 10,
  locked: 11,
  unreachable: 12,
  damaged: 13,
  interrupted: 130,
} as const;

export type Exit = (typeof exits)[keyof typeof exits];

/**
 * An error that a person can act on. `message` says what failed and where, `hint` what to do about it,
 * `code` is a stable word for scripts, `exit` the exit code of the process.
 */
export class TransloadError extends Error {
  readonly code: string;
  readonly exit: Exit;
  readonly hint: string;
  /** True where the same attempt may succeed later (a lost connection); false for credentials, privileges, schema. */
  readonly retryable: boolean;

  constructor(
    exit: Exit,
    code: string,
    message: string,
    hint: string,
    options: { cause?: unknown; retryable?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TransloadError';
    this.exit = exit;
    this.code = code;
    this.hint = hint;
    this.retryable = options.retryable ?? false;
  }
}

/** Wrong usage or configuration: exit 2. */
export function usageError(code: string, message: string, hint: string): TransloadError {
  return new TransloadError(exits.usage, code, message, hint);
}

/** A file or manifest of the data folder is damaged: exit 13. */
export function damagedError(code: string, message: string, hint: string): TransloadError {
  return new TransloadError(exits.damaged, code, message, hint);
}

/** The text of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(messageOf).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}

/** Throws where a fact that the code relies on does not hold: a bug, never bad input. */
export function assert(condition: unknown, fact: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${fact}`);
}
