import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
  DescribeWarmPoolCommand,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import type { TAG } from '../core/names.ts';
import type { GroupInstance, ScalingGroup } from '../core/ports.ts';
import { type Call, readAllPages } from './aws-client.ts';
import { present } from './aws-errors.ts';

const GROUPS = 'autoscaling:DescribeAutoScalingGroups';
const POOL = 'autoscaling:DescribeWarmPool';

/** The most that one page of either list can hold. */
const GROUPS_PAGE_SIZE = 100;
const POOL_PAGE_SIZE = 50;

/** Every group that carries this tag with this value, with its instances, by name. */
export async function listGroups(
  client: AutoScalingClient,
  call: Call,
  tag: typeof TAG.cluster | typeof TAG.dnsZone,
  value: string,
): Promise<readonly ScalingGroup[]> {
  const Filters = [{ Name: `tag:${tag}`, Values: [value] }];
  const groups = await readAllPages(GROUPS, async (NextToken) => {
    const page = { Filters, MaxRecords: GROUPS_PAGE_SIZE, NextToken };
    const command = new DescribeAutoScalingGroupsCommand(page);
    const answer = await call(GROUPS, (options) => client.send(command, options));
    return { items: present(answer.AutoScalingGroups, GROUPS, 'groups'), nextToken: answer.NextToken };
  });
  return (
    groups
      .map(toGroup)
      // Asked for already; but a stranger's group must not become ours because a filter was ignored.
      .filter((group) => group.tags.get(tag) === value)
      .sort((a, b) => a.name.localeCompare(b.name))
  );
}

/** The instances of a group's warm pool: the group's own list leaves them out. */
export async function listWarmPool(
  client: AutoScalingClient,
  call: Call,
  groupName: string,
): Promise<readonly GroupInstance[]> {
  const instances = await readAllPages(POOL, async (NextToken) => {
    const page = { AutoScalingGroupName: groupName, MaxRecords: POOL_PAGE_SIZE, NextToken };
    const answer = await call(POOL, (options) => client.send(new DescribeWarmPoolCommand(page), options), {
      groupName,
    });
    return { items: present(answer.Instances, POOL, 'instances'), nextToken: answer.NextToken };
  });
  return instances.map((instance) => toInstance(instance, POOL));
}

function toGroup(group: AutoScalingGroup): ScalingGroup {
  const tags = present(group.Tags, GROUPS, 'the tags of a group').map(
    (tag) => [present(tag.Key, GROUPS, 'the key of a tag'), tag.Value ?? ''] as const,
  );
  const instances = present(group.Instances, GROUPS, 'the instances of a group').map((instance) =>
    toInstance(instance, GROUPS),
  );
  return {
    name: present(group.AutoScalingGroupName, GROUPS, 'the name of a group'),
    desiredCapacity: present(group.DesiredCapacity, GROUPS, 'the desired capacity of a group'),
    hasWarmPool: group.WarmPoolConfiguration !== undefined,
    deleting: group.Status !== undefined && /^delete in progress$/i.test(group.Status),
    tags: new Map(tags),
    instances: instances.sort((a, b) => a.id.localeCompare(b.id)),
  };
}

const toInstance = (instance: Instance, call: typeof GROUPS | typeof POOL): GroupInstance => ({
  id: present(instance.InstanceId, call, 'the id of an instance'),
  lifecycle: present(instance.LifecycleState, call, 'the state of an instance'),
  zone: present(instance.AvailabilityZone, call, 'the zone of an instance'),
  health: present(instance.HealthStatus, call, 'the health of an instance'),
});
