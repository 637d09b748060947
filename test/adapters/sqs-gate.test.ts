import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createGateQueuePort } from '../../functions/adapters/sqs-gate.ts';
import { expectFailure, throttled } from './aws-failures.ts';

const client = new SQSClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createGateQueuePort(client, 'https://sqs/gate.fifo');

beforeEach(() => aws.reset());

test('a request is a message group of its own, and the same key is the same request', async () => {
  aws.on(SendMessageCommand).resolves({});
  await port.put('key', 'body');
  expect(aws.commandCalls(SendMessageCommand)[0]?.args[0].input).toEqual({
    QueueUrl: 'https://sqs/gate.fifo',
    MessageBody: 'body',
    MessageGroupId: 'key',
    MessageDeduplicationId: 'key',
  });
});

test('a request that was not put in is told', async () => {
  aws.on(SendMessageCommand).rejects(throttled());
  await expectFailure(port.put('key', 'body'), 'AWS_THROTTLED', 'nextLook');
});
