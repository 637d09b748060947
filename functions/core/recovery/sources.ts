import type { Snapshot } from '../backup/listing.ts';
import type { Verified } from '../backup/verified.ts';
import type { InstanceId } from '../identity.ts';
import type { Observation, SeenStatus } from '../observation.ts';
import { ownClusterIds, pinnedClusterId } from '../pinned.ts';
import type { LastSeen, SnapshotSource, SurvivorSource } from './record.ts';

/** What lies outside of the cluster, read whole; or why it could not be read, which is not "nothing". */
export type SavedSight =
  | { readonly known: true; readonly lastSeen: LastSeen | null; readonly snapshots: readonly Snapshot[] }
  | { readonly known: false; readonly because: string };

/** What verification found of what was captured; or why that could not be read, which is not "nothing". */
export type ProofSight =
  | { readonly known: true; readonly verified: Verified | null; readonly unverifiable: boolean }
  | { readonly known: false; readonly because: string };

/** What an operator chose, after having been shown the options. */
export interface RecoveryChoice {
  readonly source:
    | { readonly how: 'from-survivor'; readonly instanceId: InstanceId }
    | { readonly how: 'from-snapshot'; readonly key: string };
  /** Instances that the operator says are lost, without evidence. */
  readonly forced: readonly InstanceId[];
  /** Digest of the options that were shown. */
  readonly confirm: string;
  readonly by: string;
  readonly nonce: string;
}

type SourceWorld = Pick<Observation, 'etcd' | 'records'>;

/**
 * Members that still show their database, the most advanced first. etcd tells what it knows to be *committed*:
 * all members agree on that, so the highest index holds everything that the others do. (The term that it tells is
 * that of the last election, won or not, and says nothing about the data.)
 */
export function survivorsIn(world: SourceWorld): readonly SurvivorSource[] {
  const { statuses, rosters } = world.etcd;
  const expected = pinnedClusterId(world.records);
  const survivors = [...statuses].flatMap(([instanceId, status]) =>
    status.clusterId === expected && (rosters.has(instanceId) || isLearner(status)) && !isCorrupt(status)
      ? [survivorOf(instanceId, status)]
      : [],
  );
  return survivors.sort(moreAdvanced);
}

/** It tells nobody its members, and from 3.5 on sends its database all the same. What it knows to be committed is. */
const isLearner = (status: SeenStatus): boolean => status.isLearner && !status.version.startsWith('3.4.');

/** What it holds cannot be trusted: each member tells the alarms of all, and this one is its own. */
const isCorrupt = ({ errors, memberId }: SeenStatus): boolean =>
  errors.some((error) => /corrupt/i.test(error) && error.includes(memberId));

function survivorOf(instanceId: InstanceId, status: SeenStatus): SurvivorSource {
  const { memberId, raftTerm, raftIndex, revision } = status;
  return { how: 'from-survivor', instanceId, memberId, raftTerm, raftIndex, revision };
}

function moreAdvanced(one: SurvivorSource, other: SurvivorSource): number {
  const [mine, theirs] = [BigInt(one.raftIndex), BigInt(other.raftIndex)];
  if (mine !== theirs) return mine > theirs ? -1 : 1;
  return one.instanceId < other.instanceId ? -1 : 1;
}

/**
 * How far the lost cluster is known to have come: as checks saw it, or a survivor shows it now. What nobody saw was
 * written after the checks looked, whatever a survivor knows. `null`: they never did.
 */
export function lastSeenOf(world: Pick<Observation, 'etcd' | 'records' | 'saved'>): LastSeen | null {
  const seen = world.saved?.known === true ? world.saved.lastSeen : null;
  if (seen === null) return null;
  const revisions = [seen.revision, ...survivorsIn(world).map(({ revision }) => revision)].map(BigInt);
  const highest = revisions.reduce((one, other) => (one > other ? one : other));
  return { revision: highest.toString(), at: seen.at };
}

/**
 * Snapshots of this very cluster (or of what it was before an earlier recovery), the one that holds the most
 * first. Another cluster that had the same name is another cluster (S45).
 */
export function snapshotsIn(
  { records }: Pick<Observation, 'records'>,
  snapshots: readonly Snapshot[],
  states: readonly Snapshot['state'][],
): readonly SnapshotSource[] {
  const ours = ownClusterIds(records);
  return snapshots
    .filter(({ manifest, state }) => ours.includes(manifest.clusterId) && states.includes(state))
    .map(snapshotOf)
    .sort(holdsMore);
}

function snapshotOf({ key, manifest, verified, state }: Snapshot): SnapshotSource {
  const { takenAt, atRevision, sha256, sizeBytes } = manifest;
  // What came out of it when it was restored for proof; else only what is known to be in it.
  const revision = verified?.revision ?? atRevision;
  return {
    how: 'from-snapshot',
    key,
    at: takenAt,
    revision,
    sha256,
    sizeBytes,
    restorable: state === 'restorable',
  };
}

function holdsMore(one: SnapshotSource, other: SnapshotSource): number {
  const [mine, theirs] = [BigInt(one.revision), BigInt(other.revision)];
  if (mine !== theirs) return mine > theirs ? -1 : 1;
  return one.key > other.key ? -1 : 1;
}
