import { type CfnAnswer, type CfnRequest, encodeCfnAnswer } from '../core/cfn.ts';
import { OperationError } from '../core/errors.ts';
import type { Clock } from '../core/ports.ts';

/** Delivers one answer, or throws. */
export type PostAnswer = (request: CfnRequest, answer: CfnAnswer) => Promise<void>;

const ATTEMPTS_MAX = 3;
const ATTEMPT_DEADLINE_MS = 4_000;
const PAUSE_MS = 500;

/** The longest that a delivery can take, with all its attempts: to be kept back from the time for the work. */
export const POST_WORST_MS = ATTEMPTS_MAX * ATTEMPT_DEADLINE_MS + 3 * PAUSE_MS;

/**
 * Puts the answer where CloudFormation waits for it. `https` or `http` as the URL
 * says: the local region has no certificates.
 *
 * @throws {OperationError} `ANSWER_UNDELIVERED`: CloudFormation goes on waiting, so this must surface.
 */
export const createPostAnswer =
  (clock: Clock, { attempts }: { readonly attempts: number } = { attempts: ATTEMPTS_MAX }): PostAnswer =>
  async (request, answer) => {
    const body = encodeCfnAnswer(request, answer);
    let failure = '';
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      if (attempt > 1) await clock.sleep(PAUSE_MS * (attempt - 1));
      const result = await put(request.responseUrl, body);
      if (result.kind === 'delivered') return;
      failure = result.because;
      if (result.kind === 'refused') break;
    }
    const context = { requestId: request.requestId };
    const words = `CloudFormation did not take the answer: ${failure}`;
    throw new OperationError('ANSWER_UNDELIVERED', 'now', words, context);
  };

type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused' | 'unanswered'; readonly because: string };

/**
 * The URL is signed for an empty content type, and bytes keep `fetch` from adding
 * one of its own. No failure is handed on as it is: its text may hold the URL.
 */
async function put(url: string, body: string): Promise<Delivery> {
  try {
    const response = await fetch(url, {
      method: 'PUT',
      headers: { 'content-type': '' },
      body: new TextEncoder().encode(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(ATTEMPT_DEADLINE_MS),
    });
    await response.body?.cancel();
    if (response.ok) return { kind: 'delivered' };
    const kind = response.status >= 500 || response.status === 429 ? 'unanswered' : 'refused';
    return { kind, because: `status ${response.status}` };
  } catch (error) {
    return { kind: 'unanswered', because: error instanceof Error ? nameOf(error) : 'unknown' };
  }
}

function nameOf(error: Error): string {
  const { cause } = error;
  const hasCode = cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
  return hasCode ? `${error.name} ${cause.code}` : error.name;
}
