import type { ClusterId, InstanceId } from '../core/identity.ts';
import type { EtcdView, SeenStatus } from '../core/observation.ts';
import type { MemberEntry, Probe } from '../core/ports.ts';

/** An instance, and where its etcd is asked. */
export interface Asked {
  readonly id: InstanceId;
  readonly endpoint: string;
}

/** What each instance's etcd said of itself. */
export function statusesIn(asked: readonly Asked[], probes: readonly Probe[]): EtcdView['statuses'] {
  const seen = new Map<InstanceId, SeenStatus>();
  for (const probe of probes) {
    if (probe.kind !== 'status') continue;
    for (const { id, endpoint } of asked)
      if (endpoint === probe.endpoint) seen.set(id, { ...probe.status, linearizable: probe.linearizable });
  }
  return seen;
}

/** etcd writes them as `memberID:1 alarm:NOSPACE`, on every member whoever raised them. */
export function alarmsIn(probes: readonly Probe[]): readonly string[] {
  const errors = probes.flatMap((probe) =>
    probe.kind === 'status' && probe.linearizable ? probe.status.errors : [],
  );
  return [...new Set(errors.flatMap((error) => /alarm: *(\w+)/.exec(error)?.[1] ?? []))].sort();
}

/** Whose etcd is there and does not let us: told where no voter answers. */
export const turnedAwayIn = (asked: readonly Asked[], probes: readonly Probe[]): EtcdView['turnedAway'] =>
  probes.flatMap((probe) => {
    if (probe.kind !== 'silent' || (probe.because !== 'denied' && probe.because !== 'untrusted')) return [];
    const { because, endpoint } = probe;
    return asked.filter((one) => one.endpoint === endpoint).map(({ id }) => ({ instanceId: id, because }));
  });

export function idsSeen(
  asked: readonly Asked[],
  probes: readonly Probe[],
): ReadonlyMap<ClusterId, readonly InstanceId[]> {
  const seen = new Map<ClusterId, InstanceId[]>();
  for (const probe of probes) {
    if (probe.kind !== 'status') continue;
    const ids = asked.filter(({ endpoint }) => endpoint === probe.endpoint).map(({ id }) => id);
    seen.set(probe.status.clusterId, [...(seen.get(probe.status.clusterId) ?? []), ...ids]);
  }
  return seen;
}

export const isLeading = (probe: Probe): boolean =>
  probe.kind === 'status' && probe.status.memberId === probe.status.leaderId;

/** A voter whose own list does not have it as one was removed between its proof and its list: no witness. */
export const isItself = (entry: MemberEntry, probe: Probe): boolean =>
  probe.kind === 'status' &&
  entry.id === probe.status.memberId &&
  !entry.isLearner &&
  entry.clientUrls.length > 0;

/** What two member lists must agree on; names are left out, for they appear a moment apart. */
export const isSameMembership = (list: readonly MemberEntry[], other: readonly MemberEntry[]): boolean =>
  list.length === other.length && list.every((entry) => other.some((one) => isSameEntry(entry, one)));

const isSameEntry = (entry: MemberEntry, other: MemberEntry): boolean =>
  entry.id === other.id &&
  entry.isLearner === other.isLearner &&
  entry.peerUrls.length === other.peerUrls.length &&
  entry.peerUrls.every((url, index) => url === other.peerUrls[index]);
