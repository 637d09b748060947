import type { EtcdOperation } from '../../../functions/adapters/etcd/errors.ts';
import type { EtcdAlarm, KvHash, MaintenancePort } from '../../../functions/core/maintenance-port.ts';
import type { AtOnce } from '../world/calls.ts';
import { Call } from './calls.ts';
import type { EtcdState } from './etcd-state.ts';

/** As the adapter has them (`functions/adapters/etcd/maintain.ts`, `hash.ts`). */
const DEFRAGMENT_DEADLINE_MS = 40_000;
const HASH_DEADLINE_MS = 20_000;

/** How the fake's members keep their databases. */
export function maintenanceOf(state: EtcdState, deadlineMs: number): AtOnce<MaintenancePort> {
  const called = (endpoint: string, operation: EtcdOperation, withinMs = deadlineMs): Call =>
    new Call(state, endpoint, operation, withinMs);
  const proposed = (endpoint: string, operation: EtcdOperation): void => {
    const call = called(endpoint, operation);
    call.awaitLeader(call.reachVoter());
  };
  return {
    alarms: (endpoint) => {
      proposed(endpoint, 'alarms');
      return [...state.alarms].map(([memberId, alarm]) => ({ memberId, alarm }));
    },
    disarm: (endpoint, alarm) => {
      proposed(endpoint, 'disarm');
      disarm(state, alarm);
    },
    compact: (endpoint, revision) => {
      proposed(endpoint, 'compact');
      if (state.isCorrupt()) throw called(endpoint, 'compact').said('corrupt cluster');
      const wanted = BigInt(revision);
      if (wanted > state.revision)
        throw called(endpoint, 'compact').said('mvcc: required revision is a future revision');
      if (wanted <= state.space.compactRevision) return;
      state.space.compact(wanted);
      state.commit();
      state.onEffect('compact');
    },
    defragment: (endpoint) => defragment(state, called(endpoint, 'defragment', DEFRAGMENT_DEADLINE_MS)),
    hashKv: (endpoint, revision) => hash(state, called(endpoint, 'hashKv', HASH_DEADLINE_MS), revision),
    countKeys: (endpoint, revision) => {
      const { memberId } = hashable(state, called(endpoint, 'countKeys', HASH_DEADLINE_MS), revision);
      return keyCountOf(state, memberId);
    },
  };
}

/** Of one whose data is spoilt it is another. */
export function keyCountOf(state: EtcdState, memberId: string): number {
  const keyCount = state.keys.size + (state.permit === null ? 0 : 1);
  return state.space.corrupt.has(memberId) ? keyCount + 1 : keyCount;
}

function disarm(state: EtcdState, { memberId, alarm }: EtcdAlarm): void {
  if (state.alarms.get(memberId) !== alarm) return;
  state.alarms.delete(memberId);
  state.commit();
  state.onEffect('disarm');
}

/** It goes on with it when nobody waits any more, and answers nobody meanwhile. */
function defragment(state: EtcdState, call: Call): void {
  const asked = call.reach();
  const { defragmentMs } = state.space;
  asked.busyUntilMs = state.now() + defragmentMs;
  state.space.defragment(asked.memberId);
  call.take(defragmentMs);
  state.onEffect('defragment');
}

function hash(state: EtcdState, call: Call, revision: string): KvHash {
  const { memberId } = hashable(state, call, revision);
  const { space } = state;
  return {
    hash: space.hashOf(memberId, BigInt(revision)),
    compactRevision: String(space.compactRevision),
    revision,
  };
}

/** Whoever is asked answers for itself: how far it has come, and no further back than was compacted. */
function hashable(state: EtcdState, call: Call, revision: string): { readonly memberId: string } {
  const asked = call.reach();
  const wanted = BigInt(revision);
  if (wanted < state.space.compactRevision) throw call.said('mvcc: required revision has been compacted');
  if (wanted > state.space.revisionAt(state.indexOf(asked.memberId)))
    throw call.said('mvcc: required revision is a future revision');
  return asked;
}
