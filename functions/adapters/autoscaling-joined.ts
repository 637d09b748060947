import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { JoinedPort } from '../core/joined-port.ts';
import { TAG } from '../core/names.ts';
import { listGroups, listWarmPool } from './autoscaling-groups.ts';
import { hookCalls } from './autoscaling-hooks.ts';
import type { OnCall } from './aws-calls.ts';
import { createCall } from './aws-client.ts';

/** Apart from the scaling port: whoever publishes instances may neither end nor tag any. */
export function createJoinedPort(client: AutoScalingClient, onCall?: OnCall): JoinedPort {
  const call = createCall(onCall);
  return {
    listByCluster: (cluster) => listGroups(client, call, TAG.cluster, cluster),
    listByZone: (zone) => listGroups(client, call, TAG.dnsZone, zone),
    listWarmPool: (groupName) => listWarmPool(client, call, groupName),
    ...hookCalls(client, call),
  };
}
