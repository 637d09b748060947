import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
} from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createJoinedPort } from '../../functions/adapters/autoscaling-joined.ts';
import { denied, expectFailure, throttled } from './aws-failures.ts';

const client = new AutoScalingClient({ region: 'eu-west-1' });
const aws = mockClient(client);
const port = createJoinedPort(client);

const groupOf = (name: string, tags: Readonly<Record<string, string>>) => ({
  AutoScalingGroupName: name,
  MinSize: 0,
  MaxSize: 9,
  DesiredCapacity: 3,
  DefaultCooldown: 0,
  AvailabilityZones: [],
  HealthCheckType: 'EC2',
  CreatedTime: new Date(0),
  Tags: Object.entries(tags).map(([name, Value]) => ({ Key: `etcd-autopilot:${name}`, Value })),
  Instances: [],
});

beforeEach(() => aws.reset());

test.each([
  ['cluster', 'core', () => port.listByCluster('core')],
  ['dns-zone', 'Z1', () => port.listByZone('Z1')],
])(
  'groups are asked for by the tag %s, and a stranger in the answer is left out',
  async (tag, value, list) => {
    aws.on(DescribeAutoScalingGroupsCommand).resolves({
      AutoScalingGroups: [
        groupOf('web-b', { cluster: 'core', 'dns-zone': 'Z1' }),
        groupOf('web-a', { cluster: 'core', 'dns-zone': 'Z1' }),
        groupOf('stranger', { cluster: 'other', 'dns-zone': 'Z2' }),
      ],
    });
    expect((await list()).map(({ name }) => name)).toEqual(['web-a', 'web-b']);
    expect(aws.commandCalls(DescribeAutoScalingGroupsCommand)[0]?.args[0].input.Filters).toEqual([
      { Name: `tag:etcd-autopilot:${tag}`, Values: [value] },
    ]);
  },
);

test('groups are unknown when one page fails', async () => {
  aws
    .on(DescribeAutoScalingGroupsCommand)
    .resolvesOnce({ AutoScalingGroups: [groupOf('web-a', { 'dns-zone': 'Z1' })], NextToken: 'more' })
    .rejectsOnce(throttled())
    .rejectsOnce(denied());
  await expectFailure(port.listByZone('Z1'), 'AWS_THROTTLED', 'nextLook');
  await expectFailure(port.listByZone('Z1'), 'AWS_DENIED', 'never');
});

const activityOf = (n: number, EndTime?: Date) => ({
  ActivityId: `${n}`,
  AutoScalingGroupName: 'web',
  Description: `Terminating EC2 instance: i-${n.toString(16).padStart(8, '0')}`,
  Cause: '',
  StartTime: new Date(1_000 + n),
  StatusCode: EndTime === undefined ? ('InProgress' as const) : ('Successful' as const),
  ...(EndTime === undefined ? {} : { EndTime }),
});
const pageOf = (from: number, count: number, EndTime?: Date) =>
  Array.from({ length: count }, (_, n) => activityOf(from + n, EndTime));

test('every activity in progress is found, however many there are, and no page more is read', async () => {
  aws
    .on(DescribeScalingActivitiesCommand)
    .resolvesOnce({ Activities: pageOf(0, 100), NextToken: '1' })
    .resolvesOnce({ Activities: [...pageOf(100, 50), ...pageOf(150, 50, new Date(9_000))], NextToken: '2' });
  const activities = await port.listActivities('web');
  expect(activities).toHaveLength(200);
  expect(activities[149]).toEqual({ instanceId: 'i-00000095', kind: 'terminate', startedAtMs: 1_149 });
  expect(aws.calls()).toHaveLength(2);
});

test('a group where nothing goes on costs one page of activities', async () => {
  aws
    .on(DescribeScalingActivitiesCommand)
    .resolves({ Activities: pageOf(0, 100, new Date(9_000)), NextToken: '1' });
  expect(await port.listActivities('web')).toHaveLength(100);
  expect(aws.calls()).toHaveLength(1);
});
