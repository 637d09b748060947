import { encodeClaim } from '../../../functions/core/claim.ts';
import { clusterPath, PARAMETER } from '../../../functions/core/names.ts';
import { CLUSTER, type Crowd } from './crowd.ts';
import { CLUSTER_ID } from './storm-etcd.ts';
import { DAWN_MS } from './virtual-time.ts';

/** What Parameter Store holds of a cluster of three that was founded an hour ago. */
export function parametersOf({ members }: Crowd): ReadonlyMap<string, string> {
  const claim = {
    number: 1,
    token: 'storm',
    members: Object.fromEntries(members.map(({ id, ip }) => [id, `http://${ip}:2380`])),
    claimedAt: new Date(DAWN_MS - 3_600_000).toISOString(),
    clusterId: CLUSTER_ID,
  };
  const values = {
    [PARAMETER.config]: JSON.stringify({ version: 1, size: 3, stackId: 'storm' }),
    [PARAMETER.bootstrap]: encodeClaim(claim),
    [PARAMETER.endpoints]: members.map(({ ip }) => `http://${ip}:2379`).join(),
    [PARAMETER.peers]: members.map(({ id, ip }) => `${id}=http://${ip}:2380`).join(),
  };
  return new Map(Object.entries(values).map(([name, value]) => [`${clusterPath(CLUSTER)}${name}`, value]));
}
