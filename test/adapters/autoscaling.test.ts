import {
  AutoScalingClient,
  type AutoScalingGroup,
  CompleteLifecycleActionCommand,
  CreateOrUpdateTagsCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  DescribeWarmPoolCommand,
  RecordLifecycleActionHeartbeatCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, test } from 'vitest';
import { createScalingPort } from '../../functions/adapters/autoscaling.ts';
import { awsError, denied, expectFailure, throttled } from './aws-failures.ts';

const client = new AutoScalingClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createScalingPort(client);
const HOOK = { groupName: 'etcd-core', hookName: 'etcd-autopilot-launch', instanceId: 'i-0123456789abcdef0' };
const NOTHING = awsError('ValidationError', 'No active Lifecycle Action found with instance ID i-0123');

const instance = {
  InstanceId: 'i-0123456789abcdef0',
  LifecycleState: 'Pending:Wait',
  AvailabilityZone: 'eu-west-1a',
  HealthStatus: 'Healthy',
  ProtectedFromScaleIn: false,
} as const;

const groupOf = (name: string, changes: Partial<AutoScalingGroup> = {}): AutoScalingGroup => ({
  AutoScalingGroupName: name,
  MinSize: 0,
  MaxSize: 9,
  DesiredCapacity: 3,
  DefaultCooldown: 0,
  AvailabilityZones: [],
  HealthCheckType: 'EC2',
  CreatedTime: new Date(0),
  Tags: [
    { Key: 'etcd-autopilot:cluster', Value: 'core' },
    { Key: 'etcd-autopilot:role', Value: 'member' },
  ],
  Instances: [instance],
  ...changes,
});

beforeEach(() => aws.reset());

describe('the warm pool of a group', () => {
  const pool = { AutoScalingGroupName: 'a' };
  const groups = { AutoScalingGroups: [groupOf('a', { WarmPoolConfiguration: { PoolState: 'Stopped' } })] };
  const warm = (InstanceId: string, LifecycleState: 'Warmed:Stopped' | 'Warmed:Pending:Wait') => ({
    ...instance,
    InstanceId,
    LifecycleState,
  });

  test('is not part of the list, which tells only whether there is one', async () => {
    aws.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [groupOf('a')] });
    expect(await port.listGroups('core')).toMatchObject([{ hasWarmPool: false }]);
    aws.on(DescribeAutoScalingGroupsCommand).resolves(groups);
    expect(await port.listGroups('core')).toMatchObject([{ hasWarmPool: true }]);
    expect(aws.commandCalls(DescribeWarmPoolCommand)).toHaveLength(0);
  });

  test('is read from all pages', async () => {
    aws
      .on(DescribeWarmPoolCommand, pool)
      .resolves({ Instances: [warm('i-00b', 'Warmed:Stopped')], NextToken: 'more' })
      .on(DescribeWarmPoolCommand, { ...pool, NextToken: 'more' })
      .resolves({ Instances: [warm('i-00a', 'Warmed:Pending:Wait')] });
    expect((await port.listWarmPool('a')).map(({ id, lifecycle }) => [id, lifecycle])).toEqual([
      ['i-00b', 'Warmed:Stopped'],
      ['i-00a', 'Warmed:Pending:Wait'],
    ]);
  });

  test('that is not told is unknown, never empty', async () => {
    aws.on(DescribeWarmPoolCommand).rejects(denied());
    await expectFailure(port.listWarmPool('a'), 'AWS_DENIED', 'never');
  });
});

describe('the groups of a cluster', () => {
  test('are asked for by tag, read from all pages and sorted by name', async () => {
    const filter = { Filters: [{ Name: 'tag:etcd-autopilot:cluster', Values: ['core'] }] };
    aws
      .on(DescribeAutoScalingGroupsCommand, filter)
      .resolves({ AutoScalingGroups: [groupOf('b')], NextToken: 'more' })
      .on(DescribeAutoScalingGroupsCommand, { ...filter, NextToken: 'more' })
      .resolves({ AutoScalingGroups: [groupOf('a', { Instances: [] })] });

    const [first, second] = await port.listGroups('core');
    expect(first).toMatchObject({ name: 'a', instances: [] });
    expect(second).toEqual({
      name: 'b',
      desiredCapacity: 3,
      hasWarmPool: false,
      deleting: false,
      tags: new Map([
        ['etcd-autopilot:cluster', 'core'],
        ['etcd-autopilot:role', 'member'],
      ]),
      instances: [
        { id: 'i-0123456789abcdef0', lifecycle: 'Pending:Wait', zone: 'eu-west-1a', health: 'Healthy' },
      ],
    });
  });

  test('are unknown, not fewer, when the second page fails', async () => {
    aws
      .on(DescribeAutoScalingGroupsCommand)
      .resolvesOnce({ AutoScalingGroups: [groupOf('a')], NextToken: 'more' })
      .rejectsOnce(throttled());
    await expectFailure(port.listGroups('core'), 'AWS_THROTTLED', 'nextLook');
  });

  test('do not include a group of another cluster, even when the filter was ignored', async () => {
    const stranger = groupOf('x', { Tags: [{ Key: 'etcd-autopilot:cluster', Value: 'other' }] });
    aws.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [stranger, groupOf('a')] });
    expect((await port.listGroups('core')).map(({ name }) => name)).toEqual(['a']);
  });

  test('may be none, by a complete answer', async () => {
    aws.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: [] });
    expect(await port.listGroups('core')).toEqual([]);
  });

  test.each([
    {},
    { AutoScalingGroups: [groupOf('a', { Instances: undefined })] },
    { AutoScalingGroups: [groupOf('a', { Tags: undefined })] },
    { AutoScalingGroups: [groupOf('a', { DesiredCapacity: undefined })] },
    { AutoScalingGroups: [groupOf('a', { AutoScalingGroupName: undefined })] },
    { AutoScalingGroups: [groupOf('a', { Instances: [{ ...instance, InstanceId: undefined }] })] },
    { AutoScalingGroups: [groupOf('a', { Instances: [{ ...instance, LifecycleState: undefined }] })] },
  ])('are unknown when something is missing in the answer: %j', async (answer) => {
    aws.on(DescribeAutoScalingGroupsCommand).resolves(answer);
    await expectFailure(port.listGroups('core'), 'AWS_UNAVAILABLE', 'nextLook');
  });

  test('are unknown when we are denied', async () => {
    aws.on(DescribeAutoScalingGroupsCommand).rejects(denied());
    await expectFailure(port.listGroups('core'), 'AWS_DENIED', 'never');
  });
});

describe('the hooks of a group', () => {
  const hook = {
    LifecycleHookName: 'etcd-autopilot-launch',
    LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    HeartbeatTimeout: 1800,
    GlobalTimeout: 172_800,
  };

  test('come with their transition and both limits', async () => {
    const leaving = {
      ...hook,
      LifecycleHookName: 'z',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    };
    aws.on(DescribeLifecycleHooksCommand).resolves({ LifecycleHooks: [leaving, hook] });
    expect(await port.listHooks('etcd-core')).toEqual([
      { name: 'etcd-autopilot-launch', transition: 'launch', heartbeatSeconds: 1800, globalSeconds: 172_800 },
      { name: 'z', transition: 'terminate', heartbeatSeconds: 1800, globalSeconds: 172_800 },
    ]);
  });

  test.each([
    {},
    { LifecycleHooks: [{ ...hook, LifecycleTransition: 'autoscaling:SOMETHING_NEW' }] },
    { LifecycleHooks: [{ ...hook, GlobalTimeout: undefined }] },
  ])('are unknown when the answer is: %j', async (answer) => {
    aws.on(DescribeLifecycleHooksCommand).resolves(answer);
    await expectFailure(port.listHooks('etcd-core'), 'AWS_UNAVAILABLE', 'nextLook');
  });

  test('of a group that vanished are gone', async () => {
    const cause = awsError(
      'ValidationError',
      'AutoScalingGroup name not found - AutoScalingGroup: x not found',
    );
    aws.on(DescribeLifecycleHooksCommand).rejects(cause);
    await expectFailure(port.listHooks('x'), 'AWS_GONE', 'nextLook');
  });
});

describe('the activities of a group', () => {
  const activityOf = (Description: string) => ({
    ActivityId: '1',
    AutoScalingGroupName: 'etcd-core',
    Cause: 'a user request',
    StatusCode: 'Successful' as const,
    StartTime: new Date(1_000),
    Description,
  });

  test('name the instance and when they started; those about no instance are left out', async () => {
    aws.on(DescribeScalingActivitiesCommand).resolves({
      Activities: [
        activityOf('Launching a new EC2 instance: i-0aa'),
        activityOf('Terminating EC2 instance: i-0bb - Waiting For Terminate Lifecycle Action'),
        activityOf('Launching a new EC2 instance from warm pool: i-0cc'),
        activityOf('Launching a new EC2 instance.  Status Reason: no capacity'),
        activityOf('Updating the group'),
      ],
    });
    expect(await port.listActivities('etcd-core')).toEqual([
      { instanceId: 'i-0aa', kind: 'launch', startedAtMs: 1_000 },
      { instanceId: 'i-0bb', kind: 'terminate', startedAtMs: 1_000 },
      { instanceId: 'i-0cc', kind: 'launch', startedAtMs: 1_000 },
    ]);
  });

  test.each([
    {},
    { Activities: [{ ...activityOf('Launching a new EC2 instance: i-0aa'), StartTime: undefined }] },
    {
      Activities: [{ ...activityOf('Launching a new EC2 instance: i-0aa'), StartTime: new Date(Number.NaN) }],
    },
  ])('are unknown when the answer lacks what counts: %j', async (answer) => {
    aws.on(DescribeScalingActivitiesCommand).resolves(answer);
    await expectFailure(port.listActivities('etcd-core'), 'AWS_UNAVAILABLE', 'nextLook');
  });
});

describe('a hook of an instance', () => {
  const action = {
    AutoScalingGroupName: HOOK.groupName,
    LifecycleHookName: HOOK.hookName,
    InstanceId: HOOK.instanceId,
  };

  test('is extended and answered by instance id, without a token', async () => {
    aws.onAnyCommand().resolves({});
    expect(await port.heartbeat(HOOK)).toBe('extended');
    expect(await port.complete(HOOK, 'ABANDON')).toBe('completed');
    expect(aws.commandCalls(RecordLifecycleActionHeartbeatCommand, action, true)).toHaveLength(1);
    expect(
      aws.commandCalls(CompleteLifecycleActionCommand, { ...action, LifecycleActionResult: 'ABANDON' }, true),
    ).toHaveLength(1);
  });

  test('that was answered before is not waiting, which is no failure', async () => {
    aws.on(RecordLifecycleActionHeartbeatCommand).rejects(NOTHING);
    aws.on(CompleteLifecycleActionCommand).rejects(NOTHING);
    expect(await port.heartbeat(HOOK)).toBe('notWaiting');
    expect(await port.complete(HOOK, 'CONTINUE')).toBe('notWaiting');
  });

  test('is not taken for answered because of a throttle, a denial or another refusal', async () => {
    aws
      .on(CompleteLifecycleActionCommand)
      .rejectsOnce(throttled())
      .rejectsOnce(denied())
      .rejectsOnce(awsError('ValidationError', 'the result must be CONTINUE or ABANDON'));
    await expectFailure(port.complete(HOOK, 'CONTINUE'), 'AWS_THROTTLED', 'nextLook');
    await expectFailure(port.complete(HOOK, 'CONTINUE'), 'AWS_DENIED', 'never');
    await expectFailure(port.complete(HOOK, 'CONTINUE'), 'AWS_UNAVAILABLE', 'never');
  });
});

test('a tag of a group is not handed on to its instances', async () => {
  aws.on(CreateOrUpdateTagsCommand).resolves({});
  await port.tagGroup('etcd-core', 'etcd-autopilot:bootstrapped', '1');
  expect(aws.commandCalls(CreateOrUpdateTagsCommand)[0]?.args[0].input).toEqual({
    Tags: [
      {
        ResourceId: 'etcd-core',
        ResourceType: 'auto-scaling-group',
        Key: 'etcd-autopilot:bootstrapped',
        Value: '1',
        PropagateAtLaunch: false,
      },
    ],
  });
});

test('an instance is reported as unhealthy at once, whatever grace its group gives to those that boot', async () => {
  aws.on(SetInstanceHealthCommand).resolves({});
  await port.reportUnhealthy('i-0000000000000000a');
  expect(aws.commandCalls(SetInstanceHealthCommand)[0]?.args[0].input).toEqual({
    InstanceId: 'i-0000000000000000a',
    HealthStatus: 'Unhealthy',
    ShouldRespectGracePeriod: false,
  });
});

test('an instance is ended so that it is replaced: the desired capacity stays', async () => {
  aws.on(TerminateInstanceInAutoScalingGroupCommand).resolves({});
  await port.endInstance('i-0000000000000000a');
  expect(aws.commandCalls(TerminateInstanceInAutoScalingGroupCommand)[0]?.args[0].input).toEqual({
    InstanceId: 'i-0000000000000000a',
    ShouldDecrementDesiredCapacity: false,
  });
});

test('a group that does not know the instance refuses, which the next look settles', async () => {
  aws.on(SetInstanceHealthCommand).rejects(awsError('ValidationError', 'Instance Id not found'));
  await expect(port.reportUnhealthy('i-0000000000000000a')).rejects.toMatchObject({ name: 'OperationError' });
});
