import { expect, test } from 'vitest';
import { readEnvironment } from '../../functions/edge/environment.ts';

const URLS = { QUEUE_URL: 'https://sqs/work.fifo', DEAD_LETTER_QUEUE_URL: 'https://sqs/dead.fifo' };

test('what is not said has a default', () => {
  expect(readEnvironment(URLS)).toEqual({
    queueUrl: 'https://sqs/work.fifo',
    deadLetterQueueUrl: 'https://sqs/dead.fifo',
    dryRun: false,
    logLevel: 'info',
  });
});

test('what is said counts', () => {
  expect(readEnvironment({ ...URLS, DRY_RUN: 'true', LOG_LEVEL: 'debug' })).toMatchObject({
    dryRun: true,
    logLevel: 'debug',
  });
});

test('every mistake is reported at once', () => {
  const env = { QUEUE_URL: ' ', DEAD_LETTER_QUEUE_URL: 'dead', DRY_RUN: 'yes', LOG_LEVEL: 'loud' };
  expect(() => readEnvironment(env)).toThrow(
    'QUEUE_URL is not set; DEAD_LETTER_QUEUE_URL must be a URL, got "dead"; ' +
      'DRY_RUN must be true, false, got "yes"; LOG_LEVEL must be debug, info, warn, error, got "loud"',
  );
});
