import type { Alarm, EtcdState, FakePermit } from './etcd-state.ts';
import type { Stored } from './space.ts';

/** What `etcdctl snapshot save` brings home from one member: all of the file, etcd's own keys, leases and alarms too. */
export interface FakeSnapshot {
  readonly clusterId: string;
  readonly memberId: string;
  readonly stored: Stored;
  readonly keys: ReadonlyMap<string, string>;
  readonly permit: FakePermit | null;
  readonly alarms: ReadonlyMap<string, Alarm>;
}

/** A cluster that there was before its data began anew. */
export interface FormerCluster {
  readonly clusterId: string;
  readonly voterIds: readonly string[];
  /** Up to here its clients were told that their writes are kept. */
  readonly revision: bigint;
}

export function snapshotOf(state: EtcdState, memberId: string): FakeSnapshot {
  const { permit } = state;
  return {
    clusterId: state.clusterId ?? '',
    memberId,
    stored: state.space.storedOf(memberId, state.indexOf(memberId)),
    keys: new Map(state.keys),
    permit: permit === null ? null : { ...permit },
    alarms: new Map(state.alarms),
  };
}

/**
 * The cluster of before is history: its members, its log and its terms; a new one holds what the snapshot held.
 * Leases begin anew, and alarms stand in it that members raised whom nobody knows any more.
 */
export function beginAnew(state: EtcdState, snapshot: FakeSnapshot, bump: bigint): void {
  if (state.clusterId !== null) state.formers.push(formerOf(state, state.clusterId));
  state.restoredRevision = snapshot.stored.revision;
  state.space.restore(snapshot.stored, bump);
  state.keys.clear();
  for (const [key, text] of snapshot.keys) state.keys.set(key, text);
  const { permit } = snapshot;
  state.permit = permit === null ? null : { ...permit, expiresAtMs: state.now() + permit.ttlSeconds * 1_000 };
  state.alarms.clear();
  for (const [id, alarm] of snapshot.alarms) state.alarms.set(id, alarm);
  for (const known of [state.progress, state.disks, state.heardAtMs]) known.clear();
  Object.assign(state, { leaderId: null, lastLeaderId: null, electionDueAtMs: null, term: 1, index: 10n });
  state.acknowledgedIndex = state.index;
}

const formerOf = (state: EtcdState, clusterId: string): FormerCluster => ({
  clusterId,
  voterIds: state.voters().map(({ id }) => id),
  revision: state.revision,
});
