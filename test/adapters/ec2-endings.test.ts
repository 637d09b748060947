import {
  DescribeInstanceStatusCommand,
  DescribeSpotInstanceRequestsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMachinePort } from '../../functions/adapters/ec2.ts';
import { createNoticePort } from '../../functions/adapters/ec2-endings.ts';
import { denied, expectFailure, throttled } from './aws-failures.ts';

const A = 'i-0000000000000000a';
const B = 'i-0000000000000000b';
const client = new EC2Client({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createMachinePort(client);

beforeEach(() => {
  aws.reset();
  aws.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [] });
  aws.on(DescribeSpotInstanceRequestsCommand).resolves({ SpotInstanceRequests: [] });
});

const event = (Code: string, Description = 'The instance is running on degraded hardware') =>
  ({ InstanceId: A, Events: [{ Code, Description }] }) as never;

test.each(['instance-retirement', 'instance-stop'])('%s ends a machine', async (code) => {
  aws.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [event(code), { InstanceId: B }] });
  expect(await port.endings([A, B])).toEqual(new Map([[A, 'retirement']]));
});

test.each([
  ['a reboot', event('system-reboot')],
  ['an event that is over', event('instance-retirement', '[Completed] The instance is …')],
  ['an event that was called off', event('instance-stop', '[Canceled] The instance is …')],
])('%s ends nobody', async (_what, status) => {
  aws.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [status] });
  expect(await port.endings([A])).toEqual(new Map());
});

test('a spot instance that is marked for termination ends, one that is fulfilled does not', async () => {
  aws.on(DescribeSpotInstanceRequestsCommand).resolves({
    SpotInstanceRequests: [
      { InstanceId: A, Status: { Code: 'marked-for-termination' } },
      { InstanceId: B, Status: { Code: 'fulfilled' } },
    ],
  });
  expect(await port.endings([A, B])).toEqual(new Map([[A, 'spotInterruption']]));
});

test('nobody is asked about nobody', async () => {
  expect(await port.endings([])).toEqual(new Map());
  expect(aws.calls()).toHaveLength(0);
});

test('an answer that fails is a failure, not an empty one', async () => {
  aws.on(DescribeInstanceStatusCommand).rejects(throttled());
  await expectFailure(port.endings([A]), 'AWS_THROTTLED', 'nextLook');
  aws.on(DescribeInstanceStatusCommand).resolves({});
  await expectFailure(port.endings([A]), 'AWS_UNAVAILABLE', 'nextLook');
  aws.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [] });
  aws.on(DescribeSpotInstanceRequestsCommand).rejects(denied());
  await expectFailure(port.endings([A]), 'AWS_DENIED', 'never');
});

describe('what ends in the whole account', () => {
  const notices = createNoticePort(client);

  test('S36 is asked by filters, without an id: it is as short for a thousand instances', async () => {
    aws.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [event('instance-retirement')] });
    aws.on(DescribeSpotInstanceRequestsCommand).resolves({
      SpotInstanceRequests: [{ InstanceId: B, Status: { Code: 'marked-for-stop' } }],
    });
    expect(await notices.listEnding()).toEqual(new Set([A, B]));
    expect(aws.calls().map(({ args }) => args[0].input)).toEqual([
      { Filters: [{ Name: 'event.code', Values: ['instance-retirement', 'instance-stop'] }] },
      { Filters: [{ Name: 'status-code', Values: ['marked-for-termination', 'marked-for-stop'] }] },
    ]);
  });

  test('is unknown when one of the answers fails', async () => {
    aws.on(DescribeInstanceStatusCommand).resolves({ InstanceStatuses: [event('instance-retirement')] });
    aws.on(DescribeSpotInstanceRequestsCommand).rejects(denied());
    await expectFailure(notices.listEnding(), 'AWS_DENIED', 'never');
  });
});
