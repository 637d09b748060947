import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createEventPort } from '../../functions/adapters/eventbridge.ts';
import { expectFailure, throttled } from './aws-failures.ts';

const client = new EventBridgeClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createEventPort(client);
const event = { detailType: 'Member Joined', detail: { cluster: 'core', memberId: '17' } } as const;

beforeEach(() => aws.reset());

test('an event carries our source and its detail as JSON', async () => {
  aws.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
  await port.publish([event]);
  expect(aws.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries).toEqual([
    { Source: 'etcd-autopilot', DetailType: 'Member Joined', Detail: '{"cluster":"core","memberId":"17"}' },
  ]);
});

test('events go ten in a call, and none makes no call', async () => {
  aws.on(PutEventsCommand).resolves({ FailedEntryCount: 0 });
  await port.publish([]);
  await port.publish(Array.from({ length: 12 }, () => event));
  const counts = aws.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries?.length);
  expect(counts).toEqual([10, 2]);
});

test('an entry that is refused inside of a successful answer is a failure', async () => {
  aws
    .on(PutEventsCommand)
    .resolvesOnce({ FailedEntryCount: 1, Entries: [{ EventId: '1' }, { ErrorCode: 'InternalFailure' }] })
    .resolvesOnce({ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] })
    .resolvesOnce({});
  await expectFailure(port.publish([event]), 'AWS_UNAVAILABLE', 'nextLook');
  await expectFailure(port.publish([event]), 'AWS_THROTTLED', 'nextLook');
  await expectFailure(port.publish([event]), 'AWS_UNAVAILABLE', 'nextLook');
});

test('a throttle is one', async () => {
  aws.on(PutEventsCommand).rejects(throttled());
  await expectFailure(port.publish([event]), 'AWS_THROTTLED', 'nextLook');
});
