import { expect } from 'vitest';
import type { ErrorCode, Retry } from '../../functions/core/errors.ts';

/** A failure as the SDK throws it: `$fault` marks the answer of a service. */
export function awsError(name: string, message = 'no', httpStatusCode = 400): Error {
  const fault = httpStatusCode >= 500 ? 'server' : 'client';
  return Object.assign(new Error(message), { name, $fault: fault, $metadata: { httpStatusCode } });
}

export const throttled = (): Error => awsError('ThrottlingException', 'Rate exceeded');
export const denied = (): Error => awsError('AccessDenied', 'not authorized', 403);

/** Expects `answer` to fail in our words. */
export async function expectFailure(answer: Promise<unknown>, code: ErrorCode, retry: Retry): Promise<void> {
  await expect(answer).rejects.toMatchObject({ name: 'OperationError', code, retry });
}
