import { type ErrorCode, type ErrorContext, OperationError, type Retry } from '../core/errors.ts';
import type { AwsCall } from './aws-calls.ts';

/** `PriorRequestNotComplete`: Route 53 is still busy with the change of the zone that came before. */
const THROTTLED =
  /throttl|^(RequestLimitExceeded|TooManyRequestsException|TooManyUpdates|SlowDown|PriorRequestNotComplete)$/i;
const DENIED =
  /denied|unauthorized|^(AuthFailure|OptInRequired|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|ExpiredToken(Exception)?|MissingAuthenticationToken(Exception)?|CredentialsProviderError)$/i;
const GONE =
  /^(ParameterNotFound|ResourceNotFoundException|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue|NoSuchHostedZone|NoSuchChange|NoSuchBucket|NoSuchKey|NoSuchUpload)$/;
/** Auto Scaling has no error name for a group that vanished: the text tells (`AutoScalingGroup name not found`). */
const GROUP_GONE = /AutoScalingGroup.*not found/i;

const CONNECTION_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

type Verdict = readonly [code: ErrorCode, retry: Retry, words: string];

/**
 * Puts an AWS failure in our words; the original travels as `cause`. The client
 * has repeated the call already, so nothing here says `now`.
 *
 * @throws the failure itself, when it is not AWS's: a bug of ours must not be dressed as weather.
 */
export function translateAwsError(cause: unknown, call: AwsCall, context: ErrorContext = {}): OperationError {
  if (cause instanceof OperationError) return cause;
  const verdict = cause instanceof Error ? judge(cause) : null;
  if (verdict === null) throw cause;
  const [code, retry, words] = verdict;
  return new OperationError(code, retry, `${call} ${words}`, { call, ...context }, cause);
}

/** An answer without something that AWS always sends: nothing may be concluded from it. */
export function malformedAnswer(call: AwsCall, what: string): OperationError {
  return new OperationError('AWS_UNAVAILABLE', 'nextLook', `${call} answered without ${what}`, { call });
}

/** @throws {OperationError} `AWS_UNAVAILABLE`: the answer lacks the field. */
export function present<Value>(value: Value | undefined | null, call: AwsCall, what: string): Value {
  if (value === undefined || value === null) throw malformedAnswer(call, what);
  return value;
}

function judge(error: Error): Verdict | null {
  const words = `: ${error.name}: ${error.message}`;
  if (THROTTLED.test(error.name)) return ['AWS_THROTTLED', 'nextLook', `was throttled${words}`];
  if (DENIED.test(error.name)) return ['AWS_DENIED', 'never', `was denied${words}`];
  if ('$fault' in error) return judgeAnswer(error, words);
  if (isSilence(error)) return ['AWS_UNAVAILABLE', 'nextLook', `was not answered${words}`];
  // The client could not read what came back: a cut answer, or a proxy's page.
  if ('$response' in error) return ['AWS_UNAVAILABLE', 'nextLook', `had an unreadable answer: ${error.name}`];
  return null;
}

/** A refusal that has no word here needs a person; a failing server does not. */
function judgeAnswer(error: Error, words: string): Verdict {
  const status = httpStatusOf(error);
  if (status === 429) return ['AWS_THROTTLED', 'nextLook', `was throttled${words}`];
  if (status === 401 || status === 403) return ['AWS_DENIED', 'never', `was denied${words}`];
  if (GONE.test(error.name) || GROUP_GONE.test(error.message)) {
    return ['AWS_GONE', 'nextLook', `found nothing there${words}`];
  }
  const isServer = ('$fault' in error && error.$fault === 'server') || (status ?? 0) >= 500;
  return isServer
    ? ['AWS_UNAVAILABLE', 'nextLook', `failed${words}`]
    : ['AWS_UNAVAILABLE', 'never', `was refused${words}`];
}

function isSilence(error: Error): boolean {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return true;
  return 'code' in error && typeof error.code === 'string' && CONNECTION_CODES.has(error.code);
}

function httpStatusOf(error: Error): number | undefined {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return;
  const metadata = error.$metadata;
  return 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined;
}
