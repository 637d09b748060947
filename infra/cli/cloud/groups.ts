import {
  type AutoScalingClient,
  type AutoScalingGroup,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import { STACK_TAG, TAG } from '../../../functions/core/names.ts';
import { allPages, calling } from './call.ts';
import type { GroupPort, GroupShape } from './ports.ts';

const PAGE_SIZE = 100;

export function createGroupPort(client: AutoScalingClient): GroupPort {
  return {
    list: () =>
      calling('autoscaling:DescribeAutoScalingGroups', 'listing the groups', async () => {
        const groups = await allPages(async (NextToken) => {
          const Filters = [{ Name: 'tag-key', Values: [TAG.cluster] }];
          const command = new DescribeAutoScalingGroupsCommand({ Filters, MaxRecords: PAGE_SIZE, NextToken });
          const answer = await client.send(command);
          return { items: answer.AutoScalingGroups ?? [], next: answer.NextToken };
        });
        return groups.flatMap(toShape).sort((left, right) => left.name.localeCompare(right.name));
      }),
  };
}

function toShape(group: AutoScalingGroup): readonly GroupShape[] {
  const tags = new Map((group.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? '']));
  const cluster = tags.get(TAG.cluster);
  if (cluster === undefined || cluster === '') return [];
  return [
    {
      name: group.AutoScalingGroupName ?? '',
      cluster,
      role: tags.get(TAG.role) ?? '',
      stack: tags.get(STACK_TAG.stackName) ?? null,
      metadata: tags.get(TAG.metadata) ?? '',
      desired: group.DesiredCapacity ?? 0,
      instances: (group.Instances ?? []).map(({ InstanceId, LifecycleState, InstanceType }) => ({
        id: InstanceId ?? '',
        inService: LifecycleState === 'InService',
        type: InstanceType ?? '',
      })),
    },
  ];
}
