import type { ClusterId, InstanceId } from './identity.ts';
import type { Observation } from './observation.ts';
import { pinnedClusterId } from './pinned.ts';
import { openRecovery } from './recovery/records.ts';

/** What is seen where one cluster should be. */
export interface Strangers {
  readonly expected: ClusterId | null;
  readonly seen: readonly ClusterId[];
}

/**
 * Another cluster id among the instances than the pinned one: two clusters where
 * one should be. Nothing is changed, merged or deleted by us then (rule R1).
 */
export function foreignCluster(world: Observation): Strangers | null {
  const expected = pinnedClusterId(world.records);
  const fenced = openRecovery(world.records)?.fenced ?? [];
  // What is left of a lost cluster is being ended: it is no second one, and nobody waits for a person to end it.
  const seen = [...world.etcd.clusterIds]
    .filter(([id, ids]) => id === expected || !isFenced(ids, fenced))
    .map(([id]) => id)
    .sort();
  const strangers = seen.filter((id) => id !== expected);
  if (expected === null ? seen.length <= 1 && !isUnclaimed(world) : strangers.length === 0) return null;
  return seen.length === 0 ? null : { expected, seen };
}

const isFenced = (ids: readonly InstanceId[], fenced: readonly InstanceId[]): boolean =>
  ids.length > 0 && ids.every((id) => fenced.includes(id));

/** An etcd answers in a group that nobody ever bootstrapped: somebody else's cluster. */
const isUnclaimed = (world: Observation): boolean =>
  world.records.claim === null && world.group.bootstrapped === null;
