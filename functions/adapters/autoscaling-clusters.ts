import { type AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CLUSTER_NAME, TAG } from '../core/names.ts';
import type { ClusterPort } from '../core/tick.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall, readAllPages } from './aws-client.ts';
import { present } from './aws-errors.ts';

const GROUPS = 'autoscaling:DescribeAutoScalingGroups';
const PAGE_SIZE = 100;
const Filters = [{ Name: `tag:${TAG.role}`, Values: ['member'] }];

/** Groups say which clusters there are: they are what a cluster cannot be without. */
export function createClusterPort(client: AutoScalingClient, onCall?: OnCall): ClusterPort {
  const call = createCall(onCall);
  return {
    listClusters: async () => {
      const names = await readAllPages(GROUPS, async (NextToken) => {
        const command = new DescribeAutoScalingGroupsCommand({ Filters, MaxRecords: PAGE_SIZE, NextToken });
        const answer = await call(GROUPS, (options) => client.send(command, options));
        const groups = present(answer.AutoScalingGroups, GROUPS, 'groups');
        return { items: groups.flatMap(clusterOf), nextToken: answer.NextToken };
      });
      return [...new Set(names)].sort();
    },
  };
}

/** A role without a cluster's name, or with one that no parameter path could hold, is no cluster of ours. */
function clusterOf(group: { readonly Tags?: readonly Tag[] | undefined }): readonly string[] {
  const tags = new Map((group.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  const name = tags.get(TAG.cluster) ?? '';
  return tags.get(TAG.role) === 'member' && CLUSTER_NAME.test(name) ? [name] : [];
}

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}
