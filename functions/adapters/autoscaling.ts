import {
  type AutoScalingClient,
  CreateOrUpdateTagsCommand,
  SetInstanceHealthCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { TAG } from '../core/names.ts';
import type { ScalingPort } from '../core/ports.ts';
import { listGroups, listWarmPool } from './autoscaling-groups.ts';
import { hookCalls } from './autoscaling-hooks.ts';
import { cancelRefresh } from './autoscaling-refresh.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';

export function createScalingPort(client: AutoScalingClient, onCall?: OnCall): ScalingPort {
  const call = createCall(onCall);
  return {
    listGroups: (cluster) => listGroups(client, call, TAG.cluster, cluster),
    listWarmPool: (groupName) => listWarmPool(client, call, groupName),
    ...hookCalls(client, call),
    reportUnhealthy: async (instanceId) => {
      // The grace of the group is for machines that boot: ours is over already.
      const about = { InstanceId: instanceId, ShouldRespectGracePeriod: false };
      const command = new SetInstanceHealthCommand({ ...about, HealthStatus: 'Unhealthy' });
      await call('autoscaling:SetInstanceHealth', (options) => client.send(command, options), { instanceId });
    },
    endInstance: async (InstanceId) => {
      const about = { InstanceId, ShouldDecrementDesiredCapacity: false };
      const command = new TerminateInstanceInAutoScalingGroupCommand(about);
      const name = 'autoscaling:TerminateInstanceInAutoScalingGroup';
      await call(name, (options) => client.send(command, options), { instanceId: InstanceId });
    },
    cancelRefresh: (groupName, launchedAtMs) => cancelRefresh(client, call, groupName, launchedAtMs),
    tagGroup: async (groupName, key, value) => {
      const tag = { ResourceId: groupName, ResourceType: 'auto-scaling-group', Key: key, Value: value };
      const command = new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, PropagateAtLaunch: false }] });
      await call('autoscaling:CreateOrUpdateTags', (options) => client.send(command, options));
    },
  };
}
