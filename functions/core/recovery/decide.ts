import type { RecoveryMode } from '../care-settings.ts';
import { unreachable } from '../errors.ts';
import type { InstanceId } from '../identity.ts';
import type { Observation } from '../observation.ts';
import type { LossVerdict } from './evidence.ts';
import type { RecoverySource, SnapshotSource, SurvivorSource } from './record.ts';
import { snapshotsIn, survivorsIn } from './sources.ts';

/** Why a permanent loss is not recovered by itself, or not yet. */
export type Hold =
  /** The configuration leaves it to a person. */
  | 'manual'
  /** Somebody does not show its status, and may hold more than the others. */
  | 'survivorUnknown'
  /** No member is left that shows its database. */
  | 'noSurvivor'
  | 'noSnapshot'
  /** The bucket could not be read: unknown is not "none". */
  | 'savedUnknown'
  /** The group wants no instance, so nobody could be founded. */
  | 'noCapacity';

export type Decision =
  | { readonly kind: 'recover'; readonly source: RecoverySource }
  | { readonly kind: 'hold'; readonly because: Hold; readonly instanceIds: readonly InstanceId[] };

/** What the configuration makes of a permanent loss. A quorum that may come back never gets here. */
export function decideByPolicy(world: Observation, verdict: LossVerdict): Decision {
  const mode = world.config.recovery;
  if (mode === 'manual') return hold('manual');
  if (world.group.desiredCapacity === 0) return hold('noCapacity');
  if (verdict.unknown.length > 0) return hold('survivorUnknown', verdict.unknown);
  const { saved } = world;
  if (saved === null || !saved.known) return hold('savedUnknown');
  const [survivor = null] = survivorsIn(world);
  const [snapshot = null] = snapshotsIn(world, saved.snapshots, ['restorable']);
  return chooseBy(mode, survivor, snapshot);
}

function chooseBy(
  mode: Exclude<RecoveryMode, 'manual'>,
  survivor: SurvivorSource | null,
  snapshot: SnapshotSource | null,
): Decision {
  switch (mode) {
    case 'from-survivor':
      return survivor === null ? hold('noSurvivor') : { kind: 'recover', source: survivor };
    case 'from-snapshot': {
      const source = holdingMore(survivor, snapshot);
      return source === null ? hold('noSnapshot') : { kind: 'recover', source };
    }
    default:
      return unreachable(mode);
  }
}

/** The survivor where both hold as much: it may know of writes that are not counted in revisions. */
function holdingMore(
  survivor: SurvivorSource | null,
  snapshot: SnapshotSource | null,
): RecoverySource | null {
  if (survivor === null || snapshot === null) return survivor ?? snapshot;
  return BigInt(survivor.revision) >= BigInt(snapshot.revision) ? survivor : snapshot;
}

const hold = (because: Hold, instanceIds: readonly InstanceId[] = []): Decision => ({
  kind: 'hold',
  because,
  instanceIds,
});
