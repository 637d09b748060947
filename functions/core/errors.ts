/** When may the caller try again: in this call, on the next look, or not until a person acts. */
export type Retry = 'now' | 'nextLook' | 'never';

/** The closed list of error codes. Each has an anchor in docs/runbook.md (checked by a test). */
export const ERROR_CODES = [
  'ETCD_UNAVAILABLE',
  'ETCD_REFUSED',
  'ETCD_ACCESS',
  'SNAPSHOT_DAMAGED',
  'AWS_THROTTLED',
  'AWS_DENIED',
  'AWS_GONE',
  'AWS_UNAVAILABLE',
  'CONFIG_INVALID',
  'EVENT_MALFORMED',
  'ANSWER_UNDELIVERED',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export type ErrorContext = Readonly<Record<string, string | number>>;

/** The world refused or did not answer. Thrown by adapters only; the engine decides by `retry`. */
export class OperationError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly context: ErrorContext;

  constructor(code: ErrorCode, retry: Retry, message: string, context: ErrorContext = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OperationError';
    this.code = code;
    this.retry = retry;
    this.context = context;
  }
}

/** We are wrong: a bug, never a state of the world. Handled only at the outermost edge. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** @throws {InvariantError} the claim is false, which is our fault. */
export function invariant(claim: boolean, message: string): asserts claim {
  if (!claim) throw new InvariantError(message);
}

/** Ends a `switch` over a union: a new variant is then a compile error. */
export function unreachable(value: never): never {
  throw new InvariantError(`unhandled variant: ${JSON.stringify(value)}`);
}
