import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createClusterPort } from '../../functions/adapters/autoscaling-clusters.ts';

const client = new AutoScalingClient({ region: 'eu-west-1' });
const aws = mockClient(client);
beforeEach(() => void aws.reset());

const group = (tags: Readonly<Record<string, string>>) => ({
  AutoScalingGroupName: 'g',
  MinSize: 0,
  MaxSize: 1,
  DesiredCapacity: 1,
  DefaultCooldown: 0,
  AvailabilityZones: [],
  HealthCheckType: 'EC2',
  CreatedTime: new Date(0),
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});
const member = (cluster: string) =>
  group({ 'etcd-autopilot:cluster': cluster, 'etcd-autopilot:role': 'member' });

test('clusters are those with a group of members, from every page, each once and in order', async () => {
  aws
    .on(DescribeAutoScalingGroupsCommand)
    .resolvesOnce({ AutoScalingGroups: [member('core'), member('beta')], NextToken: 'more' })
    .resolvesOnce({ AutoScalingGroups: [member('alpha'), member('core')] });
  expect(await createClusterPort(client).listClusters()).toEqual(['alpha', 'beta', 'core']);
  expect(aws.calls().map(({ args }) => args[0].input)).toEqual([
    expect.objectContaining({ Filters: [{ Name: 'tag:etcd-autopilot:role', Values: ['member'] }] }),
    expect.objectContaining({ NextToken: 'more' }),
  ]);
});

test('groups of workers, of nobody, and of names that no path could hold make no cluster', async () => {
  aws.on(DescribeAutoScalingGroupsCommand).resolves({
    AutoScalingGroups: [
      group({ 'etcd-autopilot:cluster': 'core', 'etcd-autopilot:role': 'worker' }),
      group({ 'etcd-autopilot:role': 'member' }),
      group({ 'etcd-autopilot:cluster': '../other', 'etcd-autopilot:role': 'member' }),
      group({}),
    ],
  });
  expect(await createClusterPort(client).listClusters()).toEqual([]);
});

test('an answer without groups is no answer: no cluster is forgotten because of it', async () => {
  aws.on(DescribeAutoScalingGroupsCommand).resolves({});
  await expect(createClusterPort(client).listClusters()).rejects.toThrow('groups');
});

test('a second page that fails fails the whole list', async () => {
  aws
    .on(DescribeAutoScalingGroupsCommand)
    .resolvesOnce({ AutoScalingGroups: [member('core')], NextToken: 'more' })
    .rejects(Object.assign(new Error('slow down'), { name: 'Throttling' }));
  await expect(createClusterPort(client).listClusters()).rejects.toMatchObject({ code: 'AWS_THROTTLED' });
});
