import type { ScalingGroup, ScalingPort } from './ports.ts';

/** The groups of workers and members, as those see them who publish and register their instances. */
export interface JoinedPort
  extends Pick<ScalingPort, 'listWarmPool' | 'listHooks' | 'listActivities' | 'heartbeat' | 'complete'> {
  /** Every group that carries `etcd-autopilot:cluster = <cluster>`, with all its instances, by name. */
  listByCluster(cluster: string): Promise<readonly ScalingGroup[]>;
  /** Every group that carries `etcd-autopilot:dns-zone = <zone>`, of whatever cluster. */
  listByZone(zone: string): Promise<readonly ScalingGroup[]>;
}
