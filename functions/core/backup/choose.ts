import type { EtcdStatus } from '../etcd-status.ts';
import type { ClusterId, InstanceId, MemberId } from '../identity.ts';
import type { Probe } from '../ports.ts';

/** Whose database may be taken. */
export interface Source {
  readonly memberId: MemberId;
  readonly instanceId: InstanceId;
  readonly endpoint: string;
  readonly clusterId: ClusterId;
  /** As it was when it was asked last. */
  readonly status: EtcdStatus;
}

/**
 * The voters whose data is the cluster's, best first: followers before the leader, which has enough to do, and of them
 * whoever lags least. Never a learner, nobody without a majority behind it, and no other cluster than `clusterId`.
 */
export function chooseSources(
  probes: readonly Probe[],
  instanceAt: (endpoint: string) => InstanceId | null,
  clusterId: ClusterId,
): readonly Source[] {
  return probes
    .flatMap((probe) => sourceOf(probe, instanceAt, clusterId) ?? [])
    .sort((one, other) => Number(leads(one)) - Number(leads(other)) || compare(one.status, other.status));
}

export function sourceOf(
  probe: Probe,
  instanceAt: (endpoint: string) => InstanceId | null,
  clusterId: ClusterId,
): Source | null {
  const instanceId = instanceAt(probe.endpoint);
  if (probe.kind !== 'status' || !probe.linearizable || instanceId === null) return null;
  const { status, endpoint } = probe;
  const isVoter = status.clusterId === clusterId && !status.isLearner && status.leaderId !== null;
  if (!isVoter || !status.errors.every(isLackOfSpace)) return null;
  return { memberId: status.memberId, instanceId, endpoint, clusterId, status };
}

/** A database that is full takes no writes, and is as worth keeping as before. Any other error may be of its data. */
const isLackOfSpace = (error: string): boolean => /alarm: *NOSPACE/.test(error);

const leads = ({ status }: Source): boolean => status.leaderId === status.memberId;

/** The one that is further first. */
function compare(one: EtcdStatus, other: EtcdStatus): number {
  const [own, others] = [BigInt(one.raftIndex), BigInt(other.raftIndex)];
  return own > others ? -1 : own < others ? 1 : 0;
}
