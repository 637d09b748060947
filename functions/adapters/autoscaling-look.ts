import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { TAG } from '../core/names.ts';
import type { ScalingPort } from '../core/ports.ts';
import { listGroups, listWarmPool } from './autoscaling-groups.ts';
import { listActivities, listHooks } from './autoscaling-hooks.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';

export type GroupLook = Pick<ScalingPort, 'listGroups' | 'listWarmPool' | 'listHooks' | 'listActivities'>;

/** Apart from the scaling port: who only looks may neither answer a hook nor end an instance. */
export function createGroupLook(client: AutoScalingClient, onCall?: OnCall): GroupLook {
  const call = createCall(onCall);
  return {
    listGroups: (cluster) => listGroups(client, call, TAG.cluster, cluster),
    listWarmPool: (groupName) => listWarmPool(client, call, groupName),
    listHooks: (groupName) => listHooks(client, call, groupName),
    listActivities: (groupName) => listActivities(client, call, groupName),
  };
}
