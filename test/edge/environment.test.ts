import { expect, test } from 'vitest';
import {
  readDnsEnvironment,
  readEnvironment,
  readRegistrationEnvironment,
} from '../../functions/edge/environment.ts';

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

const OWNER = '123456789012/eu-central-1/etcd-autopilot';

test('dns is told whose records it writes', () => {
  expect(readDnsEnvironment({ ...URLS, OWNER })).toMatchObject({ owner: OWNER, queueUrl: URLS.QUEUE_URL });
});

test.each(['', '123/eu-central-1/stack', '123456789012/eu-central-1', `${OWNER} "x"`, `${OWNER}/x`])(
  'an owner that could not be read back from a record is refused: %j',
  (owner) => {
    expect(() => readDnsEnvironment({ ...URLS, OWNER: owner })).toThrow(
      owner === '' ? 'OWNER is not set' : `OWNER must be account/region/stack, got "${owner}"`,
    );
  },
);

test('mistakes of the common and of the own settings are reported together', () => {
  expect(() => readRegistrationEnvironment({ DNS_QUEUE_URL: 'dns' })).toThrow(
    'QUEUE_URL is not set; DEAD_LETTER_QUEUE_URL is not set; DNS_QUEUE_URL must be a URL, got "dns"; ' +
      'REGISTRY_QUEUE_URL is not set',
  );
});
