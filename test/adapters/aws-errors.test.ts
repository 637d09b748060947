import { describe, expect, test } from 'vitest';
import { translateAwsError } from '../../functions/adapters/aws-errors.ts';
import { OperationError } from '../../functions/core/errors.ts';
import { awsError } from './aws-failures.ts';

const CALL = 'ssm:PutParameter';
const coded = (code: string): Error =>
  Object.assign(new Error('connect'), { code, $metadata: { attempts: 3 } });

describe('a failure of AWS in our words', () => {
  test.each([
    ['Throttling', 400],
    ['ThrottlingException', 400],
    ['ThrottledException', 400],
    ['RequestThrottled', 403],
    ['RequestLimitExceeded', 503],
    ['TooManyRequestsException', 400],
    ['TooManyUpdates', 400],
    ['Whatever', 429],
  ])('%s (%i) is a throttle, for the next look', (name, status) => {
    const error = translateAwsError(awsError(name, 'no', status), CALL);
    expect(error).toMatchObject({ code: 'AWS_THROTTLED', retry: 'nextLook' });
  });

  test.each([
    ['AccessDenied', 403],
    ['AccessDeniedException', 400],
    ['UnauthorizedOperation', 403],
    ['AuthFailure', 401],
    ['ExpiredTokenException', 400],
    ['UnrecognizedClientException', 400],
    ['Whatever', 403],
  ])('%s (%i) is a denial, which no retry changes', (name, status) => {
    const error = translateAwsError(awsError(name, 'no', status), CALL);
    expect(error).toMatchObject({ code: 'AWS_DENIED', retry: 'never' });
  });

  test.each([
    awsError('QueueDoesNotExist'),
    awsError('AWS.SimpleQueueService.NonExistentQueue'),
    awsError('ResourceNotFoundException'),
    awsError('ValidationError', 'AutoScalingGroup name not found - AutoScalingGroup: etcd not found'),
  ])('what is not there is gone: %s', (cause) => {
    expect(translateAwsError(cause, CALL)).toMatchObject({ code: 'AWS_GONE', retry: 'nextLook' });
  });

  test.each([
    awsError('InternalFailure', 'no', 500),
    awsError('ServiceUnavailable', 'no', 503),
    Object.assign(new Error('slow'), { name: 'TimeoutError' }),
    Object.assign(new Error('Request aborted'), { name: 'AbortError' }),
    coded('ECONNREFUSED'),
    coded('ENOTFOUND'),
    Object.assign(new SyntaxError('cut'), { $response: {} }),
  ])('no usable answer is unknown: %s', (cause) => {
    expect(translateAwsError(cause, CALL)).toMatchObject({
      code: 'AWS_UNAVAILABLE',
      retry: 'nextLook',
      cause,
    });
  });

  test('a refusal that has no word here waits for a person', () => {
    const error = translateAwsError(awsError('ValidationException', 'bad name'), CALL, { name: '/x' });
    expect(error).toMatchObject({
      code: 'AWS_UNAVAILABLE',
      retry: 'never',
      context: { call: CALL, name: '/x' },
    });
    expect(error.message).toBe('ssm:PutParameter was refused: ValidationException: bad name');
  });

  test.each([
    new TypeError('x is undefined'),
    new Error('boom'),
    coded('ERR_INVALID_ARG_TYPE'),
    'text',
    null,
  ])('a bug of ours is thrown as it is: %s', (bug) => {
    let thrown: unknown = 'nothing';
    try {
      translateAwsError(bug, CALL);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(bug);
  });

  test('what is in our words already stays', () => {
    const ours = new OperationError('AWS_GONE', 'nextLook', 'gone');
    expect(translateAwsError(ours, CALL)).toBe(ours);
  });
});
