import {
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeInstanceRefreshesCommand,
  type InstanceRefreshStatus,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createScalingPort } from '../../functions/adapters/autoscaling.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new AutoScalingClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createScalingPort(client);
const BEGAN_MS = 1_000_000;

beforeEach(() => {
  aws.reset();
  aws.on(CancelInstanceRefreshCommand).resolves({ InstanceRefreshId: 'r' });
});

function runs(Status: InstanceRefreshStatus, startedAtMs: number | null = BEGAN_MS): void {
  const StartTime = startedAtMs === null ? {} : { StartTime: new Date(startedAtMs) };
  aws.on(DescribeInstanceRefreshesCommand).resolves({ InstanceRefreshes: [{ Status, ...StartTime }] });
}

const cancelled = () => aws.commandCalls(CancelInstanceRefreshCommand).map(({ args }) => args[0].input);

describe('the refresh that launched an instance', () => {
  test.each(['InProgress', 'Pending', 'Baking'] as const)('is ended while it is %s', async (status) => {
    runs(status);
    expect(await port.cancelRefresh('etcd-core', BEGAN_MS + 1)).toBe('cancelled');
    expect(cancelled()).toEqual([{ AutoScalingGroupName: 'etcd-core' }]);
  });

  test('is another when it began after the instance: what takes a bad release back goes on', async () => {
    runs('InProgress');
    expect(await port.cancelRefresh('etcd-core', BEGAN_MS - 1)).toBe('notRunning');
    runs('Pending', null);
    expect(await port.cancelRefresh('etcd-core', BEGAN_MS - 1)).toBe('notRunning');
    expect(cancelled()).toEqual([]);
  });

  test.each(['RollbackInProgress', 'Cancelling', 'Cancelled', 'Failed', 'Successful'] as const)(
    'is left alone when it is %s',
    async (status) => {
      runs(status);
      expect(await port.cancelRefresh('etcd-core', BEGAN_MS + 1)).toBe('notRunning');
      expect(cancelled()).toEqual([]);
    },
  );

  test('is not there: nothing is ended', async () => {
    aws.on(DescribeInstanceRefreshesCommand).resolves({ InstanceRefreshes: [] });
    expect(await port.cancelRefresh('etcd-core', BEGAN_MS)).toBe('notRunning');
    expect(cancelled()).toEqual([]);
  });

  test('has ended by itself meanwhile, which is no failure', async () => {
    runs('InProgress');
    aws.on(CancelInstanceRefreshCommand).rejects(awsError('ActiveInstanceRefreshNotFoundFault'));
    expect(await port.cancelRefresh('etcd-core', BEGAN_MS)).toBe('notRunning');
  });
});

test('what Auto Scaling does not say or does not do is a failure, never taken for done', async () => {
  aws.on(DescribeInstanceRefreshesCommand).resolves({});
  await expectFailure(port.cancelRefresh('etcd-core', BEGAN_MS), 'AWS_UNAVAILABLE', 'nextLook');
  aws.on(DescribeInstanceRefreshesCommand).rejects(throttled());
  await expectFailure(port.cancelRefresh('etcd-core', BEGAN_MS), 'AWS_THROTTLED', 'nextLook');
  runs('InProgress');
  aws.on(CancelInstanceRefreshCommand).rejects(denied());
  await expectFailure(port.cancelRefresh('etcd-core', BEGAN_MS), 'AWS_DENIED', 'never');
});
