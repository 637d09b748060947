import type { ErrorContext } from '../core/errors.ts';
import type { AwsCall, OnCall } from './aws-calls.ts';
import { malformedAnswer, translateAwsError } from './aws-errors.ts';

/**
 * Bounds of every client. Without `throwOnRequestTimeout` the SDK only logs a
 * warning when `requestTimeout` is over, and goes on waiting.
 */
export const CLIENT_SETTINGS = {
  maxAttempts: 3,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
};

/**
 * For one call with all its attempts. `requestTimeout` ends when the headers are
 * there: an answer that stalls in its body would otherwise be waited for without end.
 */
export const CALL_DEADLINE_MS = 8_000;

/** Far beyond any cluster; a token that comes back for ever must not become an endless loop. */
const PAGES_MAX = 200;

export interface SendOptions {
  readonly abortSignal: AbortSignal;
}

/** Makes one call: tells `onCall`, bounds its time, and puts its failure in our words. */
export type Call = <Answer>(
  call: AwsCall,
  send: (options: SendOptions) => Promise<Answer>,
  context?: ErrorContext,
) => Promise<Answer>;

export function createCall(onCall: OnCall = () => {}, deadlineMs = CALL_DEADLINE_MS): Call {
  return async (call, send, context) => {
    onCall(call);
    try {
      return await send({ abortSignal: AbortSignal.timeout(deadlineMs) });
    } catch (cause) {
      throw translateAwsError(cause, call, context);
    }
  };
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/**
 * All pages or none: a page that fails fails the whole reading.
 *
 * @throws {OperationError} `AWS_UNAVAILABLE`: a token came twice, or the pages do not end.
 */
export async function readAllPages<Item>(
  call: AwsCall,
  readPage: (token: string | undefined) => Promise<Page<Item>>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  const seen = new Set<string>();
  let token: string | undefined;
  do {
    const page = await readPage(token);
    items.push(...page.items);
    token = page.nextToken === '' ? undefined : page.nextToken;
    if (token !== undefined && (seen.has(token) || seen.size >= PAGES_MAX)) {
      throw malformedAnswer(call, 'an end of its pages');
    }
    if (token !== undefined) seen.add(token);
  } while (token !== undefined);
  return items;
}
