import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createLeavingPort } from '../../functions/adapters/autoscaling-leaving.ts';
import { denied, expectFailure, throttled } from './aws-failures.ts';

const client = new AutoScalingClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createLeavingPort(client, 1_000);

const instance = {
  InstanceId: 'i-0123456789abcdef0',
  LifecycleState: 'InService',
  AvailabilityZone: 'eu-west-1a',
  HealthStatus: 'Healthy',
  ProtectedFromScaleIn: true,
  LaunchTemplate: { LaunchTemplateId: 'lt-1', LaunchTemplateName: 't', Version: '12' },
} as const;

const group = {
  AutoScalingGroupName: 'g',
  MinSize: 0,
  MaxSize: 9,
  DesiredCapacity: 3,
  DefaultCooldown: 0,
  AvailabilityZones: [],
  HealthCheckType: 'EC2',
  CreatedTime: new Date(0),
  Tags: [{ Key: 'etcd-autopilot:cluster', Value: 'core' }],
  LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '$Latest' },
  Instances: [instance],
};

beforeEach(() => aws.reset());

const answer = (...groups: object[]) =>
  aws.on(DescribeAutoScalingGroupsCommand).resolves({ AutoScalingGroups: groups as never });

test('a group is read with the version of each instance, its health and its protection', async () => {
  answer(group);
  expect(await port.readGroup('g')).toEqual({
    name: 'g',
    desiredCapacity: 3,
    deleting: false,
    tags: new Map([['etcd-autopilot:cluster', 'core']]),
    templateId: 'lt-1',
    instances: [
      {
        id: 'i-0123456789abcdef0',
        lifecycle: 'InService',
        zone: 'eu-west-1a',
        health: 'Healthy',
        isProtected: true,
        template: { id: 'lt-1', version: 12 },
      },
    ],
  });
  expect(aws.commandCalls(DescribeAutoScalingGroupsCommand)[0]?.args[0].input).toEqual({
    AutoScalingGroupNames: ['g'],
  });
});

test.each([
  [{ LaunchTemplate: undefined }, null],
  [{ LaunchTemplate: { LaunchTemplateId: 'lt-1' } }, { id: 'lt-1', version: 0 }],
  [{ LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '$Latest' } }, { id: 'lt-1', version: 0 }],
])('an instance with %j is older than every version', async (changes, template) => {
  answer({ ...group, Instances: [{ ...instance, ...changes }] });
  expect((await port.readGroup('g'))?.instances[0]?.template).toEqual(template);
});

test('a group with a mix, or one that is being deleted, says so', async () => {
  answer({ ...group, LaunchTemplate: undefined, Status: 'Delete in progress' });
  expect(await port.readGroup('g')).toMatchObject({ templateId: null, deleting: true });
});

test('only a successful answer without the group means that there is none', async () => {
  answer({ ...group, AutoScalingGroupName: 'other' });
  expect(await port.readGroup('g')).toBeNull();
  for (const [failure, code, retry] of [
    [throttled(), 'AWS_THROTTLED', 'nextLook'],
    [denied(), 'AWS_DENIED', 'never'],
  ] as const) {
    aws.on(DescribeAutoScalingGroupsCommand).rejects(failure);
    await expectFailure(port.readGroup('g'), code, retry);
  }
});

test.each([
  { AutoScalingGroups: undefined },
  { AutoScalingGroups: [{ ...group, Tags: undefined }] },
  { AutoScalingGroups: [{ ...group, Instances: undefined }] },
  { AutoScalingGroups: [{ ...group, Instances: [{ ...instance, LifecycleState: undefined }] }] },
])('an answer that lacks something is an error, never a shorter group: %#', async (malformed) => {
  aws.on(DescribeAutoScalingGroupsCommand).resolves(malformed as never);
  await expectFailure(port.readGroup('g'), 'AWS_UNAVAILABLE', 'nextLook');
});
