import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createQueuePort } from '../../functions/adapters/sqs.ts';
import { awsError, expectFailure } from './aws-failures.ts';

const client = new SQSClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createQueuePort(client, {
  queueUrl: 'https://q/work.fifo',
  deadLetterQueueUrl: 'https://q/dead.fifo',
});
const sent = () => aws.commandCalls(SendMessageCommand).map(({ args }) => args[0].input);

beforeEach(() => {
  aws.reset();
  aws.on(SendMessageCommand).resolves({ MessageId: '1' });
});

test('a look is asked for in the group of its cluster', async () => {
  await port.askForLook('core', '{"n":1}');
  expect(sent()).toEqual([
    { QueueUrl: 'https://q/work.fifo', MessageBody: '{"n":1}', MessageGroupId: 'core' },
  ]);
});

test('what nobody can read is kept with its reason in the dead-letter queue', async () => {
  await port.keepUnreadable('core', 'not json', 'the message is not a JSON object');
  expect(sent()).toEqual([
    {
      QueueUrl: 'https://q/dead.fifo',
      MessageBody: '{"reason":"the message is not a JSON object","body":"not json"}',
      MessageGroupId: 'core',
    },
  ]);
});

test('what is kept fits into a message, whatever it was', async () => {
  await port.keepUnreadable('core', '\u0001'.repeat(262_144), '€'.repeat(10_000));
  const body = sent()[0]?.MessageBody ?? '';
  expect(Buffer.byteLength(body)).toBeLessThan(262_144);
  expect(JSON.parse(body).body.length).toBeGreaterThan(10_000);
});

test('a queue that is gone is told apart', async () => {
  aws.on(SendMessageCommand).rejects(awsError('QueueDoesNotExist'));
  await expectFailure(port.askForLook('core', 'x'), 'AWS_GONE', 'nextLook');
});
