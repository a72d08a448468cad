/** Stable codes that a person can search for; each is explained in `docs/errors.md`. */
export type ErrorCode =
  | 'ALERTS_PAUSED'
  | 'API_REFUSED'
  | 'API_UNAVAILABLE'
  | 'CHECKPOINT_CORRUPT'
  | 'CHECKPOINT_UNSUPPORTED'
  | 'COMMAND_INVALID'
  | 'CONNECT_UNAVAILABLE'
  | 'DATA_LOSS'
  | 'DISK_FULL'
  | 'DOCKER_UNAVAILABLE'
  | 'FENCED'
  | 'HOME_READ_ONLY'
  | 'INTERNAL'
  | 'NOT_ALLOWED_NOW'
  | 'OWNED_BY_OTHER'
  | 'PORT_TAKEN'
  | 'SETTINGS_INVALID'
  | 'SOURCE_CHANGED'
  | 'SOURCE_UNAVAILABLE'
  | 'SQL_UNAVAILABLE'
  | 'STACK_FAILED'
  | 'STORE_UNAVAILABLE'
  | 'TABLE_AHEAD'
  | 'TABLE_BEHIND'
  | 'TABLE_UNSUPPORTED'
  | 'WORKER_DIED';

/** What an error carries beside its code. Sentences are complete and are shown to people as they are. */
export interface ErrorFacts {
  /** What was being done, e.g. "Reading offsets/12 of the Bronze checkpoint". */
  readonly tried: string;
  /** What was found instead of what was wanted. */
  readonly seen: string;
  /** What would have been right. */
  readonly expected: string;
  /** What the person can do about it. */
  readonly action: string;
  /** True when trying the same thing again later may succeed by itself. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The one error class of Sluice: a code and the four sentences that a person needs. */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly tried: string;
  readonly seen: string;
  readonly expected: string;
  readonly action: string;
  readonly retryable: boolean;

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(`${facts.tried}: ${facts.seen}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'SluiceError';
    this.code = code;
    this.tried = facts.tried;
    this.seen = facts.seen;
    this.expected = facts.expected;
    this.action = facts.action;
    this.retryable = facts.retryable ?? false;
  }
}

/** An error as plain data, for thread, socket and window borders. It has no stack and no cause. */
export interface ErrorView {
  readonly code: ErrorCode;
  readonly message: string;
  readonly tried: string;
  readonly seen: string;
  readonly expected: string;
  readonly action: string;
  readonly retryable: boolean;
}

/** Turns anything thrown into plain data; what is no {@link SluiceError} becomes `INTERNAL`. */
export function toErrorView(error: unknown, tried = 'Working'): ErrorView {
  const known = error instanceof SluiceError ? error : internalError(error, tried);
  const { code, message, seen, expected, action, retryable } = known;
  return { code, message, tried: known.tried, seen, expected, action, retryable };
}

/** Rebuilds an error that crossed a border as plain data. */
export function fromErrorView(view: ErrorView): SluiceError {
  return new SluiceError(view.code, view);
}

function internalError(error: unknown, tried: string): SluiceError {
  const seen = error instanceof Error ? error.message : String(error);
  const action = 'Open the log for the details; start again once the cause is gone.';
  return new SluiceError('INTERNAL', { tried, seen, expected: 'no error', action, cause: error });
}

/** True when another run owns the checkpoint: trying again is for a person to decide. */
export function isFenced(error: unknown): boolean {
  return error instanceof SluiceError && error.code === 'FENCED';
}

/** Ends an exhaustive switch: the compiler complains when a case is missing. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
