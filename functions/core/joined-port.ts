import type { ScalingGroup, ScalingPort } from './ports.ts';

/**
 * The groups that joined a cluster or have names in a hosted zone, and their hooks. Complete or an
 * error, as every port.
 */
export interface JoinedPort
  extends Pick<ScalingPort, 'listHooks' | 'listActivities' | 'heartbeat' | 'complete'> {
  /** Every group whose tag `etcd-autopilot:cluster` is `cluster`, of whatever role, by name. */
  listByCluster(cluster: string): Promise<readonly ScalingGroup[]>;
  /** Every group whose tag `etcd-autopilot:dns-zone` is `zone`, of whatever cluster and role, by name. */
  listByZone(zone: string): Promise<readonly ScalingGroup[]>;
}
